/**
 * What `npm pack` takes, and the command `cleanfeed` of the unpacked package: under any Node, from any folder. What is not of the package, above all an
 * operator's lists in `local/`, is not packed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from './support/programs.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import type { TemporaryDirectory } from './support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKED = ['bin', 'src', 'config', 'systemd', 'docs'];
const SYSTEM = '/usr/bin:/bin';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let directory: TemporaryDirectory;
let packed: Packed;
/** The unpacked package. */
let folder: string;

beforeAll(() => {
  directory = temporaryDirectory();
  const checkout = directory.file('checkout');
  for (const part of [...PACKED, 'package.json', 'package-lock.json', 'README.md', 'LICENSE', '.gitignore'])
    cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
  for (const part of ['test', 'local', 'bench', 'state', 'node_modules']) {
    mkdirSync(join(checkout, part));
    writeFileSync(join(checkout, part, 'own.txt'), 'listed.example/page\n');
  }
  const said = execFileSync('npm', ['pack', '--json', '--silent'], { cwd: checkout, encoding: 'utf8' });
  [packed] = JSON.parse(said) as [Packed];
  execFileSync('tar', ['xzf', join(checkout, packed.filename), '-C', directory.path]);
  folder = directory.file('opt');
  renameSync(directory.file('package'), folder);
});
afterAll(() => directory[Symbol.dispose]());

function run(
  command: string,
  args: readonly string[],
  path = SYSTEM,
): Partial<Record<'status' | 'stdout' | 'stderr', unknown>> {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory.path,
    encoding: 'utf8',
    env: { PATH: path, HOME: directory.path },
  });
  return { status, stdout, stderr };
}

/** A folder for PATH with a `node` that says it has that version. */
function nodeOf(version: string): string {
  const bin = directory.file(`node-${version}`);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'node'), `#!/bin/sh\necho ${version} "$@"\n`);
  chmodSync(join(bin, 'node'), 0o755);
  return `${bin}:${SYSTEM}`;
}

function withPackages(copy: string, act: () => void): void {
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  try {
    act();
  } finally {
    rmSync(join(copy, 'node_modules'));
  }
}

describeWith(['npm', 'tar'])('the package', () => {
  test('has what runs, and nothing else', () => {
    const folders = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    for (const part of PACKED) expect(folders).toContain(part);
    for (const part of ['test', 'local', 'bench', 'state', 'node_modules']) expect(folders).not.toContain(part);
    const paths = packed.files.map(({ path }) => path);
    // npm leaves out package-lock.json, and installs by this one.
    expect(paths).toEqual(
      expect.arrayContaining(['npm-shrinkwrap.json', 'bin/cleanfeed', 'src/cli.ts', 'config/default.yaml']),
    );
    expect(packed.files.find(({ path }) => path === 'bin/cleanfeed')?.mode).toBe(0o755);
  });

  test('runs from any folder, by a symlink too, whatever Node is on PATH', () => {
    writeFileSync(directory.file('own.txt'), 'listed.example/page\n');
    writeFileSync(directory.file('f.yaml'), 'lists: [{ name: own, source: own.txt }]\n');
    symlinkSync(join(folder, 'bin', 'cleanfeed'), directory.file('cleanfeed'));
    withPackages(folder, () => {
      expect(run(join(folder, 'bin', 'cleanfeed'), ['--version'], nodeOf('v12.22.12'))).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^cleanfeed \\d+\\.\\d+\\.\\d+\\nnode ${process.versions.node},`)),
      });
      expect(run(directory.file('cleanfeed'), ['check', '-c', 'f.yaml'])).toEqual({
        status: 0,
        stdout: 'f.yaml: ok\nlist own: 1 entry\n',
        stderr: '',
      });
      expect(run(directory.file('cleanfeed'), ['list', 'lint', 'none.txt'])).toMatchObject({ status: 65 });
    });
  });

  test('without its packages it says what to do', () => {
    expect(run(join(folder, 'bin', 'cleanfeed'), ['--version'])).toEqual({
      status: 69,
      stdout: '',
      stderr: `cleanfeed: its run-time packages are missing: run 'npm ci --omit=dev --ignore-scripts' in ${folder}\n`,
    });
  });

  test.each([
    {
      version: 'v20.20.2',
      want: {
        status: 69,
        stdout: '',
        stderr: expect.stringMatching(/^cleanfeed: Node 26 is needed and .*\/node is v20\.20\.2/),
      },
    },
    { version: 'v24.22.3', want: { status: 69, stdout: '' } },
    {
      version: 'v26.0.0',
      want: { status: 0, stdout: expect.stringMatching(/^v26\.0\.0 .*\/src\/cli\.ts --version\n$/) },
    },
    { version: 'v28.0.0', want: { status: 0 } },
  ])('where its own Node does not fit the machine, $version on PATH', ({ version, want }) => {
    mkdirSync(join(folder, 'node_modules', 'commander'), { recursive: true });
    expect(run(join(folder, 'bin', 'cleanfeed'), ['--version'], nodeOf(version))).toMatchObject(want);
    rmSync(join(folder, 'node_modules'), { recursive: true });
  });

  test.each([
    [['serve', '-c', 'f.yaml'], '16'],
    [['check', '-c', 'f.yaml'], 'as Node has it'],
  ])('%j has threads for files: %s', (args, threads) => {
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
    mkdirSync(join(folder, 'node_modules', 'commander'));
    const node = join(folder, 'node_modules', '.bin', 'node');
    writeFileSync(node, '#!/bin/sh\nprintf %s "${UV_THREADPOOL_SIZE:-as Node has it}"\n');
    chmodSync(node, 0o755);
    expect(run(join(folder, 'bin', 'cleanfeed'), args)).toEqual({ status: 0, stdout: threads, stderr: '' });
    rmSync(join(folder, 'node_modules'), { recursive: true });
  });

  test('below node_modules it says why it cannot run', () => {
    const below = directory.file('project/node_modules/cleanfeed');
    cpSync(folder, below, { recursive: true });
    expect(run(join(below, 'bin', 'cleanfeed'), ['--version'])).toEqual({
      status: 69,
      stdout: '',
      stderr: expect.stringMatching(/^cleanfeed: \S+ lies below node_modules, where Node runs no TypeScript: /),
    });
  });
});
