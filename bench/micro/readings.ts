/**
 * The readings of a path on a host with path entries, from raw target to verdict: ordinary, ambiguous, and the worst that a
 * search for time found below the bounds (32 keys, 64 segments, 2,048 bytes).
 */
import { Matcher } from '../../src/match/matcher.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { openSnapshot, SegmentBuilder } from '../../src/match/snapshot.ts';
import { compileList } from '../../src/list/compile.ts';
import { Judge } from '../../src/policy/judge.ts';
import { splitTarget } from '../../src/url/path.ts';
import { MAX_PATH_KEYS } from '../../src/url/path-key-set.ts';
import { pathKeys } from '../../src/url/readings.ts';
import { expectEqual } from './harness.ts';
import type { Bench, BenchCase } from './harness.ts';

const COPIES = 64;
const TODAY = 20_000;
const WHEN = { port: 80, listMask: -1, today: TODAY };
const AT_THE_CAP_NS = 200_000;
const LIST =
  'site.example/page?*\nsite.example/dir/*\nsite.example/a/b/c/*\nsite.example/u?q=1\nfolded.example/page?*\nfolded.example/dir/* fold=case,slash\n';

export function bench(): Bench {
  return {
    name: 'readings',
    cases: [
      pathCase('plain path', 'site.example', (i) => `/news/2026/story-${i}.html`, { keys: 1 }),
      pathCase('path with an escape', 'site.example', (i) => `/news/2026/a%20story-${i}.html`, { keys: 1 }),
      pathCase('plain path, host with folds', 'folded.example', (i) => `/News/2026/story-${i}.html`, { keys: 1 }),
      pathCase('two readings', 'site.example', (i) => `/news/../story-${i}.html`, { keys: 2 }),
      pathCase('three readings', 'site.example', (i) => `/q${i}%5cy%2f..%2fother`, { keys: 3 }),
      pathCase('worst found', 'site.example', (i) => worst(i), { budget: AT_THE_CAP_NS }),
    ],
  };
}

function pathCase(
  name: string,
  host: string,
  target: (i: number) => string,
  { keys, budget = null }: { readonly keys?: number; readonly budget?: number | null },
): BenchCase {
  const targets = Array.from({ length: COPIES }, (_, i) => target(i));
  const judge = judgeOver();
  const facts = judge.matcher.lookup(host)!;
  return {
    name,
    budget,
    check: () => {
      for (const text of targets) {
        const count = pathKeys(splitTarget(text).path, 0)?.paths.length ?? MAX_PATH_KEYS + 1;
        expectEqual(keys === undefined ? count > 15 : count === keys, true, `${name}: ${count} keys`);
        expectEqual(
          judge.url(facts, text, WHEN).action,
          pathKeys(splitTarget(text).path, 0) === null ? 'refuse' : 'pass',
          name,
        );
      }
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += judge.url(facts, targets[i % COPIES]!, WHEN).hits.length;
      return sum;
    },
  };
}

function judgeOver(): Judge {
  const builder = new SegmentBuilder(randomSegmentKeys());
  compileList(Buffer.from(LIST), {
    list: 0,
    action: 'block',
    maxBadShare: 0,
    today: TODAY,
    visit: (entry) => builder.add(entry),
  });
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([builder.build()]));
  return new Judge(matcher, [{ action: 'block' }]);
}

/** Kept as it was found. */
const WORST =
  '//x/..///x/;c;c/%2%25252f..e%2ea/%25;c252f..///x/\\y///zzzzzzzzzzzzzzza;b%2%252e%252ee%2e/zzzzza;bzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%252e%252ezzzzzzzzzz../%5c../%2%25252f..f..%2fzz%25252f..zzzzz//zzzz//x/;c/%2e%2e.;a/%25252f..///x/\\y///zzzzzzzzzzzzzzzzzz%252e%252ezza;zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz//x//xzzzzzzzzzzzzzzzzzzzzzzzz..zzzzzzzzzzzzzzzzz%252e%252ezzzzzzzzzzzzzzzzzzzzzzzzza;bzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz2e%2e/%252e%252e.;aza;bzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz..zzzzzzz..//%25252f../%2f..%%252e%252e2f///x/%2f..%2f%25252f../zzzzzzzzz%2e%2e/zzzzzzzzz//..%2e%2e../zzzzzzzzzzzz..zzzzzza;b\\y\\y';

function worst(i: number): string {
  return WORST.replace('zz', `z${i}`);
}
