/**
 * Set-up installs what is missing and touches nothing else. A checkout may have a process running from it: to install again would take its packages away.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ReleaseCopy } from './support/release-copy.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import type { TemporaryDirectory } from './support/temporary-directory.ts';

let directory: TemporaryDirectory;
let folder: string;
let version: string;
const inRelease = (...path: readonly string[]): string => join(folder, ...path);
const RECORD = ['node_modules', '.package-lock.json'] as const;

beforeAll(() => {
  directory = temporaryDirectory();
  folder = directory.file('release');
  void new ReleaseCopy(folder, 'sources');
  version = JSON.parse(readFileSync(inRelease('package.json'), 'utf8')).version;
});
afterAll(() => directory[Symbol.dispose]());

interface Said {
  readonly code: number | null;
  readonly said: string;
}
const setup = (...args: readonly string[]): Said => setupOf(folder, ...args);

/** Without npm on PATH, so that an installation cannot begin unseen. */
function setupOf(release: string, ...args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(release, 'src', 'setup.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: '/nowhere', NODE_OPTIONS: '' },
  });
  return { code: status, said: `${stdout}${stderr}` };
}

const INSTALLS = { code: 1, said: expect.stringMatching(/^cleanfeed: setting up: .*\ncleanfeed: cannot run npm: /) };

test('run: what `npm ci` has installed is used as it is', () => {
  expect(setup('run', '--version')).toEqual({ code: 0, said: expect.stringContaining(`cleanfeed ${version}\n`) });
});

test('run: what is optional may be missing', () => {
  edit(RECORD, (packages) => delete packages['node_modules/koffi']);
  expect(setup('run', '--version')).toEqual({ code: 0, said: expect.stringContaining(`cleanfeed ${version}\n`) });
});

test.each([
  { name: 'npm has not come to its end', break: () => renameSync(inRelease(...RECORD), inRelease('kept')) },
  {
    // Was a bug: a stack trace at every start until somebody removed node_modules.
    name: 'npm was killed while it wrote its record',
    break: () => truncateSync(inRelease(...RECORD), 1000),
  },
  { name: 'npm’s record is empty', break: () => writeFileSync(inRelease(...RECORD), '{}') },
  {
    name: 'a package is not in npm’s record',
    break: () => edit(RECORD, (packages) => delete packages['node_modules/yaml']),
  },
  {
    name: 'the lock file names another version',
    break: () => edit(['package-lock.json'], (packages) => change(packages, 'version', '0.0.1')),
  },
  {
    name: 'the lock file names other content',
    break: () => edit(['package-lock.json'], (packages) => change(packages, 'integrity', 'sha512-0')),
  },
  {
    name: 'the folder of a package is gone',
    break: () => renameSync(inRelease('node_modules', 'yaml'), inRelease('kept')),
  },
])('run: $name: it is installed', ({ break: breakRelease }) => {
  const before = new Map(
    [RECORD, ['package-lock.json'] as const].map((path) => [
      inRelease(...path),
      readFileSync(inRelease(...path), 'utf8'),
    ]),
  );
  breakRelease();
  expect(setup('run', '--version')).toEqual(INSTALLS);
  for (const [file, content] of before) writeFileSync(file, content);
  if (statSync(inRelease('kept'), { throwIfNoEntry: false })?.isDirectory() === true)
    renameSync(inRelease('kept'), inRelease('node_modules', 'yaml'));
  rmSync(inRelease('kept'), { force: true });
  expect(setup('run', '--version').code).toBe(0);
});

test('run: a release, which has the build and no tools, is run as it is; half of one is set up', () => {
  const release = directory.file('installed');
  void new ReleaseCopy(release, 'build');
  cpSync(inRelease('src'), join(release, 'src'), { recursive: true });
  const record = join(release, ...RECORD);
  for (const file of [join(release, 'package-lock.json'), record])
    writeFileSync(file, readFileSync(inRelease('package-lock.json')));
  rmSync(join(release, 'src', 'cli.ts'));
  expect(setupOf(release, 'run', '--version')).toEqual({
    code: 0,
    said: expect.stringContaining(`cleanfeed ${version}\n`),
  });
  rmSync(record);
  expect(setupOf(release, 'run', '--version')).toEqual(INSTALLS);
});

type Packages = Record<string, Record<string, unknown>>;

function edit(path: readonly string[], act: (packages: Packages) => void): void {
  const file = inRelease(...path);
  const lock: { readonly packages: Packages } = JSON.parse(readFileSync(file, 'utf8'));
  act(lock.packages);
  writeFileSync(file, JSON.stringify(lock));
}

function change(packages: Packages, property: string, value: string): void {
  packages['node_modules/yaml'] = { ...packages['node_modules/yaml'], [property]: value };
}
