/**
 * Entries that cover a public suffix, or something of everybody below one, in a built index whose entries nobody can read: each suffix of
 * config/public-suffixes.txt is looked up in it. As text/public-suffix.ts finds them in a text. It must not decide what becomes of the list.
 */
import { readFileSync } from 'node:fs';
import type { Rest } from '../../lib/steps.ts';
import type { FoundEntry } from '../../match/found-entry.ts';
import { HostProbe } from '../../match/probe.ts';
import { openSnapshot } from '../../match/snapshot.ts';
import type { SegmentImage } from '../../match/snapshot.ts';
import type { PathHint, Segment } from '../../match/segment.ts';
import { canonicalHost } from '../../url/host.ts';
import type { CanonicalHost } from '../../url/host.ts';

export interface SuffixRows {
  readonly count: number;
  /** Id of one of those on a whole host; null: there is none. */
  readonly first: bigint | null;
}

/** One a line. Read at the start: a running instance needs no folder of the release any more (ADR 0028). As text: it is asked for once an update. */
export const PUBLIC_SUFFIXES = readFileSync(new URL('../../../config/public-suffixes.txt', import.meta.url), 'latin1');
/** Look-ups between two rests. */
const STEP = 1000;

/** @param today UTC days since 1970-01-01. */
export async function suffixRowsIn(image: SegmentImage, today: number, rest: Rest): Promise<SuffixRows> {
  const { segments } = openSnapshot([image]);
  const probe = new HostProbe();
  let count = 0;
  let first: bigint | null = null;
  let looked = 0;
  for (const line of PUBLIC_SUFFIXES.split('\n')) {
    const host = line.startsWith('#') ? null : canonicalHost(line);
    if (host === null) continue;
    looked += 1;
    if (looked % STEP === 0) await rest();
    for (const segment of segments) {
      probe.load(host);
      if (!segment.mayKnow(probe)) continue;
      const entries = entriesOn(segment, probe, host, today);
      count += entries.length + pathsBelow(segment, probe, host);
      first ??= entries[0]?.id ?? null;
    }
  }
  return { count, first };
}

/** On the suffix itself: an entry above it is found with the name that it is on, if that is a suffix. */
function entriesOn(segment: Segment, probe: HostProbe, host: CanonicalHost, today: number): readonly FoundEntry[] {
  const { entries } = segment.findHost(probe, probe.count - 1, host, false);
  return entries.filter(({ expires }) => expires === 0 || expires >= today);
}

/** Hints for path entries with subdomains; how many entries each stands for does not matter. */
function pathsBelow(segment: Segment, probe: HostProbe, host: CanonicalHost): number {
  const hints: PathHint[] = [];
  segment.findHints(probe, probe.count - 1, host, true, hints);
  return hints.length;
}
