import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LogLevel } from '../../src/config/log-types.ts';
import { createLog } from '../../src/observe/log.ts';
import type { Log, LogFields } from '../../src/observe/log.ts';
import { eventually } from '../support/eventually.ts';

const LOG = new URL('../../src/observe/log.ts', import.meta.url).href;

type EnvironmentOf = (descriptor: number) => Record<string, string>;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cleanfeed-log-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The lines that a log on a real descriptor got. */
function lines(level: LogLevel, use: (log: Log) => void): Record<string, unknown>[] {
  return textLines(level, use).map((line): Record<string, unknown> => JSON.parse(line));
}

/** As they were written. `environment` is of a process whose standard error is this descriptor. */
function textLines(level: LogLevel, use: (log: Log) => void, environment: EnvironmentOf = () => ({})): string[] {
  const path = join(directory, 'log');
  const descriptor = openSync(path, 'w');
  const log = createLog({ level, format: 'json' }, descriptor, environment(descriptor));
  use(log);
  log.flush();
  closeSync(descriptor);
  return readFileSync(path, 'utf8').trimEnd().split('\n').filter(Boolean);
}

function field(fields: LogFields): unknown {
  const [line] = lines('info', (log) => log.event('info', 'test.event', fields));
  return line![Object.keys(fields)[0]!];
}

