/**
 * When entries of a list expire, in figures: so that what is said of a list in force is true on each day that it stays in force, though nobody reads it
 * again. It holds no text of the list.
 */
import { restingBetween } from '../lib/steps.ts';
import type { Rest } from '../lib/steps.ts';
import type { Entry } from '../match/entry.ts';
import { segmentEndSteps } from '../match/segment-ends.ts';
import { isEnforceableByDns } from './stats.ts';
import type { ListEnd, ListStats } from './stats.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of a text list, line by line. There are as many days as a date can have (65,536) at most. */
export class EndCounter {
  readonly #ends = new Map<number, Mutable<ListEnd>>();

  /** An entry that is in force. */
  add(entry: Entry, coversSuffix: boolean): void {
    const { expires } = entry;
    if (expires === 0) return;
    const end = this.#ends.get(expires) ?? { last: expires, entries: 0, publicSuffixes: 0, https: 0, dns: 0 };
    this.#ends.set(expires, end);
    end.entries += 1;
    if (coversSuffix) end.publicSuffixes += 1;
    if (entry.path.kind === 'host') end.https += 1;
    if (isEnforceableByDns(entry)) end.dns += 1;
  }

  get all(): readonly ListEnd[] {
    return inOrder([...this.#ends.values()]);
  }
}

/** Of a list that is a segment. @param today UTC days since 1970-01-01. */
export async function segmentEnds(
  segment: Uint8Array,
  { withExpiry }: ListStats,
  today: number,
  rest: Rest,
): Promise<readonly ListEnd[]> {
  if (withExpiry === 0) return [];
  const ends = await restingBetween(segmentEndSteps(segment, today), rest);
  return inOrder(
    ends.map(({ last, entries, hosts, forDns }) => ({ last, entries, publicSuffixes: 0, https: hosts, dns: forDns })),
  );
}

export function withEnds<Stats extends ListStats>(stats: Stats, ends: readonly ListEnd[]): Stats {
  return ends.length === 0 ? stats : { ...stats, ends };
}

type FiguresInForce = Pick<ListStats, 'entries' | 'expired' | 'publicSuffixes' | 'enforceable'>;

/** @param today UTC days since 1970-01-01: a list that was counted on an earlier day has the entries that are in force on this one. */
export function figuresOn({ ends = [], ...stats }: ListStats, today: number): FiguresInForce {
  let { entries, expired, publicSuffixes } = stats;
  const enforceable = { ...stats.enforceable };
  for (const end of ends) {
    if (end.last >= today) break;
    entries -= end.entries;
    expired += end.entries;
    publicSuffixes -= end.publicSuffixes;
    enforceable.http -= end.entries;
    enforceable.https -= end.https;
    enforceable.dns -= end.dns;
  }
  return { entries, expired, publicSuffixes, enforceable };
}

function inOrder(ends: readonly ListEnd[]): readonly ListEnd[] {
  return ends.toSorted((a, b) => a.last - b.last);
}
