/** What is withdrawn in the middle of everything: it is published once more at once, and nothing that was on its way brings it back. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { runSync } from '../../src/lib/steps.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import type { ListSource, SourceEvents, SourceRead } from '../../src/list/source/source.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import { withdrawalSteps } from '../../src/list/protected/image-withdrawal.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { eventually } from '../support/eventually.ts';
import { listConfig } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { entry } from '../match/support.ts';
import { imageOf, withdrawn } from './protected/support.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

/** A list with a segment of its own that takes part: the set that was withdrawn from each of its versions is known by number. */
class Source implements ListSource {
  readonly hasCache = false;
  set = 0;
  readonly less = new Map<Uint8Array, number>();
  events: SourceEvents | null = null;
  reads: SourceRead[] = [];
  held: Promise<void> | null = null;
  readonly refused = WITHOUT_VERSIONS.refused;
  readonly accept = WITHOUT_VERSIONS.accept;
  readonly rollback = WITHOUT_VERSIONS.rollback;
  readonly release = WITHOUT_VERSIONS.release;
  readonly versions = WITHOUT_VERSIONS.versions;

  async read(): Promise<SourceRead> {
    const read = this.reads.shift() ?? { kind: 'unchanged' };
    if ('bytes' in read) this.less.set(read.bytes, this.set);
    await this.held;
    return read;
  }

  withdraw(bytes: Uint8Array): Promise<boolean> {
    const isNew = this.less.get(bytes) !== this.set;
    this.less.set(bytes, this.set);
    return Promise.resolve(isNew);
  }

  watch(events: SourceEvents): void {
    this.events = events;
  }

  forget(): void {}
  accepted = (): Promise<null> => Promise.resolve(null);
  close(): void {}

  gives(text: string): void {
    const { file } = compileToFile(Buffer.from(text), { action: 'block', today: utcDay(Date.now()) });
    this.reads.push({ kind: 'list', bytes: file!, version: null });
  }

  withdraws(): void {
    this.set += 1;
    this.events?.withdrawn();
  }
}

let log: MemoryLog;
let source: Source;
let manager: ListUpdater;
/** By publication, which set was withdrawn from each version that the source has given. */
let published: (readonly number[])[];
/** Further sources wait for it with what they give. */
let held: PromiseWithResolvers<void>;
let publish: () => Promise<void>;
let sources: Source[];
/** What fails when it is next asked which day it is; null: nothing. */
let dayFault: Error | null;
let faults: unknown[];

beforeEach(async () => {
  log = memoryLog();
  [published, sources] = [[], []];
  held = Promise.withResolvers();
  publish = () => Promise.resolve();
  [dayFault, faults] = [null, []];
  manager = new ListUpdater([listConfig('a', '/a')], {
    keys: randomSegmentKeys(),
    memory: FRESH_MEMORY,
    log,
    source: () => {
      const next = new Source();
      next.gives('a.example\n');
      if (sources.length > 0) next.held = held.promise;
      sources.push(next);
      return next;
    },
    now: Date.now,
    today,
    publish: async () => await record(),
    onFault: (error) => faults.push(error),
  });
  await manager.start();
  [source] = sources as [Source];
});
afterEach(() => {
  manager.close();
  expect(faults).toEqual([]);
});

function today(): number {
  const fault = dayFault;
  dayFault = null;
  if (fault !== null) throw fault;
  return utcDay(Date.now());
}

async function record(): Promise<number> {
  await publish();
  published.push(sources.length === 0 ? [] : [...sources[0]!.less.values()]);
  return published.length;
}

test('nothing else is under way: the same is published once more, with its figures', async () => {
  source.withdraws();
  await eventually('it is published', () => published.length === 2);
  await eventually('it is told', () => log.named('list.withdrawn').length === 1);
  expect(published).toEqual([[0], [1]]);
  expect(log.named('list.withdrawn')).toEqual([{ list: 'a', withdrawn: 0, entries: 1, generation: 2 }]);
  expect(manager.lists()[0]).toMatchObject({ version: 2, syncs: { updated: 2 }, lastError: null });
  source.events?.withdrawn();
  await manager.reload();
  expect(published).toHaveLength(2);
});

test('while a read does not end', async () => {
  source.held = held.promise;
  source.gives('b.example\n');
  source.events?.changed();
  source.withdraws();
  await eventually('it is published', () => published.length === 2);
  source.withdraws();
  await eventually('again', () => published.length === 3);
  held.resolve();
  await eventually('the next version', () => published.length === 4);
  // It was read before either.
  expect(published).toEqual([[0], [1, 0], [2, 0], [2, 2]]);
});

