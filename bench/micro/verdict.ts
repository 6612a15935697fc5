/**
 * The verdict, from raw host to action, on a list of 100,000 entries (half whole hosts, half URLs): hot, never seen, listed.
 * "Never seen" walks through more hosts than the cache holds, so every look-up misses and evicts.
 */
import type { Entry } from '../../src/match/entry.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder, snapshotBytes, writeSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { canonicalTarget } from '../../src/url/path.ts';
import { expectEqual } from './harness.ts';
import type { Bench, BenchCase } from './harness.ts';

const ENTRIES = 100_000;
const CACHE = 4096;
const POOL = 65_536;
const TODAY = 20_000;
const ALL_LISTS = -1;

export function bench(): Bench {
  const judge = judgeOverList();
  const unlisted = flat(POOL, (i) => `www${i}.cdn.site${i * 7}.example`);
  const listed = flat(POOL, (i) => `h${i}.test`);
  const hot = unlisted.slice(0, 1000);
  const passing = flat(512, (i) => `/dir/sub/other${i}.html?id=1`);
  return {
    name: 'verdict',
    cases: [
      hostCase(judge, { name: 'cached host', budget: 100, hosts: hot, listed: false }),
      hostCase(judge, { name: 'host never seen', budget: 2000, hosts: unlisted, listed: false }),
      hostCase(judge, { name: 'listed host seen first', budget: 8000, hosts: listed, listed: true }),
      pathCase(judge, { name: 'path that passes on a host with entries', budget: 2500, targets: passing, action: 'pass' }),
      pathCase(judge, { name: 'path that is blocked', budget: 6000, targets: ['/dir/sub/page1.html?q=1'], action: 'block' }),
    ],
  };
}

function judgeOverList(): Judge {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (let i = 0; i < ENTRIES; i += 1) builder.add(entryOf(i));
  const image = builder.build();
  const buffer = new SharedArrayBuffer(snapshotBytes([image]));
  writeSnapshot(new Uint8Array(buffer), [image]);
  const matcher = new Matcher({ cacheEntries: CACHE });
  matcher.use(openSnapshot(buffer, buffer.byteLength));
  return new Judge(matcher, [{ action: 'block' }]);
}

/** Even numbers are whole hosts, odd ones a URL alone on its host. */
function entryOf(i: number): Entry {
  const path: Entry['path'] = i % 2 === 0 ? { kind: 'host' } : { kind: 'url', ...canonicalTarget(`/dir/sub/page${i}.html?q=1`) };
  return { host: canonicalHost(`h${i}.test`)!, subdomains: false, path, port: 0, id: BigInt(i), list: 0, expires: 0, count: false, test: false, dns: false, steer: false };
}

function hostCase(judge: Judge, what: { readonly name: string; readonly budget: number; readonly hosts: readonly string[]; readonly listed: boolean }): BenchCase {
  const { hosts } = what;
  let next = 0;
  return {
    name: what.name,
    budget: what.budget,
    check: () => {
      for (const host of hosts) expectEqual(judge.matcher.lookup(host)?.listed, what.listed, host);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) {
        next = next + 1 < hosts.length ? next + 1 : 0;
        const facts = judge.matcher.lookup(hosts[next]!)!;
        sum += judge.host(facts, 80, ALL_LISTS, TODAY).hits.length;
      }
      return sum;
    },
  };
}

function pathCase(judge: Judge, what: { readonly name: string; readonly budget: number; readonly targets: readonly string[]; readonly action: string }): BenchCase {
  const facts = judge.matcher.lookup('h1.test')!;
  return {
    name: what.name,
    budget: what.budget,
    check: () => {
      for (const target of what.targets) expectEqual(judge.url(facts, 80, target, ALL_LISTS, TODAY).action, what.action, target);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += judge.url(facts, 80, what.targets[i % what.targets.length]!, ALL_LISTS, TODAY).hits.length;
      return sum;
    },
  };
}

/** Flat strings, as they come off a buffer; concatenated ones would be flattened inside the measurement. */
function flat(length: number, text: (i: number) => string): readonly string[] {
  return Array.from({ length }, (_, i) => Buffer.from(text(i)).toString('latin1'));
}
