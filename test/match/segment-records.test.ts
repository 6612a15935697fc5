/** A segment as data: damage is found, figures are right, the list is that of its place in the snapshot. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HalfSipHash } from '../../src/match/half-sip-hash.ts';
import type { PrefixHash } from '../../src/match/half-sip-hash.ts';
import { Matcher } from '../../src/match/matcher.ts';
import type { Entry } from '../../src/match/entry.ts';
import { imageOf, segmentFault, segmentFigures } from '../../src/match/segment-records.ts';
import { countsOf } from '../../src/match/segment.ts';
import { offsetsOf } from '../../src/match/segment-layout.ts';
import type { SegmentCounts, SegmentOffsets } from '../../src/match/segment-layout.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { entry, testKeys } from './support.ts';

const WHEN = { port: 80, listMask: -1, today: 50 };

const ENTRIES = [
  entry('host.example', { id: 1n, dns: true }),
  entry('host.example/dir/*', { id: 2n, expires: 100 }),
  entry('*.host.example', { id: 3n, count: true, port: 8080, dns: true }),
  entry('other.example/page?*', { id: 4n, test: true, steer: true }),
  entry('other.example/url?x=1', { id: 5n, expires: 99 }),
  ...Array.from({ length: 60 }, (_, i) => entry(`h${i}.example/a/b/c.html?q=${i}`, { id: BigInt(100 + i) })),
];
const segment = (): Uint8Array => buildSegment(ENTRIES, testKeys(1)).bytes.slice();

function judgeOver(images: readonly SegmentImage[]): Judge {
  const matcher = new Matcher({ cacheEntries: 100 });
  matcher.use(openSnapshot(images));
  return new Judge(
    matcher,
    Array.from({ length: 32 }, () => ({ action: 'block' as const })),
  );
}

describe('figures', () => {
  test('of what is in force on a day', () => {
    expect(segmentFigures(segment(), 100)).toEqual({
      entries: 64,
      expired: 1,
      withdrawn: 0,
      hosts: 62,
      scopes: { host: 2, directory: 1, page: 1, url: 60 },
      subdomains: 1,
      withPort: 1,
      withExpiry: 1,
      marked: { dns: 2, steer: 1, count: 1, test: 1 },
      forDns: 1,
    });
    expect(segmentFigures(segment(), 101)).toMatchObject({ entries: 63, expired: 2, withExpiry: 0 });
  });

  test('of an empty segment', () => {
    expect(segmentFigures(buildSegment([], testKeys(1)).bytes, 1)).toMatchObject({ entries: 0, hosts: 0 });
  });
});

describe('a file that would make look-ups long (requirement 60)', () => {
  const onPorts = (address: string, count: number): Uint8Array =>
    buildSegment(
      Array.from({ length: count }, (_, i) => entry(address, { id: BigInt(i), port: i + 1 })),
      testKeys(1),
    ).bytes;

  test.each(['host.example', 'host.example/dir/*', 'host.example/page?*'])('rows of %s: 64 and no more', (address) => {
    expect(segmentFault(onPorts(address, 64))).toBeNull();
    expect(segmentFault(onPorts(address, 65))).toBe('it has too many entries for one address');
  });

  test('fingerprints that all fall into one bucket', () => {
    const crowded = (key: Uint8Array): PrefixHash => {
      const hash = new HalfSipHash(key);
      return {
        hashPrefixes: (bytes, cuts, count, out) => {
          hash.hashPrefixes(bytes, cuts, count, out);
          out.high.fill(7, 0, count);
        },
      };
    };
    const hosts = (count: number): Uint8Array =>
      buildSegment(
        Array.from({ length: count }, (_, i) => entry(`h${i}.example`)),
        testKeys(1),
        crowded,
      ).bytes;
    expect(segmentFault(hosts(64))).toBeNull();
    expect(segmentFault(hosts(65))).toBe('it has too many entries for one address');
  });

  /** A built segment whose tables say something else: `change` gets them, and where which column lies. */
  const forged = (
    entries: readonly Entry[],
    change: (words: Int32Array, bytes: Uint8Array, at: SegmentOffsets, counts: SegmentCounts) => void,
  ): Uint8Array => {
    const bytes = buildSegment(entries, testKeys(1)).bytes.slice();
    const counts = countsOf(new Uint32Array(bytes.buffer, 0, 16));
    change(new Int32Array(bytes.buffer), bytes, offsetsOf(counts), counts);
    return bytes;
  };
  const many = (count: number, address: (i: number) => string): readonly Entry[] =>
    Array.from({ length: count }, (_, i) => entry(address(i), { id: BigInt(i) }));

  test('rows of one fingerprint that go on behind the end of its bucket', () => {
    const bytes = forged(
      many(4096, (i) => `h${i}.example`),
      (words, _bytes, { hosts }, { hostRows, hostBuckets }) => {
        words.fill(7, hosts.high / 4, hosts.high / 4 + hostRows).fill(7, hosts.low / 4, hosts.low / 4 + hostRows);
        for (let bucket = 0; bucket < hostBuckets; bucket += 1) words[hosts.buckets / 4 + bucket] = bucket * 8;
      },
    );
    expect(segmentFault(bytes)).toBe('it has too many entries for one address');
  });

  test('more hints of a host than there are folds, or a fold that does not exist', () => {
    const seventeen = forged(
      many(17, (i) => `h${i}.example/x`),
      (words, _bytes, { hints }, { hintRows, hintBuckets }) => {
        words.fill(7, hints.high / 4, hints.high / 4 + hintRows).fill(7, hints.low / 4, hints.low / 4 + hintRows);
        words.fill(0, hints.buckets / 4, hints.buckets / 4 + hintBuckets);
      },
    );
    expect(segmentFault(seventeen)).toBe('it has too many entries for one address');
    const eighth = forged(
      many(9, (i) => `h${i}.example/x`),
      (_words, bytes, { hints }) => void (bytes[hints.folds + 8] = 64),
    );
    expect(segmentFault(eighth)).toBe('it has a fold that does not exist');
    const all = buildSegment(
      Array.from({ length: 16 }, (_, fold) => entry('host.example/x.php', { fold, id: BigInt(fold) })),
      testKeys(1),
    ).bytes;
    expect(segmentFault(all)).toBeNull();
  });
});

