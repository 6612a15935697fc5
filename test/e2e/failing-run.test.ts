/**
 * The test runner as a whole process, with our configuration of it: a failure ends the run at once and leaves no process,
 * whatever the failed test holds open; the closing line is true however the run ends. The files that fail are made here.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SUPPORT = join(ROOT, 'test', 'support');
/** Longer than any test here may take: who waits for it has not ended at once. */
const FOR_EVER_MS = 3_600_000;

/** A proxy, an nginx, a request under way through both, and a client that never closes: what the soak was stuck with. */
const BUSY = `
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { startNginx } from '${SUPPORT}/nginx.ts';
import { startProxy } from '${SUPPORT}/proxy-process.ts';
let proxy;
beforeAll(async () => {
  const nginx = await startNginx({ server: '' });
  const origin = createServer({ allowHalfOpen: true }, () => {}).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  proxy = await startProxy({ config: { shutdown: { drain: '1h' }, timeouts: { firstByte: '30m' } } });
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  const url = 'http://127.0.0.1:' + origin.address().port + '/';
  client.write('GET ' + url + ' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
  await once(origin, 'connection');
  const sleeper = spawn('sleep', ['7200'], { detached: true, stdio: 'ignore' });
  writeFileSync('PIDS', JSON.stringify([proxy.pid, sleeper.pid]));
});
afterAll(async () => await proxy.stop(), ${FOR_EVER_MS});
`;
const FAILS = `test('fails', () => { throw new Error('as it must'); });`;
const WAITS = `test('is not reached', async () => await new Promise((resolve) => setTimeout(resolve, ${FOR_EVER_MS})), ${FOR_EVER_MS});`;
const PASSES = `test('passes', () => {});`;
const LEAVES =
  `test('leaves', () => { const { pid } = require('node:child_process').spawn('sleep', ['7200'], { detached: true, stdio: 'ignore' }); require('node:fs').writeFileSync('PIDS', '[' + pid + ']'); });`.replaceAll(
    'require(',
    'process.getBuiltinModule(',
  );
const RUNS = `process.getBuiltinModule('node:fs').writeFileSync('LATER', 'x');`;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  /** The last line. */
  readonly closing: string | undefined;
}

let directory: TemporaryDirectory;
afterEach(() => directory[Symbol.dispose]());

