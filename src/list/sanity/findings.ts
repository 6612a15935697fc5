/**
 * Looks up in a built index, with the code that judges requests, what no list should cover: canaries, protected hosts. Of a list
 * whose entries can be read, the index holds no more than the entries on those hosts and above them (RelatedEntries).
 *
 *   guarded.ts ──hosts, addresses──▶ matcher, judge over the index ──▶ what is covered, by which line of which file
 *
 * It must not decide what becomes of the list, and names no host.
 */
import { randomBytes } from 'node:crypto';
import type { Entry } from '../../match/entry.ts';
import type { FoundEntry } from '../../match/found-entry.ts';
import { randomSegmentKeys } from '../../match/keys.ts';
import type { HostFacts } from '../../match/host-facts.ts';
import { Matcher } from '../../match/matcher.ts';
import { UrlProbe } from '../../match/probe.ts';
import { openSnapshot, SegmentBuilder } from '../../match/snapshot.ts';
import type { SegmentImage } from '../../match/snapshot.ts';
import { Judge } from '../../policy/judge.ts';
import { plainTarget } from '../../url/path.ts';
import type { Guarded, GuardedHost } from './guarded.ts';
import { MAX_NAMED_HOSTS, mayRefuse } from './protected-hosts.ts';

export interface Finding {
  /** How many of them the list covers. */
  readonly count: number;
  /** Where the first of them stands, and which entry covers it. */
  readonly first: string;
  /** Likewise of the first of them, and of as many more as are told one by one. */
  readonly named?: readonly string[];
}

export interface Findings {
  readonly canaries: Finding | null;
  readonly protectedHosts: Finding | null;
}

export const NOTHING_FOUND: Findings = { canaries: null, protectedHosts: null };

const LIST = 0;
const ANY_PATH_BYTES = 16;
const URL_PROBE = new UrlProbe();
const JUDGED_AS = [{ action: 'block' }] as const;

/** @param image of one list. @param today UTC days since 1970-01-01. */
export function findingsIn(image: SegmentImage, { canaries, hosts, action }: Guarded, today: number): Findings {
  const matcher = new Matcher({ cacheEntries: 1 });
  matcher.use(openSnapshot([{ ...image, list: LIST }]));
  const judge = new Judge(matcher, JUDGED_AS);
  return {
    canaries: findingOf(canaries, ({ host, target, port }) => {
      const facts = matcher.lookup(host);
      if (facts === null || !facts.listed) return null;
      const when = { port, listMask: 1 << LIST, today };
      const verdict = target === null ? judge.host(facts, when) : judge.url(facts, target, when);
      // What the path makes ambiguous beyond measure is refused by itself, whatever the list says.
      return verdict.action === 'pass' || verdict.action === 'refuse' ? null : (verdict.hits[0]?.entry ?? null);
    }),
    // On any port, and on all paths: who blocks one of them means the host.
    protectedHosts: findingOf(hosts, ({ host }) =>
      firstInForce(
        wholeHostEntries(matcher.lookup(host)).filter((entry) => mayRefuse(entry, action)),
        today,
      ),
    ),
  };
}

/** Takes a list's entries as they are read, and keeps those that the question is about. */
export class RelatedEntries {
  readonly #guarded: Guarded;
  readonly #related: ReadonlySet<string>;
  readonly #builder = new SegmentBuilder(randomSegmentKeys());

  constructor(guarded: Guarded) {
    this.#guarded = guarded;
    this.#related = new Set([...guarded.hosts, ...guarded.canaries].flatMap(({ host }) => withParents(host)));
  }

  add(entry: Entry): void {
    if (this.#related.has(entry.host)) this.#builder.add(entry);
  }

  /** Once, at the end. @param today UTC days since 1970-01-01. */
  findings(today: number): Findings {
    return this.#builder.entries === 0 ? NOTHING_FOUND : findingsIn(this.#builder.build(), this.#guarded, today);
  }
}

/** The host and each name above it. */
export function withParents(host: string): readonly string[] {
  const labels = host.split('.');
  return labels.map((_, i) => labels.slice(i).join('.'));
}

function findingOf<Item extends GuardedHost>(
  items: readonly Item[],
  entryOn: (item: Item) => bigint | null,
): Finding | null {
  let count = 0;
  let first = '';
  const named: string[] = [];
  for (const item of items) {
    const entry = entryOn(item);
    if (entry === null) continue;
    if (count === 0) first = `${item.where}, by entry ${entry}`;
    if (named.length < MAX_NAMED_HOSTS) named.push(`${item.where}, by entry ${entry}`);
    count += 1;
  }
  return count === 0 ? null : { count, first, named };
}

/** Entries over all paths of the host are found on one that nobody lists. */
function wholeHostEntries(facts: HostFacts | null): readonly FoundEntry[] {
  if (facts === null) return [];
  const hints = facts.hints.filter(({ root }) => root);
  const entries = [...facts.entries];
  const target = plainTarget(`/${randomBytes(ANY_PATH_BYTES).toString('hex')}`);
  if (target === null) return entries;
  for (const hint of hints)
    hint.segment.findPaths(URL_PROBE, hint, target, (found) => void entries.push(...found.entries));
  return entries;
}

function firstInForce(entries: readonly FoundEntry[], today: number): bigint | null {
  return entries.find(({ expires }) => expires === 0 || expires >= today)?.id ?? null;
}