test('while another configuration is read', async () => {
  const change = manager.change([listConfig('a', '/a'), listConfig('b', '/b')], async () => await record());
  await eventually('it is being read', () => sources.length === 2);
  source.withdraws();
  await eventually('it is published', () => published.length === 2);
  held.resolve();
  await change;
  expect(published).toEqual([[0], [1], [1]]);
});

test('a publication that fails is told, and tried again until it is in force', async () => {
  let attempts = 0;
  publish = () => {
    attempts += 1;
    return attempts < 3 ? Promise.reject(new ListError('snapshot_invalid', 'no worker takes it')) : Promise.resolve();
  };
  source.withdraws();
  await eventually('it is published', () => published.length === 2);
  expect(log.named('list.failed')).toMatchObject([{ code: 'snapshot_invalid' }, { code: 'snapshot_invalid' }]);
  await eventually('it is told', () => log.named('list.withdrawn').length === 1);
});

test.each([new ListError('internal', 'no day'), new TypeError('no day')])(
  'a publication that fails is tried again, though the figures of what is left cannot be told: %s',
  async (fault) => {
    publish = () => {
      publish = () => Promise.resolve();
      dayFault = fault;
      return Promise.reject(new ListError('snapshot_invalid', 'no worker takes it'));
    };
    source.withdraws();
    await eventually('it is published', () => published.length === 2);
    await eventually('it is told', () => log.named('list.withdrawn').length === 1);
    expect(log.named('list.failed')).toMatchObject([{ code: 'snapshot_invalid' }]);
    expect(faults.splice(0)).toEqual([fault]);
  },
);

test.each([new ListError('internal', 'no day'), new TypeError('no day')])(
  'a publication that is in force is that, though its figures cannot be told: %s',
  async (fault) => {
    publish = () => {
      dayFault = fault;
      return Promise.resolve();
    };
    source.withdraws();
    await eventually('it is told', () => log.named('list.withdrawn').length === 1);
    expect(manager.lists()[0]).toMatchObject({ version: 2 });
    publish = () => Promise.resolve();
    await eventually('what has failed is told', () => faults.length + log.named('list.failed').length === 1);
    faults = [];
    await manager.reload();
    expect(published).toHaveLength(2);
  },
);

test('a fault that nobody foresaw loses no publication', async () => {
  const fault = new TypeError('a mistake');
  publish = () => {
    publish = () => Promise.resolve();
    return Promise.reject(fault);
  };
  source.withdraws();
  await eventually('it is published', () => published.length === 2);
  await eventually('it is told', () => log.named('list.withdrawn').length === 1);
  expect(faults.splice(0)).toEqual([fault]);
});

test('what is withdrawn counts as removed, although its publication fails and the next version takes its place', async () => {
  const entries = ['a.example', 'b.example'].map((text, i) => entry(text, { id: BigInt(i + 1) }));
  const [first, second] = [await imageOf(entries), await imageOf(entries.slice(1), { version: 2 })];
  source.reads.push({ kind: 'list', bytes: first, version: null });
  await manager.reload();
  let isWithdrawn = false;
  source.withdraw = (bytes) => {
    if (bytes !== first || isWithdrawn) return Promise.resolve(false);
    isWithdrawn = true;
    runSync(withdrawalSteps(first, withdrawn([1n])));
    return Promise.resolve(true);
  };
  publish = () => {
    publish = () => Promise.resolve();
    return Promise.reject(new ListError('snapshot_invalid', 'no worker takes it'));
  };
  source.withdraws();
  await eventually('it has failed', () => log.named('list.failed').length === 1);
  source.reads.push({ kind: 'list', bytes: second, version: null });
  await manager.reload();
  expect(manager.lists()[0]).toMatchObject({ entries: 1, turnover: { added: 0, removed: 1 } });
  await eventually('what was owed is published', () => log.named('list.withdrawn').length === 1);
  expect(manager.lists()[0]).toMatchObject({ turnover: { added: 0, removed: 1 } });
});

test('a reload ends when what is withdrawn is in force', async () => {
  publish = async () => await held.promise;
  let isOver = false;
  source.withdraws();
  const reload = manager.reload().then(() => (isOver = true));
  await eventually('the read has ended', () => manager.lists()[0]?.syncs.unchanged === 1);
  expect(isOver).toBe(false);
  held.resolve();
  await reload;
  expect(published).toEqual([[0], [1]]);
});