interface Run {
  readonly ended: Promise<Outcome>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts the runner on these files, in this order. */
function runOf(
  files: Readonly<Record<string, string>>,
  options: {
    readonly workers?: number;
    readonly bounds?: object;
    readonly openMs?: object;
    readonly args?: readonly string[];
  } = {},
): Run {
  directory = temporaryDirectory();
  mkdirSync(directory.file('test'));
  for (const [name, source] of Object.entries(files)) {
    const own = source.replaceAll('PIDS', directory.file('pids')).replaceAll('LATER', directory.file('later'));
    writeFileSync(directory.file(`test/${name}`), own);
  }
  writeFileSync(directory.file('by-name.mjs'), BY_NAME);
  writeFileSync(
    directory.file('jest.config.mjs'),
    configuration({ clearUpMs: 2000, ...options.bounds }, options.openMs),
  );
  const jest = join(ROOT, 'node_modules', '.bin', 'jest');
  const args = [
    jest,
    '--config',
    directory.file('jest.config.mjs'),
    '--maxWorkers',
    String(options.workers ?? 1),
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, args, { cwd: directory.path, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ended = (async (): Promise<Outcome> => {
    const [stdout, stderr] = await output;
    return { code: await code, output: `${stderr}\n${stdout}`, closing: stdout.trimEnd().split('\n').at(-1) };
  })();
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The project's own, for another folder. */
function configuration(bounds: object, openMs: object | undefined): string {
  return `
    import project from '${ROOT}/jest.config.mjs';
    export default {
      ...JSON.parse(JSON.stringify(project).replaceAll('<rootDir>/test/support', '${SUPPORT}')),
      testEnvironmentOptions: { bounds: ${JSON.stringify(bounds)} },
      reporters: ['default', ['${SUPPORT}/count-reporter.mjs', ${JSON.stringify(openMs === undefined ? {} : { openMs })}]],
      testSequencer: '${directory.file('by-name.mjs')}',
    };`;
}

/** A failure must come before what follows it, or nothing is shown. */
const BY_NAME = `
import { createRequire } from 'node:module';
const Sequencer = createRequire('${pathToFileURL(join(ROOT, 'node_modules', 'jest', 'package.json')).href}')('@jest/test-sequencer').default;
export default class ByName extends Sequencer { sort(tests) { return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1)); } }
`;

/** None of what the test wrote down, and none that was started from its folder. */
async function expectNothingLeft(): Promise<void> {
  await eventually(
    'no process is left',
    () => [...pids().filter(isAlive), ...startedFrom(directory.path)],
    (alive) => alive.length === 0,
  );
}

function pids(): number[] {
  try {
    return JSON.parse(readFileSync(directory.file('pids'), 'utf8'));
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

function startedFrom(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder);
      } catch {
        return false;
      }
    });
}

const laterRan = (): boolean => readdirSync(directory.path).includes('later');

describeWith(['nginx'])('a failing test ends the run, and nothing stays', () => {
  test.each([1, 2])('with processes and connections that are open; %i workers', async (workers) => {
    const files = {
      'a.test.ts': `${BUSY}${FAILS}${WAITS}describe('more', () => { beforeAll(() => { ${RUNS} }); ${WAITS} });`,
      'b.test.ts': workers === 1 ? `${RUNS}${PASSES}` : WAITS,
    };
    const { code, output, closing } = await runOf(files, { workers }).ended;
    expect({ code, closing }).toEqual({
      code: 1,
      closing: expect.stringMatching(/^0 passed, [12] failed(, 2 skipped)?$/),
    });
    expect(output).toContain('as it must');
    expect(laterRan()).toBe(false);
    expect(pids()).toHaveLength(2);
    await expectNothingLeft();
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGINT'] as const)('a run that is ended by %s', async (signal) => {
    const run = runOf({ 'a.test.ts': `${BUSY}${PASSES}${WAITS}` });
    await eventually('the test is under way', () => pids().length > 0);
    run.kill(signal);
    const { code, closing } = await run.ended;
    expect(code).not.toBe(0);
    if (signal !== 'SIGKILL') expect(closing).toMatch(/^[01] passed, 1 failed$/);
    await expectNothingLeft();
  });
});

describe('the closing line is true', () => {
  test('a test that fails, and hooks that never come to an end', async () => {
    const { code, output, closing } = await runOf({
      'a.test.ts': `${PASSES}${FAILS}afterAll(async () => await new Promise(() => setInterval(() => {}, 1000)), ${FOR_EVER_MS});`,
    }).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: '1 passed, 2 failed' });
    expect(output).toContain('as it must');
    expect(output).toContain('it did not end after a failure');
  });

  test('a file that cannot run ends the run like a test that fails', async () => {
    const { code, closing } = await runOf({
      'a.test.ts': PASSES,
      'b.test.ts': `import './none.ts';${PASSES}`,
      'c.test.ts': WAITS,
    }).ended;
    expect(code).toBe(1);
    expect(closing).toMatch(/^1 passed, [12] failed$/);
  });

  test.each([
    ['of the file', `beforeAll(() => { throw new Error('as it must'); });${PASSES}`, 0],
    [
      'of a group',
      `${PASSES}describe('group', () => { beforeAll(() => { throw new Error('as it must'); }); ${PASSES} });`,
      1,
    ],
  ])('a set-up that fails, %s, fails', async (_where, source, passed) => {
    const { code, output, closing } = await runOf({ 'a.test.ts': source }).ended;
    expect(code).toBe(1);
    expect(closing).toMatch(new RegExp(`^${passed} passed, 1 failed`));
    expect(output).toContain('as it must');
  });

  test('a file that passes and leaves a process fails, and the process ends', async () => {
    const { code, output } = await runOf({ 'a.test.ts': LEAVES }, { bounds: { forgottenMs: 500 } }).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/processes are left behind: \d+: sleep 7200/);
    await expectNothingLeft();
  });

  test('a file that does not end', async () => {
    const { code, output, closing } = await runOf({ 'a.test.ts': WAITS }, { bounds: { fileMs: 1000 } }).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: '0 passed, 1 failed' });
    expect(output).toContain('a.test.ts: it did not end within 1 s');
  });

  test('all have passed, and a socket keeps the run open', async () => {
    const { code, output, closing } = await runOf(
      { 'a.test.ts': `import { createServer } from 'node:net';test('passes', () => { createServer().listen(0); });` },
      { openMs: { passed: 500, failed: 500 } },
    ).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: '1 passed, 1 failed' });
    expect(output).toContain('the run does not end: ');
  });

  // Was a fault: a file that failed as a whole ended the run though all failures were asked for, and its tests counted as none.
  test.each([
    ['a clear-up that fails', `${PASSES}afterAll(() => { throw new Error('as it must'); });`, '2 passed, 1 failed'],
    ['a set-up that fails', `beforeAll(() => { throw new Error('as it must'); });${PASSES}`, '1 passed, 1 failed'],
    ['a file that cannot run', `import './none.ts';${PASSES}`, '1 passed, 1 failed'],
    ['a process that is left', `${PASSES}${LEAVES}`, '3 passed, 1 failed'],
  ])('with --bail=0 the run goes on after %s', async (_what, source, want) => {
    const { code, closing } = await runOf(
      { 'a.test.ts': source, 'b.test.ts': PASSES },
      { args: ['--bail=0'], bounds: { forgottenMs: 500 } },
    ).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: want });
    await expectNothingLeft();
  });

  test('all is well', async () => {
    const { code, closing } = await runOf({ 'a.test.ts': PASSES, 'b.test.ts': PASSES }).ended;
    expect({ code, closing }).toEqual({ code: 0, closing: '2 passed, 0 failed' });
  });
});
