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
      pathCase('three readings', 'site.example', (i) => `/news/../story-${i}.html`, { keys: 3 }),
      pathCase('four readings', 'site.example', (i) => `/q${i}%5cy%2f..%2fother`, { keys: 4 }),
      worstCase('worst found that is read, all folds', WORST_READ, 'block'),
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
const WORST_READ =
  '/dir/2%%%r/2%%%252555c/h//hh//h/%255c%25\\z%/x/y%/x/y3/%y3/%2z%3bzzzzzzzzz%3fzzzzzzzzzzz.zzzzzzz%2ezzzzzzzzzzzdir/z/;a/.zzdi/;a/.zzdir//z/;a///z/;a/.zzzzzzzzz%2e%253b..%2e%2%2e%user@host2/;/e%2%2e%2/;/b5z%2532e%2%2e%2/;/;/e%2%2e%2.%2%2e%2/;/e%2%2e%2./;/b5zzzzzzz%255czzzzzz%2zzA\\zz;//zzz';
const WORST_REFUSED =
  '/zzzzzzzzzzzzzzzzzzzzz/%2e%2e5c%3f%2e%2e5c%3f%3f3f%%3%2f..%2fz%%f%%3%%f%%3f%fzzzzzzzzzzzzzzzzzzzzzz%f%%zzzzz%%3f%.%%%3zz%%3f%.%%%3f%f%%3f%f%%3f%.%3uuser@hostff%%3%25.%%3f%%25.%33%f%%3f%.%3uuf%.%3uuAs%er@hostfer@hostff%%3%.%32fz..%252;b%252;bzz;b%252;bzz2;bz;b%252fzzzzzzzzzzzzzzzzzzzz%%332fzzzzzzzz%zzzzzzzzzzzzzz;azzzzzzzzzzzzzzzzzf%2%%3zzzzzzf%2%%32ff..%2edzzzzzzzzzzzzzzzzzzz%25zzzzzzz/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%25zzzzzzir/./x/y%2zzzzzzzzzzzz/%2e%2e%%22f;/.zz52e%zz.zzzzzzzzzzzz%zzz2fzzzzzzzz%3fzzzzzz2fzfzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.zzzzzzzzzzzzz%25%%3bzzzzz%2z%zzz%2z%2';
