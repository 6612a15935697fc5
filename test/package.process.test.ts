/**
 * What `npm pack` takes, and the command `cleanfeed` of the package as npm installs it: under any Node, from any folder, below `node_modules`. What is not of
 * the package, above all an operator's lists in `local/`, is not packed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from './support/free-port.ts';
import { program } from './support/program.ts';
import { describeWith } from './support/programs.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import type { TemporaryDirectory } from './support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKED = ['bin', 'config', 'systemd', 'docs'];
const SYSTEM = '/usr/bin:/bin';
const NODE_PACKAGE = `node-linux-${process.arch}`;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let directory: TemporaryDirectory;
let packed: Packed;
/** The folder of the installed package. */
let folder: string;

beforeAll(() => {
  directory = temporaryDirectory();
  const checkout = directory.file('checkout');
  for (const part of [...PACKED, 'package.json', 'package-lock.json', 'README.md', 'LICENSE', '.gitignore'])
    cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
  for (const part of ['src', 'test', 'local', 'bench', 'state', 'node_modules']) {
    mkdirSync(join(checkout, part));
    writeFileSync(join(checkout, part, 'own.txt'), 'listed.example/page\n');
  }
  cpSync(join(program(), '..'), join(checkout, 'dist'), { recursive: true });
  copyFileSync(join(checkout, 'package-lock.json'), join(checkout, 'npm-shrinkwrap.json'));
  // The build is there, and is what `prepack` would make.
  const said = execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  [packed] = JSON.parse(said) as [Packed];
  // What `npm install -g --prefix` makes, without asking a registry for the packages: they are there.
  folder = directory.file('prefix/lib/node_modules/cleanfeed');
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['xzf', join(checkout, packed.filename), '-C', folder, '--strip-components=1']);
  mkdirSync(directory.file('prefix/bin'));
  symlinkSync(join(folder, 'bin', 'cleanfeed'), directory.file('prefix/bin/cleanfeed'));
});
afterAll(() => directory[Symbol.dispose]());

function environment(path: string): NodeJS.ProcessEnv {
  return { PATH: path, HOME: directory.path, XDG_STATE_HOME: directory.file('state') };
}

