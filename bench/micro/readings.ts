/**
 * The readings of a path on a host with path entries, from raw target to verdict: ordinary, ambiguous, and the worst that a
 * search for time found.
 */
import { judgedByAllFolds, judgeOver, WHEN } from '../data/all-folds.ts';
import { splitTarget } from '../../src/url/path.ts';
import { pathKeys } from '../../src/url/path-keys.ts';
import { expectEqual } from './harness.ts';
import type { Bench, BenchCase } from './harness.ts';

const COPIES = 64;
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
      worstCase('worst found that passes, all folds', WORST_PASSED, 'pass'),
      worstCase('worst found that is refused, all folds', WORST_REFUSED, 'refuse'),
    ],
  };
}

function pathCase(
  name: string,
  host: string,
  target: (i: number) => string,
  { keys }: { readonly keys: number },
): BenchCase {
  const targets = Array.from({ length: COPIES }, (_, i) => target(i));
  const judge = judgeOver(LIST);
  const facts = judge.matcher.lookup(host)!;
  return {
    name,
    budget: null,
    check: () => {
      for (const text of targets) {
        const count = pathKeys(splitTarget(text).path, 0)?.paths.length;
        expectEqual(count, keys, `${name}: keys`);
        expectEqual(judge.url(facts, text, WHEN).action, 'pass', name);
      }
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += judge.url(facts, targets[i % COPIES]!, WHEN).hits.length;
      return sum;
    },
  };
}

function worstCase(name: string, target: string, action: string): BenchCase {
  const judge = judgedByAllFolds();
  return {
    name,
    budget: AT_THE_CAP_NS,
    check: () => expectEqual(judge(target), action, name),
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += judge(target).length;
      return sum;
    },
  };
}

/** Kept as `npm run fuzz -- slowest-readings` found them, on a host with entries under every fold. */
const WORST_PASSED =
  '/%25zzzzzzzzzzzzzz%zzzzzzz;zzz/zz;zzz/z/./%%z/z/./%%zzzz/z/./zzzzzzzzzzzzzzzzzzz252e%52ec/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;/zzzzzzzz;a%3zz2%225%5c%25/../zzzzzzzzzzz/xzzzzzz%252e%252%252ez/xzz%2ezz/x/zzzzzzz/x/zzz/zzzz/x/zzz/zzz/x/zzz/x/z2e%dzzzxzzzx/y%ezzzx/y%y%2e/r/%r/%/%e%2e/%r/%e%2e/%2./';
const WORST_REFUSED =
  '/%25zzzzzzzzzzz%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;zzzzzzzzzzzzzzzzzz/zz;zzz/./%%zzzz/z/./zzzzzzzzzzzzzz252e%52ec/zzzzzzzzzzzzzzzzzzzzzzzzzz%2z/..;a/h/x/yzz2f/bz;a%3b%5c%25%c%225%5c%25zzzzzzzzzzz/xzzzzzzzzz/xzzzzzzzzz/x/zzzzzzz/xx\\zzzz/x\\zz/zzz/x/zz%2e%2ezzzzzzzz/x/zzzzzzz/xx\\zzzz/x\\zz/zzz/x/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%3b%2e%2ezzzxzzz;ax/y%ezx/y%ez/x/y%2zzzzzz/x/yzzz/x/y%2zzzzz%3fzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzze/r/%re/r/%r/%e/%e%\\..\\e/%e%euserzx/%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;a3br/%r/%e%%2e%zzzzzzzzzzzzzzzzzzzzzzzz%25zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%25zzzzz5zzzzzzzzzzzzzzzzzz/%2e';
