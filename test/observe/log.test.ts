import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '../../src/observe/log.ts';
import type { Log, LogFields } from '../../src/observe/log.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cleanfeed-log-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The lines that a log on a real descriptor got. */
function lines(level: Parameters<typeof createLog>[0], use: (log: Log) => void): Record<string, unknown>[] {
  const path = join(directory, 'log');
  const descriptor = openSync(path, 'w');
  const log = createLog(level, descriptor);
  use(log);
  log.flush();
  closeSync(descriptor);
  return readFileSync(path, 'utf8').trimEnd().split('\n').filter(Boolean).map((line): Record<string, unknown> => JSON.parse(line));
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
    expect(line).toMatchObject({ level: 'warn', event: 'list.rejected', list: 'main', reason: 'bad_lines', lines: 3, kept: true });
    expect(line!['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(second).toMatchObject({ level: 'info', event: 'ready' });
  });

  test('leaves out what is below the level', () => {
    expect(lines('warn', (log) => log.event('info', 'quiet'))).toEqual([]);
  });

  test.each<{ name: string; fields: LogFields; want: unknown }>([
    { name: 'a URL', fields: { detail: 'cannot get http://host.example/a?b now' }, want: 'cannot get [redacted] now' },
    { name: 'an IPv4 address', fields: { detail: '192.0.2.1' }, want: '[redacted]' },
    { name: 'an address and port in an error text', fields: { detail: 'connect ECONNREFUSED 192.0.2.1:443' }, want: 'connect ECONNREFUSED [redacted]' },
    { name: 'an IPv6 address', fields: { detail: 'from 2001:db8::1,' }, want: 'from [redacted]' },
    { name: 'a bracketed IPv6 address', fields: { detail: '([2001:db8::1]:443)' }, want: '[redacted]' },
    { name: 'our own listening address', fields: { address: '127.0.0.1' }, want: '127.0.0.1' },
    { name: 'ordinary words and times', fields: { detail: 'line 12:7 at 10:30, version 24.21.0' }, want: 'line 12:7 at 10:30, version 24.21.0' },
    { name: 'line breaks and control bytes', fields: { detail: 'a\r\nb\u0000' }, want: 'a\r\nb\u0000' },
  ])('$name', ({ fields, want }) => {
    expect(field(fields)).toBe(want);
  });

  test('cuts a long value', () => {
    expect(field({ detail: 'x'.repeat(100_000) })).toHaveLength(500);
  });

  test('a burst of one line is bounded, and how many were held back is told', () => {
    const written = lines('info', (log) => {
      for (let time = 0; time < 1000; time += 1) log.event('error', 'worker.died', { worker: 1 });
      log.event('error', 'worker.died', { worker: 2 });
      for (let time = 0; time < 1000; time += 1) log.event('debug', 'quiet');
    });
    expect(written.map(({ event, worker, of, suppressed }) => ({ event, worker, of, suppressed }))).toEqual([
      ...Array.from({ length: 5 }, () => ({ event: 'worker.died', worker: 1 })),
      { event: 'worker.died', worker: 2 },
      { event: 'log.suppressed', of: 'worker.died', suppressed: 995 },
    ]);
  });

  test('a full disk does not throw', () => {
    const descriptor = openSync('/dev/full', 'w');
    const log = createLog('info', descriptor);
    expect(() => {
      log.event('info', 'lost');
      log.flush();
    }).not.toThrow();
    closeSync(descriptor);
  });
});
