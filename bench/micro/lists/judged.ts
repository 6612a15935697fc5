/** Benches of verdicts over a list of half-and-half.ts: hosts that go through the cache of facts, and paths on hosts whose facts are known. */
import { Matcher } from '../../../src/match/matcher.ts';
import type { Snapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { expectEqual } from '../harness.ts';
import type { BenchCase } from '../harness.ts';
import { flat, hostOf } from './half-and-half.ts';

/** Less than half of the smallest list: its listed hosts, one after the other, always miss. */
const CACHE = 4096;
const LISTS = 4;
const TODAY = 20_000;
const WHEN = { port: 80, listMask: -1, today: TODAY };

export type CaseText = Pick<BenchCase, 'name' | 'budget' | 'point'>;

/** Looks up all the hosts in turn. */
export function hostCase(judge: Judge, text: CaseText, hosts: readonly string[], listed: boolean): BenchCase {
  let next = 0;
  return {
    ...text,
    check: () => {
      for (const host of hosts) expectEqual(judge.matcher.lookup(host)?.listed, listed, host);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) {
        next = next + 1 < hosts.length ? next + 1 : 0;
        const facts = judge.matcher.lookup(hosts[next]!)!;
        sum += judge.host(facts, WHEN).hits.length;
      }
      return sum;
    },
  };
}

/** On hosts whose facts are known already. */
export function pathCase(
  judge: Judge,
  text: CaseText,
  numbers: readonly number[],
  want: { readonly targets: readonly string[]; readonly action: string },
): BenchCase {
  const { targets } = want;
  const facts = flatHosts(numbers).map((host) => judge.matcher.lookup(host)!);
  const verdict = (i: number): ReturnType<Judge['url']> =>
    judge.url(facts[i % facts.length]!, targets[i % targets.length]!, WHEN);
  let next = 0;
  return {
    ...text,
    check: () => {
      for (let i = 0; i < facts.length; i += 1)
        expectEqual(verdict(i).action, want.action, targets[i % targets.length]!);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) {
        next = next + 1 < facts.length ? next + 1 : 0;
        sum += verdict(next).hits.length;
      }
      return sum;
    },
  };
}

export function judgeOver(snapshot: Snapshot, cacheEntries = CACHE): Judge {
  const matcher = new Matcher({ cacheEntries });
  matcher.use(snapshot);
  return new Judge(
    matcher,
    Array.from({ length: LISTS }, () => ({ action: 'block' as const })),
  );
}

export function flatHosts(numbers: readonly number[]): readonly string[] {
  return flat(numbers.length, (i) => hostOf(numbers[i]!));
}
