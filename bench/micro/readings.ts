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
  '//../A%25252ezzz..zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%%25.zzzz%25zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%%zzzzzzz%%25z%%25zzzzz%25zzzzzzzz%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz5zzzzzzzzzzz%zzzzzzzzzzzzzzzzzzzz%2zzzzzzzzzzzzzz/bzzzzzzzzzzzzzzzzzz%22ezzzzzzzzzzzzzzzzzzz%.zzzzzzzzzzzzzzz%25zzzzzzzzzzzzzzzzzz%2e%2ezzzzzz%2e%2ezzzzzzzzzzzz.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%2zzzzzz%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%2zzzzzzz%2zzzzzzzzzzz%2zzzzzzz%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%3fzzzzzzzzzzzzzzzzzzzzzzzzzzz..zzzz%2e%2ezzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz..zzzzzzzzzz..zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz//h/zzzz%25zzzzzz/aA%2f%25252e/.55252e/.//zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzuser@host525252f/b%5zzzzzzzzzzzzzzzzzzzzzzze%2e/.25';
const WORST_REFUSED =
  '/%25zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;zz%3fzzzzzzzzzzzz/zz;zzzz%2e%2e/z/.z/z/./zzzzzzzzzzzzz2e%.zzzzzzzzzzz252e%52ec/zzzzzzzzzzz/..;a/zzzzz%2z/..2f/bz;zzza%3b%5c%25%c%225%zzzzz/xzzzzzzzzz/xzzzzzzzzzz/x/zzzzzzz/xx\\zzzz/x\\zz/zzz/x/zz%2ezzzzzz%2ezzzzzz/x/zzzzzzzz/xx\\xx\\zzzx/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%3fzzzzzzzzzzzzzzzzzzzzzzzzzzz%3b%3f2ezzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzezzzxzzz;ax/y%ezx/y%ez/x/y%2zzzzzz/x/yzzzzz/x/y%2zzzzz%3fzz;zzzzz.zzzzzzzzzzzzzzzzzz%25252ezzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzze/r/%re/r/%r/%zzzzzzze/r/%r/%e/%e%\\..\\e/%e%euserzx%25252e/y%2e/%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;a3br/%r;a3br/%r/%e%%2e%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;a3br/%r;a3br/%r/%e%%2e%zzzzzzzzzzzzz;/zzzzzz%25zzzzzz%252e%252ez5zzzzzzzzzzzzzzzzzz/%zzzzzz/%2e';
