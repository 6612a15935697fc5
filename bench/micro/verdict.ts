/**
 * The verdict, from raw host to action, over list size: cached, never seen, listed. All sizes take turns in one run.
 *
 * "Never seen" walks through more hosts than the cache holds, and hosts and paths on the list are spread over all of it, so
 * every look-up misses the cache of facts, and on a large list the processor's caches too.
 */
import type { Bench, BenchCase, RunOptions } from './harness.ts';
import { flat, segmentOf, snapshotOf, someOf, targetOf } from './lists/half-and-half.ts';
import { flatHosts, hostCase, judgeOver, pathCase } from './lists/judged.ts';
import type { CaseText } from './lists/judged.ts';
import { combined } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const SMALLEST = 10_000;
/** `hostCache.entries` of a configuration that does not say. */
const DEFAULT_CACHE = 50_000;
const UNLISTED = 524_288;
const LISTED = 131_072;
const ON_PATHS = 16_384;
const SEGMENTS = 4;
const SEGMENT_ENTRIES = 250_000;
/** Of a list of 10^7, against one of 10^4. */
const MAX_GROWTH = 2;

export function bench({ large }: RunOptions): Bench {
  const unlisted = flat(UNLISTED, (i) => `www${i}.cdn.site${i * 7}.example`);
  const sizes = [SMALLEST, 100_000, 1_000_000, ...(large ? [10_000_000] : [])];
  return {
    name: 'verdict',
    cases: [...sizes.flatMap((size) => casesOfSize(size, unlisted)), ...segmentCases(unlisted)],
    derived: (figures) => [...growth(figures, sizes.at(-1)!), ...furtherSegments(figures)],
  };
}

function casesOfSize(size: number, unlisted: readonly string[]): readonly BenchCase[] {
  const snapshot = snapshotOf([segmentOf(size)]);
  const about = (series: string, budget: number): CaseText => ({
    name: `${series}, ${power(size)}`,
    budget,
    point: { series, size },
  });
  const hosts = (half: 'hosts' | 'urls'): readonly string[] => flatHosts(someOf(half, size, LISTED));
  const numbers = someOf('urls', size, ON_PATHS);
  const passing = flat(512, (i) => `/dir/sub/other${i}.html?id=1`);
  const common = [
    hostCase(judgeOver(snapshot), about('cached host', 100), unlisted.slice(0, 1000), false),
    hostCase(judgeOver(snapshot), about('host never seen', 2000), unlisted, false),
    hostCase(judgeOver(snapshot), about('listed host seen first', 8000), hosts('hosts'), true),
    hostCase(judgeOver(snapshot), about('host with a listed URL seen first', 8000), hosts('urls'), true),
    pathCase(judgeOver(snapshot), about('path that passes', 2500), numbers, { targets: passing, action: 'pass' }),
    pathCase(judgeOver(snapshot), about('path that is blocked', 6000), numbers, {
      targets: flat(numbers.length, (i) => targetOf(numbers[i]!)),
      action: 'block',
    }),
  ];
  if (size !== 1_000_000) return common;
  const withDefaultCache = (name: string, budget: number): CaseText => ({
    name: `${name}, ${power(size)}, cache of ${DEFAULT_CACHE.toLocaleString('en')}`,
    budget,
  });
  return [
    ...common,
    hostCase(
      judgeOver(snapshot, DEFAULT_CACHE),
      withDefaultCache('cached host', 100),
      unlisted.slice(0, 20_000),
      false,
    ),
    hostCase(judgeOver(snapshot, DEFAULT_CACHE), withDefaultCache('host never seen', 2000), unlisted, false),
  ];
}

/** Each with keys of its own, so each hashes the host anew. */
function segmentCases(unlisted: readonly string[]): readonly BenchCase[] {
  const images = Array.from({ length: SEGMENTS }, (_, i) => ({
    ...segmentOf(SEGMENT_ENTRIES, i * SEGMENT_ENTRIES),
    list: i,
  }));
  return images.map((_, i) =>
    hostCase(
      judgeOver(snapshotOf(images.slice(0, i + 1))),
      { name: segmentCaseName(i + 1), budget: 2000 + 1000 * i },
      unlisted,
      false,
    ),
  );
}

function segmentCaseName(segments: number): string {
  return `host never seen, ${segments} segment${segments === 1 ? '' : 's'} of ${SEGMENT_ENTRIES.toLocaleString('en')}`;
}

function furtherSegments(figures: readonly Figure[]): readonly Figure[] {
  return Array.from({ length: SEGMENTS - 1 }, (_, i) => {
    const [fewer, more] = [i + 1, i + 2].map((count) => figures.find(({ name }) => name === segmentCaseName(count))!);
    return combined(
      { bench: 'verdict', name: `segment ${i + 2} adds`, unit: 'ns', target: 1000 },
      more!,
      fewer!,
      (a, b) => a - b,
    );
  });
}

/** What a list of the largest size costs more than one of the smallest, series by series. */
function growth(figures: readonly Figure[], largest: number): readonly Figure[] {
  return figures.flatMap((small) => {
    if (small.point?.size !== SMALLEST) return [];
    const { series } = small.point;
    const big = figures.find(({ point }) => point?.series === series && point.size === largest)!;
    return [
      combined(
        {
          bench: 'verdict',
          name: `${series}: ${power(largest)} over ${power(SMALLEST)}`,
          unit: 'times',
          target: MAX_GROWTH,
        },
        big,
        small,
        (a, b) => a / b,
      ),
    ];
  });
}

function power(size: number): string {
  return `10^${Math.round(Math.log10(size))}`;
}