describe('the list of a segment', () => {
  const text = buildSegment([entry('text.example', { list: 4, id: 9n })], testKeys(5));

  test('is what the image says, of whole hosts as of paths; without it each record speaks for itself', () => {
    const judge = judgeOver([imageOf(segment(), 31), text]);
    expect(judge.url(judge.matcher.lookup('host.example')!, '/dir/x', WHEN).hits).toEqual([
      { list: 31, action: 'block', entry: 1n },
    ]);
    expect(judge.url(judge.matcher.lookup('h7.example')!, '/a/b/c.html?q=7', WHEN).hits).toEqual([
      { list: 31, action: 'block', entry: 107n },
    ]);
    expect(judge.host(judge.matcher.lookup('text.example')!, WHEN)).toMatchObject({ list: 4, entry: 9n });
  });

  test('list 0 is a list too', () => {
    const judge = judgeOver([{ ...text, list: 0 }]);
    expect(judge.host(judge.matcher.lookup('text.example')!, WHEN)).toMatchObject({ list: 0, entry: 9n });
  });

  test('the same bytes serve under two indexes at once, and stay as they are', () => {
    const bytes = segment();
    const judges = [3, 4].map((list) => judgeOver([imageOf(bytes, list)]));
    for (const [i, judge] of judges.entries())
      expect(judge.host(judge.matcher.lookup('host.example')!, WHEN)).toMatchObject({ list: 3 + i });
    expect(bytes).toEqual(segment());
  });
});

describe('damage', () => {
  test('a whole segment has no fault; a cut one has', () => {
    expect(segmentFault(segment())).toBeNull();
    expect(segmentFault(segment().slice(0, -8))).not.toBeNull();
    expect(segmentFault(new Uint8Array(0))).not.toBeNull();
  });

  test('any changed bytes: refused, or every look-up ends and nothing is thrown', () => {
    const damage = fc.array(fc.tuple(fc.nat(segment().length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    let refused = 0;
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = segment();
        for (const [at, value] of changes) bytes[at] = value;
        if (segmentFault(bytes) !== null) {
          refused += 1;
          return;
        }
        segmentFigures(bytes, 1);
        const judge = judgeOver([imageOf(bytes, 3)]);
        for (const host of ['host.example', 'a.host.example', 'h7.example', 'none.example'])
          judge.url(judge.matcher.lookup(host)!, '/a/b/c.html?q=7', { ...WHEN, today: 1 });
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
