/** Entries and snapshots for tests: the text of an entry as lists write it, built into memory as the control thread does. */
import { HalfSipHash } from '../../src/match/half-sip-hash.ts';
import type { PrefixHash } from '../../src/match/half-sip-hash.ts';
import type { Entry, PathScope } from '../../src/match/entry.ts';
import type { SegmentKeys } from '../../src/match/keys.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import type { Snapshot } from '../../src/match/snapshot.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { FOLD, foldedTarget } from '../../src/url/fold.ts';

export type MakeHash = (key: Uint8Array) => PrefixHash;

/** Fixed, so that a failure repeats. */
export function testKeys(seed: number): SegmentKeys {
  return { fingerprint: new Uint8Array(8).fill(seed), proof: new Uint8Array(32).fill(seed + 1) };
}

/** `host`, `*.host`, `host/*`, `host/dir/*`, `host/page?*`, `host/url?query`: the grammar of the contract, without its checks. */
export function entry(text: string, more: Partial<Entry> = {}): Entry {
  const subdomains = text.startsWith('*.');
  const rest = subdomains ? text.slice(2) : text;
  const slash = rest.indexOf('/');
  const host = canonicalHost(slash < 0 ? rest : rest.slice(0, slash))!;
  const path: PathScope = slash < 0 ? { kind: 'host' } : pathScope(rest.slice(slash), more.fold ?? 0);
  return {
    host,
    subdomains,
    path,
    port: 0,
    fold: 0,
    id: 1n,
    list: 0,
    expires: 0,
    count: false,
    test: false,
    dns: false,
    steer: false,
    ...more,
  };
}

function pathScope(text: string, fold: number): PathScope {
  if (text.endsWith('/*')) return { kind: 'directory', path: foldedTarget(text.slice(0, -1), fold & ~FOLD.slash).path };
  if (text.endsWith('?*')) return { kind: 'page', path: foldedTarget(text.slice(0, -2), fold).path };
  return { kind: 'url', ...foldedTarget(text, fold) };
}

/** One segment for each group of entries. */
export function snapshotOf(groups: readonly (readonly Entry[])[], makeHash?: MakeHash): Snapshot {
  return openSnapshot(
    groups.map((entries, i) => buildSegment(entries, testKeys(i * 2), makeHash)),
    makeHash,
  );
}

/** A hash of which only `bits` bits are left: collisions everywhere. */
export function truncatedHash(bits: number): MakeHash {
  return (key) => {
    const full = new HalfSipHash(key);
    return {
      hashPrefixes(bytes, cuts, count, out) {
        full.hashPrefixes(bytes, cuts, count, out);
        for (let i = 0; i < count; i += 1) {
          out.high[i] = 0;
          out.low[i] = bits === 0 ? 0 : out.low[i]! >>> (32 - bits);
        }
      },
    };
  };
}
