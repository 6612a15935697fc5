/**
 * The test runner as a whole process, with our configuration of it: a run goes to its end whatever fails, and leaves no process,
 * whatever a failed test holds open; the closing line is true however the run ends. The files that fail are made here.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { readRecords } from '../rings/records.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { RECORDS } from '../support/test-records.ts';

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
    /** Whether each file may start processes. */
    readonly mayStart?: boolean;
    /** File for what the run notes (test-records.ts). */
    readonly records?: string;
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
    configuration({ clearUpMs: 2000, ...options.bounds }, options.openMs, options.mayStart ?? true),
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
  const env = { ...process.env, [RECORDS]: options.records === undefined ? '' : directory.file(options.records) };
  const child = spawn(process.execPath, args, { cwd: directory.path, stdio: ['ignore', 'pipe', 'pipe'], env });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ended = (async (): Promise<Outcome> => {
    const [stdout, stderr] = await output;
    return { code: await code, output: `${stderr}\n${stdout}`, closing: stdout.trimEnd().split('\n').at(-1) };
  })();
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The project's own, for another folder. */
function configuration(bounds: object, openMs: object | undefined, mayStart: boolean): string {
  return `
    import project from '${ROOT}/jest.config.mjs';
    export default {
      ...JSON.parse(JSON.stringify(project).replaceAll('<rootDir>/test/support', '${SUPPORT}')),
      testEnvironmentOptions: { bounds: ${JSON.stringify(bounds)}, mayStart: ${mayStart} },
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

describeWith(['nginx'])('a failing test ends neither its file nor the run, and nothing stays', () => {
  test.each([1, 2])('with processes and connections that are open; %i workers', async (workers) => {
    const files = {
      'a.test.ts': `${BUSY}${FAILS}${PASSES}describe('more', () => { beforeAll(() => { ${RUNS} }); ${PASSES} });`,
      'b.test.ts': PASSES,
    };
    const { code, output, closing } = await runOf(files, { workers }).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: '3 passed, 2 failed' });
    expect(output).toContain('as it must');
    expect(laterRan()).toBe(true);
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

  // Was a fault: a file that failed as a whole ended the run, and its tests counted as none.
  test.each([
    ['a clear-up that fails', `${PASSES}afterAll(() => { throw new Error('as it must'); });`, '2 passed, 1 failed'],
    ['a set-up that fails', `beforeAll(() => { throw new Error('as it must'); });${PASSES}`, '1 passed, 1 failed'],
    ['a file that cannot run', `import './none.ts';${PASSES}`, '1 passed, 1 failed'],
    ['a process that is left', `${PASSES}${LEAVES}`, '3 passed, 1 failed'],
  ])('the run goes on after %s', async (_what, source, want) => {
    const { code, closing } = await runOf(
      { 'a.test.ts': source, 'b.test.ts': PASSES },
      { bounds: { forgottenMs: 500 } },
    ).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: want });
    await expectNothingLeft();
  });

  test('the run goes on after a file whose process had to be killed, which is not run again', async () => {
    const files = { 'a.test.ts': `${PASSES}${WAITS}`, 'b.test.ts': PASSES, 'c.test.ts': PASSES };
    const { code, output, closing } = await runOf(files, { workers: 2, bounds: { fileMs: 2000 } }).ended;
    expect({ code, closing }).toEqual({ code: 1, closing: '3 passed, 1 failed' });
    expect(output.match(/it did not end within 2 s/g)).toHaveLength(1);
  });

  test('all is well', async () => {
    const { code, closing } = await runOf({ 'a.test.ts': PASSES, 'b.test.ts': PASSES }).ended;
    expect({ code, closing }).toEqual({ code: 0, closing: '2 passed, 0 failed' });
  });
});

describe('what a run notes', () => {
  test('is the type of each failure, which files failed, what was skipped, and the counts', async () => {
    const source = `
      import { spawn } from 'node:child_process';
      import { once } from 'node:events';
      import { eventually } from '${SUPPORT}/eventually.ts';
      import { Inconclusive, setUpOf } from '${SUPPORT}/inconclusive.ts';
      import { noteSkipped } from '${SUPPORT}/programs.ts';
      noteSkipped({ what: 'a part', why: 'not installed: some', programs: ['some'] });
      describe('group', () => {
        test('no fact', () => { throw new Inconclusive('no fact', 'not seen'); });
        const sleep = (begin) => begin(spawn('sleep', ['3600']));
        test('a program', async () => await setUpOf('some', async (begin) => { sleep(begin); throw new Error('not yet'); }));
        test('a port of it', async () => await setUpOf('some', async () => { throw new Error('bind: Address already in use'); }));
        test('its refusal', async () => await setUpOf('some', async (begin) => { await once(begin(spawn('false')), 'exit'); throw new Error('line 1'); }));
        test('its absence', async () => await setUpOf('some', async () => { throw new Error('not installed'); }));
        test('a port', () => { throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' }); });
        test('several', () => { throw new AggregateError([new Inconclusive('no fact', 'a'), new Inconclusive('set-up', 'b')]); });
        test('one of several', () => { throw new AggregateError([new Inconclusive('no fact', 'a'), new Error('b')]); });
        test('wrong', () => { expect(1).toBe(2); });
      });`;
    const { closing } = await runOf({ 'a.test.ts': source }, { records: 'RECORDS' }).ended;
    const { counts, failures, failedFiles, skips, costs } = readRecords(directory.file('RECORDS'));
    expect(closing).not.toMatch(/passed/);
    expect(counts).toEqual({ kind: 'counts', passed: 0, failed: 9, skipped: 0, isComplete: true });
    expect(failures.map(({ test: name, inconclusive }) => [name, inconclusive])).toEqual([
      ['group no fact', 'no fact'],
      ['group a program', 'set-up'],
      ['group a port of it', 'set-up'],
      ['group its refusal', null],
      ['group its absence', null],
      ['group a port', 'port taken'],
      ['group several', 'no fact'],
      ['group one of several', null],
      ['group wrong', null],
    ]);
    expect(failedFiles).toMatchObject([{ file: 'test/a.test.ts', failed: 9, failsWhole: false }]);
    expect(skips).toMatchObject([{ what: 'test/a.test.ts (a part)', why: 'not installed: some', programs: ['some'] }]);
    expect(costs).toMatchObject([{ file: 'test/a.test.ts', started: true }]);
  });

  test('is a file that cannot run, and one that leaves a process, as no inconclusive failure', async () => {
    const files = { 'a.test.ts': `import './none.ts';${PASSES}`, 'b.test.ts': `${PASSES}${LEAVES}` };
    await runOf(files, { records: 'RECORDS', bounds: { forgottenMs: 500 } }).ended;
    const { failures } = readRecords(directory.file('RECORDS'));
    expect(failures).toMatchObject([
      { file: 'test/a.test.ts', test: null, inconclusive: null },
      { file: 'test/b.test.ts', test: null, inconclusive: null },
    ]);
  });
});

describe('files that start processes', () => {
  test.each([
    ['a.test.ts', '1 passed, 1 failed'],
    ['a.process.test.ts', '1 passed, 0 failed'],
    ['a.real.test.ts', '1 passed, 0 failed'],
    ['a.long.test.ts', '1 passed, 0 failed'],
  ])('are named for it: %s', async (name, want) => {
    const source = `import { spawnSync } from 'node:child_process';test('starts', () => { spawnSync('true'); });`;
    const { closing } = await runOf({ [name]: source }, { mayStart: false }).ended;
    expect(closing).toBe(want);
  });
});
