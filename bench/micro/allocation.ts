/**
 * Bytes allocated per look-up: what the garbage collector will have to take away again.
 *
 * Method: a full collection, then as many operations as certainly fit into the young generation, so that no collection
 * comes in between; the heap's growth, and that of memory outside it, over their number. The same with no operations is
 * measured before and taken off: reading the figures allocates too.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Matcher } from '../../src/match/matcher.ts';
import { HostProbe } from '../../src/match/probe.ts';
import type { Snapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { ClientHello } from '../../src/wire/client-hello.ts';
import { realHello } from '../data/real-hello.ts';
import { expectEqual, type RunOptions } from './harness.ts';
import { flat, hostOf, segmentOf, snapshotOf, someOf, targetOf } from './lists/half-and-half.ts';
import { figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const ENTRIES = 100_000;
const CACHE = 4096;
const OPERATIONS = 8192;
const WARM_UP_PASSES = 20;
const CHROMIUM = realHello('Chromium');
const WHEN = { port: 80, listMask: 1, today: 20_000 };

const INSERT_ASIDE =
  'whole look-up less the same with no list, round by round: what going through a segment allocates, hosts that its filter lets through and its tables then do not have included. Half a byte is what the method can tell from nothing.';

const OPTIMISER =
  "small objects that never leave a function are there or not as the optimiser decides, from run to run: the options object of lru-cache's `get` is one (56 B)";

interface Operation {
  readonly name: string;
  /** Bytes each; null: no target. */
  readonly target: number | null;
  /** What the first operation gives; null: the filter may be wrong about one host. */
  readonly wanted: number | null;
  readonly run: (i: number) => number;
}

let sink = 0;

export function figures({ rounds }: RunOptions): readonly Figure[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const operations = allOperations();
  for (const { name, wanted, run } of operations) if (wanted !== null) expectEqual(run(0), wanted, name);
  for (const operation of operations)
    for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) repeat(operation, OPERATIONS);
  const samples = operations.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [i, operation] of operations.entries()) samples[i]!.push(bytesEach(operation, collect));
  const measured = operations.map(({ name, target }, i) =>
    figure({ bench: 'allocation', name, unit: 'B', target, note: OPTIMISER }, samples[i]!),
  );
  const [seen, insert] = [
    measured.find(({ name }) => name === NEVER_SEEN)!,
    measured.find(({ name }) => name === INSERT)!,
  ];
  const rest = seen.samples.map((bytes, round) => bytes - insert.samples[round]!);
  return [
    ...measured,
    figure(
      {
        bench: 'allocation',
        name: 'host never seen, the LRU insert aside',
        unit: 'B',
        target: 0.5,
        note: INSERT_ASIDE,
      },
      rest,
    ),
  ];
}

const NEVER_SEEN = 'host never seen: whole look-up';
/** The same code, which goes through no segment: own copy of the key, facts, insert, eviction. */
const INSERT = 'host never seen, no list at all: the LRU insert';

function allOperations(): readonly Operation[] {
  const snapshot = snapshotOf([segmentOf(ENTRIES)]);
  // One each: caches that have seen the same number of inserts rebuild their tables at the same time.
  const [cold, hot, onPaths, empty] = [
    matcherOver(snapshot),
    matcherOver(snapshot),
    matcherOver(snapshot),
    matcherOver(snapshotOf([])),
  ];
  const judge = new Judge(cold, [{ action: 'block' }]);
  const unlisted = flat(OPERATIONS * 2, (i) => `www${i}.cdn.site${i * 7}.example`);
  const numbers = someOf('urls', ENTRIES, 1024);
  const onList = flat(numbers.length, (i) => hostOf(numbers[i]!));
  const targets = flat(numbers.length, (i) => targetOf(numbers[i]!));
  const facts = onList.map((host) => onPaths.lookup(host)!);
  const segment = snapshot.segments[0]!;
  const probe = new HostProbe();
  const hello = new ClientHello();
  probe.load(canonicalHost(onList[0]!)!);
  expectEqual(segment.mayKnow(probe), true, 'the filter lets a listed host through');
  const neverSeen = (matcher: Matcher, i: number): number =>
    judge.host(matcher.lookup(unlisted[i % unlisted.length]!)!, WHEN).hits.length;
  return [
    {
      name: 'cached host',
      target: 0.5,
      wanted: 0,
      run: (i) => judge.host(hot.lookup(unlisted[i % 1024]!)!, WHEN).hits.length,
    },
    {
      name: 'host never seen: canonical form, hashes, filter',
      target: 0.5,
      wanted: null,
      run: (i) => {
        probe.load(canonicalHost(unlisted[i % unlisted.length]!)!);
        return Number(segment.mayKnow(probe));
      },
    },
    { name: INSERT, target: null, wanted: 0, run: (i) => neverSeen(empty, i) },
    { name: NEVER_SEEN, target: null, wanted: 0, run: (i) => neverSeen(cold, i) },
    {
      name: 'ClientHello of a browser: names found',
      target: 0.5,
      wanted: CHROMIUM.length + 1,
      run: () => {
        hello.begin(0, CHROMIUM.length);
        return hello.parse(CHROMIUM, CHROMIUM.length) + hello.nameCount;
      },
    },
    {
      name: 'path that passes',
      target: null,
      wanted: 0,
      run: (i) => judge.url(facts[i % 1024]!, '/dir/sub/other.html?id=1', WHEN).hits.length,
    },
    {
      name: 'path that is blocked',
      target: null,
      wanted: 1,
      run: (i) => judge.url(facts[i % 1024]!, targets[i % 1024]!, WHEN).hits.length,
    },
  ];
}

function matcherOver(snapshot: Snapshot): Matcher {
  const matcher = new Matcher({ cacheEntries: CACHE });
  matcher.use(snapshot);
  return matcher;
}

function bytesEach(operation: Operation, collect: () => void): number {
  const idle = growth(operation, 0, collect);
  return (growth(operation, OPERATIONS, collect) - idle) / OPERATIONS;
}

function growth(operation: Operation, operations: number, collect: () => void): number {
  collect();
  const before = process.memoryUsage();
  repeat(operation, operations);
  const after = process.memoryUsage();
  return after.heapUsed - before.heapUsed + after.external - before.external;
}

/** Goes on where it stopped, so that no host is seen again before the cache has forgotten it. */
let next = 0;

function repeat({ run }: Operation, operations: number): void {
  for (let i = 0; i < operations; i += 1) sink += run(next + i);
  next += operations;
}
