/** Faults inside of the updater itself: none may keep it from the next update, or tell anything false of what is in force. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import type { ListSource } from '../../src/list/source/source.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { eventually } from '../support/eventually.ts';
import { listConfig } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

let log: MemoryLog;
let manager: ListUpdater;
let texts: Record<string, string>;
/** What becomes of the next attempt to publish. */
let publish: () => Promise<number>;
/** What the source of a list does when it is told to forget. */
let forget: (list: string) => void;
let complete: () => void;
let faults: unknown[];

beforeEach(async () => {
  log = memoryLog();
  texts = { a: 'a.example\n', b: 'b.example\n' };
  publish = () => Promise.resolve(1);
  forget = () => {};
  complete = () => {};
  faults = [];
  manager = new ListUpdater([listConfig('a', '/a'), listConfig('b', '/b')], {
    keys: randomSegmentKeys(),
    memory: FRESH_MEMORY,
    log,
    source: ({ name }): ListSource => ({
      ...WITHOUT_VERSIONS,
      hasCache: false,
      read: () => Promise.resolve({ kind: 'list', bytes: Buffer.from(texts[name] ?? ''), version: null }),
      forget: () => forget(name),
      accepted: () => Promise.resolve(null),
      watch: () => {},
      close: () => {},
    }),
    now: Date.now,
    publish: async () => await publish(),
    complete: () => complete(),
    onFault: (error) => faults.push(error),
  });
});

afterEach(() => manager.close());

test('a failure that cannot be told to one list is told to the others, and the next reload takes place', async () => {
  publish = () => Promise.reject(new Error('no worker takes it'));
  forget = (list) => {
    if (list === 'a') throw new Error('out of order');
  };
  await manager.start();
  expect(log.named('list.failed').map(({ list }) => list)).toEqual(['a', 'b']);
  await eventually('the fault', () => faults.length === 1);
  publish = () => Promise.resolve(1);
  await manager.reload();
  expect(manager.missing()).toEqual([]);
});

test('what fails after the lists have come into force does not make them fail', async () => {
  complete = () => {
    throw new Error('out of order');
  };
  await manager.start();
  await eventually('the fault', () => faults.length === 1);
  expect(log.named('list.failed')).toEqual([]);
  expect(manager.lists()).toMatchObject([
    { version: 1, lastError: null },
    { version: 1, lastError: null },
  ]);
});

test('a change while another is under way is refused, and does not disturb that one', async () => {
  await manager.start();
  const begun = manager.change([listConfig('a', '/a')], () => Promise.resolve(2));
  await expect(manager.change([listConfig('b', '/b')], () => Promise.resolve(3))).rejects.toMatchObject({
    code: 'internal',
  });
  await begun;
  expect(manager.lists()).toMatchObject([{ name: 'a', version: 1 }]);
  await manager.change([listConfig('b', '/b')], () => Promise.resolve(3));
  expect(manager.lists()).toMatchObject([{ name: 'b', version: 3 }]);
});
