import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EventLog, eventsPath, readEvents } from '../../../src/publish/state/events.ts';
import type { LoggedEvent, PublisherEvent } from '../../../src/publish/state/events.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const TIME = '2026-11-26T12:00:00Z';
const added = (line: string): PublisherEvent => ({ kind: 'added', line });
const version = (number: number): PublisherEvent => ({
  kind: 'version',
  version: number,
  digests: {},
  changeSet: null,
  approvedBy: [],
});
const open = (path: string): { readonly log: EventLog; readonly seen: LoggedEvent[] } => {
  const seen: LoggedEvent[] = [];
  return { log: EventLog.open(path, (event) => seen.push(event)), seen };
};

describe('the log of events', () => {
  test('is numbered from 1, and each event has 32 random bytes of its own', () => {
    using folder = temporaryDirectory();
    const path = folder.file('events.jsonl');
    writeFileSync(path, '');
    const { log } = open(path);
    const told: LoggedEvent[] = [];
    log.append([added('a.example'), version(1)], TIME, (event) => told.push(event));
    log.append([{ kind: 'withdrawn', uid: 1, line: 'a.example' }], TIME, (event) => told.push(event));
    expect(told.map(({ seq, kind, time }) => [seq, kind, time])).toEqual([
      [1, 'added', TIME],
      [2, 'version', TIME],
      [3, 'withdrawn', TIME],
    ]);
    expect(new Set(told.map(({ salt }) => Buffer.from(salt, 'base64').toString('hex'))).size).toBe(3);
    expect(told.every(({ salt }) => Buffer.from(salt, 'base64').length === 32)).toBe(true);
    expect([...readEvents(path)]).toEqual(told);
    expect(open(path).seen).toEqual(told);
    expect(open(path).log.next).toBe(4);
  });

  test('a group that was cut off anywhere is dropped, and what is appended takes its place', () => {
    using folder = temporaryDirectory();
    const path = folder.file('events.jsonl');
    writeFileSync(path, '');
    open(path).log.append([added('a.example'), version(1)], TIME, () => {});
    const whole = readFileSync(path, 'utf8');
    open(path).log.append([added('b.example'), added('c.example'), version(2)], TIME, () => {});
    const cut = readFileSync(path, 'utf8');
    for (let size = whole.length; size < cut.length; size += 1) {
      writeFileSync(path, cut);
      truncateSync(path, size);
      const { log, seen } = open(path);
      expect(seen.map(({ seq }) => seq)).toEqual([1, 2]);
      expect([...readEvents(path)].length).toBe(2);
      log.append([{ kind: 'why', recipient: 'a', id: '1', uid: null }], TIME, () => {});
      expect(readFileSync(path, 'utf8').startsWith(whole)).toBe(true);
      expect([...readEvents(path)].map(({ kind }) => kind)).toEqual(['added', 'version', 'why']);
    }
  });

  test('a group that is longer than what is read at once, and cut off, is dropped', () => {
    using folder = temporaryDirectory();
    const path = folder.file('events.jsonl');
    writeFileSync(path, '');
    const { log } = open(path);
    log.append([added('a.example'), version(1)], TIME, () => {});
    const whole = readFileSync(path).length;
    log.append([...Array.from({ length: 20_000 }, (_, i) => added(`a${i}.example`)), version(2)], TIME, () => {});
    truncateSync(path, readFileSync(path).length - 1);
    const again = open(path);
    expect(again.seen.map(({ seq }) => seq)).toEqual([1, 2]);
    again.log.append([version(2)], TIME, () => {});
    expect(readFileSync(path).subarray(whole).toString()).toContain('{"seq":3,');
    expect(open(path).seen).toHaveLength(3);
  });

  test('a line that is damaged, or missing, is named', () => {
    using folder = temporaryDirectory();
    const path = folder.file('events.jsonl');
    writeFileSync(path, '');
    open(path).log.append([version(1)], TIME, () => {});
    appendFileSync(path, '{"seq":3}\n');
    expect(() => open(path)).toThrow(`${path}: line 2 has another number`);
    writeFileSync(path, 'x\n');
    expect(() => open(path)).toThrow(`${path}: line 1 is not JSON`);
    writeFileSync(path, '{"seq":1,"kind":"removed","uid":1e999,"line":"a.example"}\n');
    expect(() => open(path)).toThrow(`${path}: line 1: uid: must be a whole number`);
    writeFileSync(path, '{"seq":1,"kind":"proved","uids":[1,1e999],"reason":"asked"}\n');
    expect(() => open(path)).toThrow(`${path}: line 1: uids: must be a whole number`);
    for (const event of [
      { kind: 'later' },
      { kind: 'added' },
      { kind: 'removed', uid: '1', line: 'a.example' },
      { kind: 'toString' },
      { kind: 7 },
      {},
    ]) {
      writeFileSync(path, `${JSON.stringify({ seq: 1, time: TIME, salt: '', ...event })}\n`);
      expect(() => open(path)).toThrow(`${path}: line 1 is no event of this release`);
    }
  });

  test('lines longer than what is read at once are put together', () => {
    using folder = temporaryDirectory();
    const path = folder.file('events.jsonl');
    writeFileSync(path, '');
    const long = 'x'.repeat(700_000);
    open(path).log.append([added(`${long}1`), added(`${long}2`), added(`${long}3`), version(1)], TIME, () => {});
    const lines = open(path).seen.flatMap((event) => (event.kind === 'added' ? [event.line.slice(-1)] : []));
    expect(lines).toEqual(['1', '2', '3']);
  });

  test('lies among the secrets', () => {
    expect(eventsPath({ repo: '/r', keys: '/k' })).toBe('/k/state/events.jsonl');
  });
});
