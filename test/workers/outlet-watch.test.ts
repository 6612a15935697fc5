/** Outlets are told the newest state and no other, and a fault of one concerns that one. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import type { ListNames } from '../../src/list/names/list-names.ts';
import type { Outlet } from '../../src/outlets/outlet.ts';
import { OutletWatch } from '../../src/workers/outlet-watch.ts';
import type { OutletPlan } from '../../src/workers/outlet-feed.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';

let log = memoryLog();
/** By list; what throws is missing. */
let inForce: Map<string, string | Error>;
/** What is in force, by list, also of those that have no names. */
let marks: Map<string, string>;
let plans: OutletPlan[];
let today: number;
let now: number;
let watch: OutletWatch;

/** It works until it is let go on. */
class TestOutlet implements Outlet {
  readonly name: string;
  readonly lists: readonly string[];
  readonly exceptions: string[] = [];
  readonly told: string[] = [];
  isClosed = false;
  /** Turns that were begun. */
  turns = 0;
  gate: PromiseWithResolvers<void> | null = null;
  fault: Error | null = null;
  isUntold = false;

  constructor(name: string, lists: readonly string[]) {
    this.name = name;
    this.lists = lists;
  }

  async update(names: readonly ListNames[], isAwaited: boolean): Promise<void> {
    this.turns += 1;
    await this.gate?.promise;
    if (this.fault !== null) throw this.fault;
    this.told.push(`${names.map(({ list, version }) => `${list} ${version}`).join(', ')}${isAwaited ? ' …' : ''}`);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.isClosed = true;
  }
}

function outlet(name: string, ...lists: readonly string[]): TestOutlet {
  const made = new TestOutlet(name, lists);
  plans.push({ name, settings: { lists }, open: () => made });
  return made;
}

beforeEach(() => {
  log = memoryLog();
  [plans, today, now] = [[], 20_000, 5];
  inForce = new Map([
    ['a', '1'],
    ['b', '1'],
  ]);
  marks = new Map();
  watch = new OutletWatch({
    log,
    now: () => now,
    today: () => today,
    plans: () => plans,
    names: {
      versionOf: (list) => {
        const version = inForce.get(list);
        return typeof version === 'string' ? version : null;
      },
      of: async (list) => {
        await Promise.resolve();
        const version = inForce.get(list);
        if (version === undefined) return null;
        if (version instanceof Error) throw version;
        return { list, action: 'block', form: 'text', bytes: Buffer.from('a.example dns\n'), withdrawn: [], version };
      },
      markOf: (list) => marks.get(list) ?? null,
      stillOf: async (known) => {
        await Promise.resolve();
        const mark = marks.get(known.list);
        return mark === undefined ? null : { ...known, version: `${known.version} as of ${mark}` };
      },
    },
  });
});
afterEach(async () => await watch.close());

test('it is told at the start, and whenever one of its lists, or the day, is another', async () => {
  const made = outlet('zone:z', 'a');
  watch.start();
  await eventually('it is told', () => made.told.length === 1);
  inForce.set('b', '2');
  watch.look();
  inForce.set('a', '2');
  watch.look();
  await eventually('the list has changed', () => made.told.length === 2);
  watch.look();
  today += 1;
  watch.look();
  await eventually('midnight', () => made.told.length === 3);
  expect(made.told).toEqual(['a 1', 'a 2', 'a 2']);
  expect(watch.status()).toMatchObject([{ name: 'zone:z', lists: ['a'], toldAt: 5, missing: [], isFailing: false }]);
});

test('what comes while it works comes to one more turn', async () => {
  const made = outlet('zone:z', 'a');
  made.gate = Promise.withResolvers();
  watch.start();
  await eventually('it works', () => made.turns === 1);
  for (const version of ['2', '3', '4']) {
    inForce.set('a', version);
    watch.look();
  }
  made.gate.resolve();
  await eventually('the newest is told', () => made.told.includes('a 4'));
  expect(made.told).toEqual(['a 1', 'a 4']);
});