function run(
  command: string,
  args: readonly string[],
  path = SYSTEM,
): Partial<Record<'status' | 'stdout' | 'stderr', unknown>> {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory.path,
    encoding: 'utf8',
    env: environment(path),
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

/** Those that npm puts beside the program: Node, and what has a library of its own. */
async function withPackages(act: () => Promise<void>): Promise<void> {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@koromix'), { recursive: true });
  for (const name of [
    NODE_PACKAGE,
    'koffi',
    ...readdirSync(join(ROOT, 'node_modules/@koromix')).map((one) => `@koromix/${one}`),
  ])
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  try {
    await act();
  } finally {
    rmSync(modules, { recursive: true });
  }
}

const installed = (): string => directory.file('prefix/bin/cleanfeed');

/** Runs until it has logged that, then is told to stop. @returns its exit status. */
async function runUntil(event: string, args: readonly string[]): Promise<unknown> {
  const child = spawn(installed(), args, {
    cwd: directory.path,
    env: environment(SYSTEM),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes(`"event":"${event}"`)) child.kill('SIGTERM');
  }
  const [status]: unknown[] = await ended;
  if (!lines.some((line) => line.includes(`"event":"${event}"`))) throw new Error(lines.join('\n'));
  return status;
}

describeWith(['npm', 'tar'])('the package', () => {
  test('has what runs, and nothing else', () => {
    const folders = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    for (const part of [...PACKED, 'dist']) expect(folders).toContain(part);
    for (const part of ['src', 'test', 'local', 'bench', 'state', 'node_modules']) expect(folders).not.toContain(part);
    const paths = packed.files.map(({ path }) => path);
    // npm leaves out package-lock.json, and installs by this one.
    expect(paths).toEqual(
      expect.arrayContaining([
        'npm-shrinkwrap.json',
        'bin/cleanfeed',
        'dist/cleanfeed.mjs',
        'dist/LICENSES.txt',
        'config/default.yaml',
      ]),
    );
    expect(packed.files.find(({ path }) => path === 'bin/cleanfeed')?.mode).toBe(0o755);
  });

  test('runs below node_modules, by npm’s link, whatever Node is on PATH', async () => {
    const { version }: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    writeFileSync(directory.file('own.txt'), 'listed.example/page\n');
    writeFileSync(directory.file('f.yaml'), 'lists: [{ name: own, source: own.txt }]\n');
    await withPackages(async () => {
      expect(run(installed(), ['--version'], nodeOf('v12.22.12'))).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^cleanfeed ${version}\nnode \\d+\\.`)),
      });
      expect(run(installed(), ['check', '-c', 'f.yaml'])).toEqual({
        status: 0,
        stdout: 'f.yaml: ok\nlist own: 1 entry\n',
        stderr: '',
      });
      expect(run(installed(), ['list', 'lint', 'none.txt'])).toMatchObject({ status: 65 });
      await Promise.resolve();
    });
  });

  test('serve, guard, publish and relay work from it', async () => {
    const listeners = [{ name: 'explicit', address: '127.0.0.1', port: 0 }];
    const serve = {
      listeners,
      admin: { address: '127.0.0.1', port: 0 },
      lists: [{ name: 'own', source: 'own.txt' }],
      shutdown: { lameDuck: '0s' },
    };
    writeFileSync(directory.file('own.txt'), 'listed.example/page\n');
    writeFileSync(directory.file('serve.yaml'), JSON.stringify({ ...serve, state: { directory: './node' } }));
    const guarded = {
      listeners: [{ name: 'explicit', port: await freePort() }],
      admin: { port: await freePort() },
      guard: {
        origin: { port: await freePort() },
        metrics: { port: await freePort() },
        probes: [{ listener: 'explicit' }],
      },
    };
    writeFileSync(directory.file('guard.yaml'), JSON.stringify({ ...guarded, state: { directory: './guard' } }));
    await withPackages(async () => {
      expect(await runUntil('listener.opened', ['serve', '-c', 'serve.yaml'])).toBe(0);
      expect(await runUntil('guard.started', ['guard', '-c', 'guard.yaml'])).toBe(0);
      const folders = ['-r', 'lists', '-k', 'keys'];
      const publish = (...args: readonly string[]): void => {
        const said = run(installed(), ['publish', ...args]);
        if (said.status !== 0) throw new Error(JSON.stringify(said));
      };
      publish('init', ...folders);
      writeFileSync(
        directory.file('relay.yaml'),
        JSON.stringify({ source: 'own.txt', format: 'text', publish: { repo: 'lists', keys: 'keys' } }),
      );
      expect(await runUntil('relay.published', ['relay', '-c', 'relay.yaml'])).toBe(0);
    });
  });

  test('without its packages it says what to do', () => {
    expect(run(installed(), ['--version'], nodeOf('v20.20.2'))).toEqual({
      status: 69,
      stdout: '',
      stderr: `cleanfeed: Node 26 is needed and ${directory.file('node-v20.20.2/node')} is v20.20.2 --version: run 'npm ci --omit=dev --ignore-scripts' in ${folder}, or put Node 26 on PATH\n`,
    });
  });

  test.each([
    { version: 'v24.22.3', want: { status: 69, stdout: '' } },
    {
      version: 'v26.0.0',
      want: { status: 0, stdout: expect.stringMatching(/^v26\.0\.0 .*\/dist\/cleanfeed\.mjs --version\n$/) },
    },
    { version: 'v28.0.0', want: { status: 0 } },
  ])('where its own Node does not fit the machine, $version on PATH', ({ version, want }) => {
    expect(run(installed(), ['--version'], nodeOf(version))).toMatchObject(want);
  });

  test.each([
    [['serve', '-c', 'f.yaml'], '16'],
    [['check', '-c', 'f.yaml'], 'as Node has it'],
  ])('%j has threads for files: %s', (args, threads) => {
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
    const node = join(folder, 'node_modules', '.bin', 'node');
    writeFileSync(node, '#!/bin/sh\nprintf %s "${UV_THREADPOOL_SIZE:-as Node has it}"\n');
    chmodSync(node, 0o755);
    expect(run(installed(), args)).toEqual({ status: 0, stdout: threads, stderr: '' });
    rmSync(join(folder, 'node_modules'), { recursive: true });
  });

  test('a checkout with its tools runs its sources, which may be newer than what was built in it', () => {
    const checkout = directory.file('built-checkout');
    for (const part of ['bin', 'dist']) cpSync(join(folder, part), join(checkout, part), { recursive: true });
    mkdirSync(join(checkout, 'src'));
    writeFileSync(join(checkout, 'src/cli.ts'), '');
    const command = join(checkout, 'bin', 'cleanfeed');
    expect(run(command, [], nodeOf('v26.0.0')).stdout).toContain('/dist/cleanfeed.mjs');
    mkdirSync(join(checkout, 'node_modules/esbuild'), { recursive: true });
    expect(run(command, [], nodeOf('v26.0.0')).stdout).toContain('/src/cli.ts');
    rmSync(join(checkout, 'dist'), { recursive: true });
    rmSync(join(checkout, 'src'), { recursive: true });
    expect(run(command, [], nodeOf('v26.0.0'))).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('npm run build'),
    });
  });
});
