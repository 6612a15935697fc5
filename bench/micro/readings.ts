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
  '/dir/zzz/../z%z/../z%zzz%252e%zzzzzz%2%zzzzz%25%3f%3zzzz%25%3f%3f%%3%3zzf%%3%3zzzzz%5%fe%5%%3%e%5%fe%5%3fe%5%32%25252efe%5c\\%zzzzzzzzz%2e%2e%2ezzzzzzzsezzzz%zzzzzzzzzzzz2/\\..\\3%2e3zzz%2e%2e%2e3%2eb%%zzz%..zzzz/zzzzzzz%2e%2%2ezz.zzzzzzh/z%25';
const WORST_REFUSED =
  '/%253bA/%253bA/a/bz//h2f%2e%2e%2e%25zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz..zzzy%252f..%25z2f..%25zzzzzzzz%252zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzfzfzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/bzzzzzzz/%2fzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%3fzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/b%3f/.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%25zzzzzzzzzzzz%2%2zzzzzzzzzzzzzzzzzzzzzz%25zzzzzzzzzzzz%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzz%2ezzzzzzzzzzzzzzzzz%25zzzzzzz%25zzzzzzz%25252fzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%%3zzzzzzzzz2zzz2f.2f..%2/%255c.zzzzzzzzzzzzzzzzzzzzzzzzz2f..%55c./b//h//%25zzzzzzzzzzzzzzzzzzzzzzzz3bzz%25252zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzezzzzzzzzzzzzzzzzzzzzz%zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%2e%2ezzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;zzzzzzzz/a253buser@host%253bzz%253bzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/bzzzzzzzzzz%2f..%2fzzzzzzzzzzzzzzzzzzzzzzzzz%zzzzzzzzzzzzzzz%5c.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz%5%2f../%25//%2fh//%2fh//%5%%5%25%253%5%%5%25%253b%25/..;a/2f/%2e%2e%2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzf;%%%3%%%32f@host%252%25252f%2%2.\\%2f..%2fzzzzzzzzzzzzz%3bzz;zzz/;/%3bdizzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzr//%2e%2e/%2ezzzzzzzzzz%dir/zz;a%2f/%2fh/dfzzzzzzzzzzzzzzh/dirzzzzz/%%252f..%252f252e%252e;/.zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.//;a/..';
