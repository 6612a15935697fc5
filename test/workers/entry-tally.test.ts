/** Counts of entries in a data thread: by what they say, whatever their line; bounded; emptied by each telling. */
import { expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import type { Entry } from '../../src/match/entry.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import type { Snapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import type { EntryHits } from '../../src/report/entry-ledger.ts';
import { HTTP } from '../../src/verdict/channel.ts';
import { NOT_COUNTED, VerdictService } from '../../src/verdict/verdict-service.ts';
import { EntryTally } from '../../src/workers/entry-tally.ts';
import { entry, snapshotOf, testKeys } from '../match/support.ts';

const anybody = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };

interface Counting {
  readonly tally: EntryTally;
  readonly configure: (count: boolean) => void;
  readonly take: () => EntryHits | null;
  readonly use: (entries: readonly Entry[]) => void;
  readonly ask: (host: string, target?: string) => void;
}

function counting(max: number, snapshot?: Snapshot): Counting {
  const matcher = new Matcher({ cacheEntries: 10 });
  if (snapshot !== undefined) matcher.use(snapshot);
  const judge = new Judge(matcher, [{ action: 'block' }, { action: 'block' }]);
  const service = new VerdictService({ matcher, rules: { judge, slots: [] }, counter: NOT_COUNTED, refresh: () => {} });
  let taken: EntryHits | null = null;
  const tally = new EntryTally(service, (counted) => {
    taken = counted;
  });
  const lists = [{ name: 'own' }, { name: 'other' }];
  tally.adopt(lists);
  const configure = (count: boolean): void =>
    tally.configure({ report: { keepMs: 86_400_000, entries: { count, max } } });
  configure(true);
  return {
    tally,
    configure,
    take: () => {
      taken = null;
      tally.tell();
      return taken;
    },
    use: (entries) => {
      matcher.use(snapshotOf([entries]));
      tally.adopt(lists);
    },
    ask: (host, target = '/') =>
      void service.ask(HTTP, service.facts(host)!, { port: 80, target: () => target }, anybody),
  };
}

test('an entry is one entry, whatever its line and its generation', () => {
  const { take, use, ask } = counting(100);
  use([entry('a.example', { id: 7n }), entry('b.example/x', { id: 8n })]);
  for (let i = 0; i < 3; i += 1) ask('a.example');
  ask('b.example', '/x');
  use([entry('b.example/x', { id: 7n }), entry('a.example', { id: 9n })]);
  ask('a.example');
  expect(take()).toEqual({
    hits: [
      { list: 'own', entry: '=0 0 0 a.example', count: 4 },
      { list: 'own', entry: '=0 0 0 b.example/x', count: 1 },
    ],
    full: [],
  });
  expect(take()).toEqual({ hits: [], full: [] });
  ask('b.example', '/x');
  ask('b.example', '/x');
  ask('c.example');
  expect(take()?.hits).toEqual([{ list: 'own', entry: '=0 0 0 b.example/x', count: 2 }]);
});

test('entries of a list with a segment of its own are known by their ids', () => {
  const image = { ...buildSegment([entry('a.example', { id: 2n ** 64n - 1n })], testKeys(1)), list: 1 };
  const { ask, take } = counting(5, openSnapshot([image]));
  ask('a.example');
  ask('a.example');
  expect(take()?.hits).toEqual([{ list: 'other', entry: '#18446744073709551615', count: 2 }]);
});

test('entries of the only text list are known by what they say, though its segment is of one list', () => {
  const image = { ...buildSegment([entry('a.example', { id: 7n })], testKeys(1)), list: 1, isShared: true as const };
  const { take, ask } = counting(100, openSnapshot([image]));
  ask('a.example');
  expect(take()?.hits).toEqual([{ list: 'other', entry: '=0 0 0 a.example', count: 1 }]);
});

test('no more are told apart than there may be; it is said of which list', () => {
  const { take, use, ask } = counting(2);
  use(['a', 'b', 'c'].map((host, i) => entry(`${host}.example`, { id: BigInt(i), list: i === 2 ? 1 : 0 })));
  for (const host of ['a', 'b', 'c', 'a', 'c']) ask(`${host}.example`);
  const { hits, full } = take()!;
  expect(hits.map(({ entry: said, count }) => `${said} ${count}`)).toEqual([
    '=0 0 0 a.example 2',
    '=0 0 0 b.example 1',
  ]);
  expect(full).toEqual(['other']);
  ask('c.example');
  expect(take()).toEqual({ hits: [{ list: 'other', entry: '=0 0 0 c.example', count: 1 }], full: [] });
});

test('off: nothing is kept, and nothing told; on again, it begins anew', () => {
  const { configure, take, use, ask } = counting(5);
  use([entry('a.example')]);
  ask('a.example');
  configure(false);
  ask('a.example');
  expect(take()).toBeNull();
  configure(true);
  expect(take()).toEqual({ hits: [], full: [] });
});

test('tells once a minute', () => {
  const { tally, use, ask, take } = counting(5);
  use([entry('a.example')]);
  tally.sweep(100_000);
  ask('a.example');
  tally.sweep(159_999);
  expect(take()?.hits).toMatchObject([{ count: 1 }]);
  ask('a.example');
  tally.sweep(160_000);
  expect(take()?.hits).toEqual([]);
});