describe('log', () => {
  test('writes one JSON object a line, with level, time, event and the fields', () => {
    const [line, second] = lines('info', (log) => {
      log.event('warn', 'list.rejected', { list: 'main', reason: 'bad_lines', lines: 3, kept: true });
      log.event('info', 'ready');
    });
    expect(line).toMatchObject({
      level: 'warn',
      event: 'list.rejected',
      list: 'main',
      reason: 'bad_lines',
      lines: 3,
      kept: true,
    });
    expect(line!['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(second).toMatchObject({ level: 'info', event: 'ready' });
  });

  test('the order of the fields is always the same, so that a line is read at a glance', () => {
    const [line = ''] = textLines('info', (log) => log.event('info', 'ready', { ratio: Infinity, list: '"a"\n' }));
    expect(line.replace(/"time":"[^"]+","pid":\d+/, '"time":T,"pid":P')).toBe(
      '{"level":"info","time":T,"pid":P,"msg":"ready","ratio":null,"list":"\\"a\\"\\n","event":"ready"}',
    );
  });

  test('leaves out what is below the level', () => {
    expect(lines('warn', (log) => log.event('info', 'quiet'))).toEqual([]);
  });

  test.each<{ name: string; fields: LogFields; want: unknown }>([
    { name: 'a URL', fields: { detail: 'cannot get http://host.example/a?b now' }, want: 'cannot get [redacted] now' },
    { name: 'an IPv4 address', fields: { detail: '192.0.2.1' }, want: '[redacted]' },
    {
      name: 'an address and port in an error text',
      fields: { detail: 'connect ECONNREFUSED 192.0.2.1:443' },
      want: 'connect ECONNREFUSED [redacted]',
    },
    { name: 'an IPv6 address', fields: { detail: 'from 2001:db8::1,' }, want: 'from [redacted]' },
    { name: 'a bracketed IPv6 address', fields: { detail: '([2001:db8::1]:443)' }, want: '[redacted]' },
    { name: 'our own listening address', fields: { address: '127.0.0.1' }, want: '127.0.0.1' },
    {
      name: 'ordinary words and times',
      fields: { detail: 'line 12:7 at 10:30, version 24.21.0' },
      want: 'line 12:7 at 10:30, version 24.21.0',
    },
    { name: 'line breaks and control bytes', fields: { detail: 'a\r\nb\u0000' }, want: 'a\r\nb\u0000' },
  ])('$name', ({ fields, want }) => {
    expect(field(fields)).toBe(want);
  });

  test('cuts a long value', () => {
    for (const length of [500, 501, 100_000]) expect(field({ detail: 'x'.repeat(length) })).toHaveLength(500);
  });

  test('a burst of one line is bounded, and how many were held back is told', () => {
    const written = lines('info', (log) => {
      for (let time = 0; time < 1000; time += 1) log.event('error', 'worker.exited', { worker: 1 });
      log.event('error', 'worker.exited', { worker: 2 });
      for (let time = 0; time < 1000; time += 1) log.event('debug', 'quiet');
    });
    expect(
      written.map(({ event, worker, suppressedEvent, lines }) => ({ event, worker, suppressedEvent, lines })),
    ).toEqual([
      ...Array.from({ length: 5 }, () => ({ event: 'worker.exited', worker: 1 })),
      { event: 'worker.exited', worker: 2 },
      { event: 'log.suppressed', suppressedEvent: 'worker.exited', lines: 995 },
    ]);
  });

  test.each<{ level: LogLevel; of: readonly LogLevel[]; want: LogLevel }>([
    { level: 'error', of: ['error'], want: 'error' },
    { level: 'info', of: ['info'], want: 'info' },
    { level: 'debug', of: ['debug', 'warn', 'info'], want: 'warn' },
  ])('at level $level, what was held back of $of is told at $want', ({ level, of, want }) => {
    const written = lines(level, (log) => {
      for (let time = 0; time < 100; time += 1) for (const each of of) log.event(each, 'data.failed', { worker: 1 });
    });
    expect(written.at(-1)).toMatchObject({
      level: want,
      event: 'log.suppressed',
      suppressedEvent: 'data.failed',
      lines: 100 * of.length - 5,
    });
  });

  test('a full disk does not throw', () => {
    const descriptor = openSync('/dev/full', 'w');
    const log = createLog({ level: 'info', format: 'json' }, descriptor);
    expect(() => {
      log.event('info', 'lost');
      log.flush();
    }).not.toThrow();
    closeSync(descriptor);
  });
});

/** A pipe that nobody reads gets so many different lines of the level that some are lost; then it is read to its end. */
async function afterLoss(level: LogLevel, environment: EnvironmentOf = () => ({})): Promise<string[]> {
  const path = join(directory, `pipe-${randomUUID()}`);
  spawnSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const log = createLog({ level, format: 'json' }, pipe, environment(pipe));
  // Of this event many lines may be written.
  for (let line = 0; line < 6000; line += 1) log.event(level, 'list.bad_line', { line, reason: 'x'.repeat(400) });
  let text = '';
  await eventually(
    'the loss is told',
    () => (text += readAll(pipe)),
    () => text.includes('"event":"log.dropped"'),
  );
  closeSync(pipe);
  return text.trimEnd().split('\n');
}

function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(1024 * 1024);
  let text = '';
  try {
    for (;;) text += buffer.toString('utf8', 0, readSync(descriptor, buffer));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    return text;
  }
}

test('at level error, lines that were lost are told', async () => {
  const written = await afterLoss('error');
  expect(JSON.parse(written.at(-1)!)).toMatchObject({
    level: 'error',
    event: 'log.dropped',
    lines: 6001 - written.length,
  });
});

describe('under the journal', () => {
  const journal: EnvironmentOf = (descriptor) => {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return { JOURNAL_STREAM: `${dev}:${ino}` };
  };
  const say = (log: Log): void => {
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log.event(level, 'data.said', { level });
  };

  test('each line has its priority before it', () => {
    const written = textLines('debug', say, journal);
    expect(written.map((line) => line.slice(0, 4))).toEqual(['<3>{', '<4>{', '<6>{', '<7>{']);
    expect(written.map((line): unknown => JSON.parse(line.slice(3)))).toMatchObject(
      ['error', 'warn', 'info', 'debug'].map((level) => ({ level, event: 'data.said' })),
    );
  });

  test('so have the lines that the log writes by itself', async () => {
    const repeated = textLines(
      'error',
      (log) => {
        for (let time = 0; time < 100; time += 1) log.event('error', 'data.failed');
      },
      journal,
    );
    expect(repeated.at(-1)).toMatch(/^<3>\{.*"event":"log.suppressed"\}$/);
    const written = await afterLoss('warn', journal);
    expect(written.at(-1)).toMatch(/^<4>\{.*"event":"log.dropped"\}$/);
    expect(written.filter((line) => !line.startsWith('<4>{"level":"warn"'))).toEqual([]);
  });

  test.each([
    { name: 'no journal', of: () => ({}) },
    { name: 'the journal of a process whose standard error went elsewhere since', of: () => journal(0) },
    {
      name: 'another file of the same device',
      of: (descriptor: number) => ({ JOURNAL_STREAM: `${journal(descriptor)['JOURNAL_STREAM']}0` }),
    },
    { name: 'nothing to be read from it', of: () => ({ JOURNAL_STREAM: '' }) },
  ])('$name: plain JSON', ({ of }) => {
    const written = textLines('debug', say, of);
    expect(written.map((line) => line.slice(0, 1))).toEqual(['{', '{', '{', '{']);
  });

  test('a descriptor that is closed is not the journal', () => {
    const descriptor = openSync(join(directory, 'log'), 'w');
    const environment = journal(descriptor);
    closeSync(descriptor);
    expect(() =>
      createLog({ level: 'info', format: 'json' }, descriptor, environment).event('info', 'lost'),
    ).not.toThrow();
  });

  test('the environment is that of the process, the descriptor its standard error', () => {
    const path = join(directory, 'stderr');
    const descriptor = openSync(path, 'w');
    const script = `const { createLog } = await import('${LOG}'); createLog({ level: 'info', format: 'json' }).event('warn', 'data.said');`;
    spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', descriptor],
      env: journal(descriptor),
    });
    closeSync(descriptor);
    expect(readFileSync(path, 'utf8')).toMatch(/^<4>\{"level":"warn",.*\}\n$/);
  });
});
