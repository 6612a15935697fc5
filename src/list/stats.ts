/** What is in a list, in figures: for `list stats`, `check`, the metrics and `/status`. It holds no text of the list. */
import type { Entry, PathScope } from '../match/entry.ts';
import type { SegmentFigures } from '../match/segment-records.ts';
import type { Channel, NotCarried } from '../observe/control-view.ts';
import { isIpLiteral } from './text/ip-literal.ts';

export interface ListStats {
  /** All lines, comments and empty ones too. */
  readonly lines: number;
  /** In force today. */
  readonly entries: number;
  /** Entries whose last day (UTC) is over: skipped, not faults. */
  readonly expired: number;
  /** Entries of a protected list that are withdrawn: as good as absent, and not among the others. */
  readonly withdrawn: number;
  readonly badLines: number;
  /** Entries on protected hosts that the configuration has left out: as good as absent, and not among the others. */
  readonly leftOut: number;
  /** Entries that cover a public suffix, or something of everybody below one. */
  readonly publicSuffixes: number;
  readonly scopes: Readonly<Record<PathScope['kind'], number>>;
  readonly subdomains: number;
  readonly withPort: number;
  readonly withExpiry: number;
  readonly marked: Readonly<Record<'dns' | 'steer' | 'count' | 'test', number>>;
  /** Entries that can be enforced on each channel at all. */
  readonly enforceable: Readonly<Record<Channel, number>>;
  /** Losses of another tool's list, by reason; absent: it is a list of ours. */
  readonly notCarried?: readonly NotCarried[];
  /** Which of the entries expire when, by their last day; absent: none does. */
  readonly ends?: readonly ListEnd[];
}

/** Entries with the same last day. */
export interface ListEnd {
  /** UTC days since 1970-01-01. */
  readonly last: number;
  readonly entries: number;
  readonly publicSuffixes: number;
  /** Of the entries. */
  readonly https: number;
  readonly dns: number;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<infer Key extends string, number>>
    ? Record<Key, number>
    : T[K];
};

export type StatsBuilder = Mutable<Omit<ListStats, 'ends' | 'notCarried'>> & Pick<ListStats, 'notCarried'>;

export function emptyStats(): StatsBuilder {
  return {
    lines: 0,
    entries: 0,
    expired: 0,
    withdrawn: 0,
    badLines: 0,
    leftOut: 0,
    publicSuffixes: 0,
    scopes: { host: 0, directory: 0, page: 0, url: 0 },
    subdomains: 0,
    withPort: 0,
    withExpiry: 0,
    marked: { dns: 0, steer: 0, count: 0, test: 0 },
    enforceable: { http: 0, https: 0, dns: 0 },
  };
}

/** Counts an entry that is in force. */
export function countEntry(stats: StatsBuilder, entry: Entry): void {
  stats.entries += 1;
  stats.scopes[entry.path.kind] += 1;
  if (entry.subdomains) stats.subdomains += 1;
  if (entry.port !== 0) stats.withPort += 1;
  if (entry.expires !== 0) stats.withExpiry += 1;
  for (const mark of ['dns', 'steer', 'count', 'test'] as const) if (entry[mark]) stats.marked[mark] += 1;
  stats.enforceable.http += 1;
  if (entry.path.kind !== 'host') return;
  // CONNECT and SNI show host and port, a DNS query no more than the host, and never an address.
  stats.enforceable.https += 1;
  if (isEnforceableByDns(entry)) stats.enforceable.dns += 1;
}

export function isEnforceableByDns({ dns, port, host, path }: Entry): boolean {
  return dns && port === 0 && path.kind === 'host' && !isIpLiteral(host);
}

/** Of a list that is a segment and shows no text: neither lines nor public suffixes are known. */
export function segmentStats({ forDns, ...figures }: SegmentFigures): ListStats & { readonly hosts: number } {
  return {
    ...figures,
    lines: 0,
    badLines: 0,
    leftOut: 0,
    publicSuffixes: 0,
    enforceable: { http: figures.entries, https: figures.scopes.host, dns: forDns },
  };
}

/** Of fewer entries nobody can tell what whoever wrote them is used to. */
export const MIN_ENTRIES_FOR_HABIT = 10;

/** Every entry is a host alone, in a list that is long enough. */
export function isHostsAlone({ entries, scopes, subdomains, withPort }: ListStats): boolean {
  return entries >= MIN_ENTRIES_FOR_HABIT && scopes.host === entries && subdomains === 0 && withPort === 0;
}