test('one that fails is told again, and keeps nobody from anything', async () => {
  const [bad, good] = [outlet('zone:bad', 'a'), outlet('zone:good', 'a')];
  bad.fault = new Error('secret.example');
  watch.start();
  await eventually('the other one is told', () => good.told.length === 1 && watch.status()[0]?.failures === 1);
  expect(watch.status()[0]).toMatchObject({ isFailing: true, toldAt: null });
  expect(JSON.stringify(log.events)).not.toContain('secret.example');
  expect(log.named('outlet.failed')).toHaveLength(1);
  bad.fault = null;
  watch.look();
  await eventually('it is told', () => bad.told.length === 1);
  expect(watch.status()[0]).toMatchObject({ isFailing: false, failures: 1 });
});

// Was a fault: neither the status nor an alert told that a resolver was not told of its zone.
test('one that has written, and whose resolver could not be told, fails', async () => {
  const made = outlet('zone:z', 'a');
  watch.start();
  await eventually('it is told', () => made.told.length === 1);
  expect(watch.status()[0]).toMatchObject({ isFailing: false, failures: 0, toldAt: 5 });
  made.isUntold = true;
  expect(watch.status()[0]).toMatchObject({ isFailing: true, failures: 0, toldAt: 5 });
});

test('without the names of one list it is told nothing, and that is told once', async () => {
  const made = outlet('zone:z', 'a', 'b', 'c');
  inForce.set('b', new ListError('corrupt', 'of the test'));
  watch.start();
  const settled = async (count: number): Promise<boolean> =>
    await eventually('it was looked at', () => watch.status()[0]?.missing.length === count);
  await settled(2);
  expect(watch.status()[0]?.missing).toEqual([
    { list: 'b', reason: 'of the test' },
    { list: 'c', reason: 'the list is not in force yet' },
  ]);
  inForce.set('c', '1');
  watch.look();
  await settled(1);
  expect(made.told).toEqual([]);
  expect(log.named('outlet.names_missing')).toEqual([{ outlet: 'zone:z', list: 'b', reason: 'of the test' }]);
  inForce.set('b', '7');
  watch.look();
  await eventually('all are there', () => made.told.length === 1);
  expect(made.told).toEqual(['a 1, b 7, c 1']);
});

test('names that stay away do not keep removals from other lists for ever: the part that is there is told, and all as soon as they come', async () => {
  const made = outlet('zone:z', 'a', 'b');
  inForce.set('b', new ListError('corrupt', 'of the test'));
  watch.start();
  await eventually('it was looked at', () => watch.status()[0]?.missing.length === 1);
  now += 179_000;
  inForce.set('a', '2');
  watch.look();
  // Of another outlet, that is looked at behind it.
  const next = outlet('zone:next', 'a');
  watch.look();
  await eventually('it was looked at again', () => next.told.length === 1);
  expect(made.told).toEqual([]);
  now += 1000;
  watch.look();
  await eventually('the part is told', () => made.told.length === 1);
  // Nothing has changed.
  today = 20_000;
  watch.look();
  inForce.set('a', '3');
  watch.look();
  await eventually('a removal', () => made.told.includes('a 3'));
  inForce.set('b', '7');
  watch.look();
  await eventually('all are there', () => made.told.at(-1) === 'a 3, b 7');
  expect(made.told).toEqual(['a 2', 'a 3', 'a 3, b 7']);
  expect(log.named('outlet.told_part')).toEqual(
    Array.from({ length: 2 }, () => ({ outlet: 'zone:z', missing: 1, kept: '', without: 'b', told: 'all' })),
  );
  expect(watch.status()[0]).toMatchObject({ missing: [], toldAt: 180_005 });
});

test('without an exception nothing is told, however long it is missing', async () => {
  const made = outlet('zone:z', 'a', 'b');
  made.exceptions.push('b');
  inForce.set('b', new ListError('corrupt', 'of the test'));
  watch.start();
  await eventually('it was looked at', () => watch.status()[0]?.missing.length === 1);
  now += 10_000_000;
  watch.look();
  const next = outlet('zone:next', 'a');
  watch.look();
  await eventually('it was looked at again', () => next.told.length === 1);
  expect(made.told).toEqual([]);
  inForce.set('b', '1');
  watch.look();
  await eventually('all are there', () => made.told.length === 1);
});

