/**
 * Facts and channel in, verdict out. `allow` wins over everything, then `block`, then `count`; among equals the first
 * list, then the smaller id decides, so that the answer does not depend on the order of look-ups.
 * Knows neither clock nor clients: the day and the lists that apply are given.
 */
import type { ListAction } from '../lib/types.ts';
import type { FoundEntry } from '../match/found-entry.ts';
import type { HostFacts } from '../match/host-facts.ts';
import type { Matcher } from '../match/matcher.ts';
import { UrlProbe } from '../match/probe.ts';
import type { Found } from '../match/segment.ts';
import type { ByteString } from '../url/bytes.ts';
import { canonicalTarget } from '../url/path.ts';
import { PASS } from './verdict.ts';
import type { Hit, Verdict } from './verdict.ts';

/** What a request brings along besides its host. */
export interface Circumstances {
  readonly port: number;
  /** Bit i: list i applies. */
  readonly listMask: number;
  /** UTC days since 1970-01-01. */
  readonly today: number;
}

export class Judge {
  readonly matcher: Matcher;
  readonly #lists: readonly { readonly action: ListAction }[];
  readonly #probe = new UrlProbe();

  /** @param lists in the order of the entries' list indexes, at most 32. */
  constructor(matcher: Matcher, lists: readonly { readonly action: ListAction }[]) {
    this.matcher = matcher;
    this.#lists = lists;
  }

  /**
   * A request whose URL is seen.
   * @param target path and query as on the wire; `listMask`: bit i for list i; `today`: UTC days since 1970-01-01.
   */
  url(facts: HostFacts, port: number, target: ByteString, listMask: number, today: number): Verdict {
    if (!facts.listed) return PASS;
    const when = { port, listMask, today };
    const hits = this.#hitsOf(facts.entries, when, []);
    if (facts.leads.length > 0) this.#judgePath(facts, target, (found) => this.#hitsOf(found.entries, when, hits));
    return verdictOf(hits);
  }

  /** CONNECT and SNI: only the host is seen, so only entries on whole hosts count (design D4). */
  host(facts: HostFacts, port: number, listMask: number, today: number): Verdict {
    return facts.entries.length === 0 ? PASS : verdictOf(this.#hitsOf(facts.entries, { port, listMask, today }, []));
  }

  /** What the entry would do here and now; null where it does not apply: other port, other list, expired. */
  actionOf(entry: FoundEntry, when: Circumstances): ListAction | null {
    if ((when.listMask & (1 << entry.list)) === 0) return null;
    if (entry.port !== 0 && entry.port !== when.port) return null;
    if (entry.expires !== 0 && entry.expires < when.today) return null;
    return entry.count ? 'count' : (this.#lists[entry.list]?.action ?? null);
  }

  #judgePath(facts: HostFacts, target: ByteString, visit: (found: Found) => void): void {
    const canonical = canonicalTarget(target);
    for (const lead of facts.leads) lead.segment.findPaths(this.#probe, lead, canonical, visit);
  }

  #hitsOf(entries: readonly FoundEntry[], when: Circumstances, hits: Hit[]): Hit[] {
    for (const entry of entries) {
      const action = this.actionOf(entry, when);
      if (action !== null) addHit(hits, { list: entry.list, action, entry: entry.id });
    }
    return hits;
  }
}

const RANK = { allow: 0, block: 1, count: 2 } as const;

/** One hit for each list and action: the one with the smallest id. */
function addHit(hits: Hit[], hit: Hit): void {
  const same = hits.findIndex((other) => other.list === hit.list && other.action === hit.action);
  if (same < 0) hits.push(hit);
  else if (hit.entry < hits[same]!.entry) hits[same] = hit;
}

function verdictOf(hits: readonly Hit[]): Verdict {
  let best = hits[0];
  if (best === undefined) return PASS;
  for (const hit of hits) if (before(hit, best)) best = hit;
  return { action: best.action, list: best.list, entry: best.entry, hits };
}

function before(a: Hit, b: Hit): boolean {
  return RANK[a.action] === RANK[b.action] ? a.list < b.list : RANK[a.action] < RANK[b.action];
}