test('without an exception removals are told, when it has been away for long; all else as soon as it comes', async () => {
  const removed: string[] = [];
  const made = Object.assign(outlet('zone:z', 'a', 'b', 'c'), {
    takeOut: async (names: readonly ListNames[]) => {
      await Promise.resolve();
      removed.push(names.map(({ list, version }) => `${list} ${version}`).join(', '));
    },
  });
  made.exceptions.push('b');
  inForce.set('b', new ListError('corrupt', 'of the test'));
  inForce.set('c', '1');
  watch.start();
  await eventually('it was looked at', () => watch.status()[0]?.missing.length === 1);
  now += 179_000;
  watch.look();
  const next = outlet('zone:next', 'a');
  watch.look();
  await eventually('it was looked at again', () => next.told.length === 1);
  expect([made.told, removed]).toEqual([[], []]);
  now += 1000;
  watch.look();
  await eventually('removals are told', () => removed.length === 1);
  inForce.set('a', '2');
  watch.look();
  await eventually('another one too', () => removed.length === 2);
  expect([made.told, removed]).toEqual([[], ['a 1, c 1', 'a 2, c 1']]);
  expect(watch.status()[0]).toMatchObject({ toldAt: null, missing: [{ list: 'b' }] });
  inForce.set('b', '7');
  watch.look();
  await eventually('all is told', () => made.told.length === 1);
  expect([made.told, removed.length]).toEqual([['a 2, b 7, c 1'], 2]);
});

test('names that were known stand in for those that are missing, at once and for ever, and less what is removed of the list', async () => {
  const made = outlet('zone:z', 'a', 'b');
  watch.start();
  await eventually('all is told', () => made.told.length === 1);
  inForce.set('b', new ListError('corrupt', 'of the test'));
  marks.set('b', 'x');
  watch.look();
  await eventually('it is missing', () => made.told.length === 2);
  inForce.set('a', '2');
  watch.look();
  await eventually('another list has changed', () => made.told.length === 3);
  marks.set('b', 'y');
  watch.look();
  await eventually('a removal from the list itself', () => made.told.length === 4);
  now += 1_000_000;
  watch.look();
  inForce.set('a', '3');
  watch.look();
  await eventually('much later', () => made.told.length === 5);
  inForce.set('b', '7');
  watch.look();
  await eventually('it is there', () => made.told.length === 6);
  expect(made.told).toEqual([
    'a 1, b 1',
    'a 1, b 1 as of x',
    'a 2, b 1 as of x',
    'a 2, b 1 as of y',
    'a 3, b 1 as of y',
    'a 3, b 7',
  ]);
  expect(log.named('outlet.told_part')).toEqual(
    Array.from({ length: 4 }, () => ({ outlet: 'zone:z', missing: 1, kept: 'b', without: '', told: 'all' })),
  );
});

test('an allow list and a block list both missing: what the block list was known to have stays, and removals alone are told', async () => {
  const removed: string[] = [];
  const made = Object.assign(outlet('zone:z', 'a', 'b', 'c'), {
    takeOut: async (names: readonly ListNames[]) => {
      await Promise.resolve();
      removed.push(names.map(({ list, version }) => `${list} ${version}`).join(', '));
    },
  });
  made.exceptions.push('c');
  inForce.set('c', '1');
  watch.start();
  await eventually('all is told', () => made.told.length === 1);
  for (const list of ['b', 'c']) inForce.set(list, new ListError('corrupt', 'of the test'));
  watch.look();
  await eventually('both are missing', () => watch.status()[0]?.missing.length === 2);
  now += 180_000;
  watch.look();
  await eventually('removals are told', () => removed.length === 1);
  inForce.set('a', '2');
  watch.look();
  await eventually('another one too', () => removed.length === 2);
  expect([made.told, removed]).toEqual([['a 1, b 1, c 1'], ['a 1, b 1, c 1', 'a 2, b 1, c 1']]);
  expect(log.named('outlet.told_part')).toEqual(
    Array.from({ length: 2 }, () => ({ outlet: 'zone:z', missing: 2, kept: 'b c', without: '', told: 'removals' })),
  );
});

test('after a start what was written before stands in, for a list that is in force: it says which of it is its own', async () => {
  const writtenNames = async (): Promise<Uint8Array> => await Promise.resolve(new Uint8Array(1));
  const made = Object.assign(outlet('zone:z', 'a', 'b'), { writtenNames });
  inForce.set('b', new ListError('corrupt', 'of the test'));
  marks.set('b', 'x');
  watch.start();
  await eventually('it is told', () => made.told.length === 1);
  expect(made.told).toEqual(['a 1, b as written as of x']);
  expect(log.named('outlet.told_part')).toEqual([
    { outlet: 'zone:z', missing: 1, kept: 'b', without: '', told: 'all' },
  ]);
});

test('what was told in part is told again too when it does not stand any more', async () => {
  let stands = true;
  const made = Object.assign(outlet('zone:z', 'a', 'b'), { stands: async () => await Promise.resolve(stands) });
  inForce.set('b', new ListError('corrupt', 'of the test'));
  watch.start();
  await eventually('it was looked at', () => watch.status()[0]?.missing.length === 1);
  now += 180_000;
  watch.look();
  await eventually('the part is told', () => made.told.length === 1);
  stands = false;
  watch.look();
  await eventually('it is told again', () => made.told.length > 1);
  expect(new Set(made.told)).toEqual(new Set(['a 1']));
});

test('one that keeps what it knew is told of a part at once, also after a start, and when no more is awaited', async () => {
  const made = Object.assign(outlet('routes', 'a', 'b'), { takesPart: true });
  inForce.set('b', new ListError('corrupt', 'of the test'));
  watch.start();
  await eventually('the part is told', () => made.told.length === 1);
  // Was so: each start logged an error, in the moment before its lists were there.
  const early = log.named('outlet.told_part');
  now += 180_000;
  watch.look();
  await eventually('it is all that there is', () => log.named('outlet.told_part').length > early.length);
  expect(made.told).toEqual(['a 1 …', 'a 1']);
  expect([early, log.named('outlet.told_part')]).toEqual([
    [],
    [{ outlet: 'routes', missing: 1, kept: '', without: 'b', told: 'all' }],
  ]);
});

test('one that keeps what it knew is told of the other lists', async () => {
  const made = Object.assign(outlet('routes', 'a', 'b'), { takesPart: true });
  watch.start();
  inForce.set('b', '7');
  watch.look();
  await eventually('all are told', () => made.told.includes('a 1, b 7'));
  inForce.set('b', new ListError('corrupt', 'of the test'));
  inForce.set('a', '2');
  watch.look();
  await eventually('what there is is told', () => made.told.includes('a 2, b 7'));
  expect(watch.status()[0]?.missing).toEqual([{ list: 'b', reason: 'of the test' }]);
  inForce.set('b', '8');
  watch.look();
  await eventually('all are told again', () => made.told.at(-1) === 'a 2, b 8');
});

test('another configuration: what stays stays, what goes ends before what comes in its place begins', async () => {
  const [stays, goes] = [outlet('zone:stays', 'a'), outlet('zone:z', 'a')];
  watch.start();
  await eventually('both are told', () => stays.told.length + goes.told.length === 2);
  goes.gate = Promise.withResolvers();
  inForce.set('a', '2');
  watch.look();
  await eventually('it works', () => goes.turns === 2);
  plans.pop();
  const comes = outlet('zone:z', 'a', 'b');
  watch.look();
  await eventually('the one that stays is told', () => stays.told.length === 2);
  expect([stays.isClosed, comes.told]).toEqual([false, []]);
  goes.gate.resolve();
  await eventually('the new one is told', () => comes.told.length === 1);
  expect(goes.isClosed).toBe(true);
  await watch.close();
  expect([stays.isClosed, comes.isClosed]).toEqual([true, true]);
});

test('one that cannot be opened is tried again', async () => {
  let isBroken = true;
  const made = new TestOutlet('zone:z', ['a']);
  const open = (): Outlet => {
    if (isBroken) throw new Error('of the test');
    return made;
  };
  plans.push({ name: 'zone:z', settings: null, open });
  watch.start();
  await eventually('it failed', () => watch.status()[0]?.failures === 1);
  isBroken = false;
  watch.look();
  await eventually('it is told', () => made.told.length === 1);
  expect(watch.status()[0]).toMatchObject({ failures: 1, isFailing: false });
});

test('one whose work does not stand any more is told again', async () => {
  let stands = true;
  const made = Object.assign(outlet('zone:z', 'a'), { stands: async () => await Promise.resolve(stands) });
  watch.start();
  await eventually('it is told', () => made.told.length === 1);
  watch.look();
  stands = false;
  watch.look();
  await eventually('it is told again', () => made.told.length > 1);
  expect(new Set(made.told)).toEqual(new Set(['a 1']));
});
