/**
 * Facts and channel in, verdict out. `allow` wins over everything, then `block`, then `count`; among equals the first
 * list, then the smaller id decides, so that the answer does not depend on the order of look-ups.
 * It must know neither clock nor clients: the day and the lists that apply are given.
 */
import type { ListAction } from '../lib/types.ts';
import type { FoundEntry } from '../match/found-entry.ts';
import type { HostFacts } from '../match/host-facts.ts';
import type { Matcher } from '../match/matcher.ts';
import { UrlProbe } from '../match/probe.ts';
import type { PathHint } from '../match/segment.ts';
import type { ByteString } from '../url/bytes.ts';
import { plainTarget } from '../url/path.ts';
import type { CanonicalTarget } from '../url/path.ts';
import { AXIS, type Axes } from '../url/reading-axes.ts';
import { hasPlainScript } from '../url/rewrites.ts';
import { pathQuestions, unfoldedTarget } from './path-questions.ts';
import { PASS, REFUSE } from './verdict.ts';
import type { Hit, Verdict } from './verdict.ts';

/** What a request brings along besides its host. */
export interface RequestContext {
  readonly port: number;
  /** Bit i: list i applies. */
  readonly listMask: number;
  /** UTC days since 1970-01-01. */
  readonly today: number;
}

/** Why an entry does nothing here and now: its list does not apply, its last day is over, it is for another port, or it does not permit `dns`. */
export type Inapplicable = 'other_list' | 'expired' | 'other_port' | 'no_dns';

export class Judge {
  readonly matcher: Matcher;
  readonly #lists: readonly { readonly action: ListAction }[];
  readonly #probe = new UrlProbe();
  /** Bit i: list i does not allow. */
  readonly #steering: number;

  /** @param lists in the order of the entries' list indexes, at most 32. */
  constructor(matcher: Matcher, lists: readonly { readonly action: ListAction }[]) {
    this.matcher = matcher;
    this.#lists = lists;
    this.#steering = lists.reduce((mask, { action }, list) => (action === 'allow' ? mask : mask | (1 << list)), 0);
  }

  /**
   * A request whose URL is seen.
   * @param target path and query as on the wire.
   */
  url(facts: HostFacts, target: ByteString, when: RequestContext): Verdict {
    if (!facts.listed || when.listMask === 0) return PASS;
    const hits = this.#hitsOf(facts.entries, when, []);
    if (facts.hints.length === 0) return verdictOf(hits);
    const plain = plainTarget(target);
    if (plain !== null && !facts.folds && !hasPlainScript(plain.path)) this.#askPlain(facts.hints, plain, when, hits);
    else if (!this.#askReadings(facts.hints, target, when, hits) && !isDecided(hits)) return REFUSE;
    return verdictOf(hits);
  }

  /** CONNECT and SNI: only the host is seen, so only entries on whole hosts count (design D4). */
  host(facts: HostFacts, when: RequestContext): Verdict {
    return facts.entries.length === 0 ? PASS : verdictOf(this.#hitsOf(facts.entries, when, []));
  }

  /**
   * A name that is asked of a resolver, where neither port nor path is seen. Of entries on the whole host and any port, those that
   * permit `dns` count, and all that allow.
   */
  name(facts: HostFacts, when: RequestContext): Verdict {
    const hits: Hit[] = [];
    for (const entry of facts.entries) {
      const action = this.nameActionOf(entry, when);
      if (action !== null) addHit(hits, { list: entry.list, action, entry: entry.id });
    }
    return verdictOf(hits);
  }

  /**
   * Whether some entry that permits `steer` is on this very name, on whichever port or path, of a list that does not allow.
   * Path entries: as their hints say (match/segment.ts).
   */
  steers({ entries, hints }: HostFacts, when: RequestContext): boolean {
    return (
      entries.some((entry) => this.steersByEntry(entry, when)) || hints.some((hint) => this.steersByHint(hint, when))
    );
  }

  /** @param entry on the whole host. */
  steersByEntry(entry: FoundEntry, when: RequestContext): boolean {
    const action = entry.steer ? this.#anywhere(entry, when) : null;
    return action !== null && action !== 'allow';
  }

  steersByHint(hint: PathHint, when: RequestContext): boolean {
    return hint.steer && this.#mayRefuse(hint, when);
  }

  /** Whether some list that does not allow may have entries for paths of the host. */
  hasPathEntries({ hints }: HostFacts, when: RequestContext): boolean {
    return hints.some((hint) => this.#mayRefuse(hint, when));
  }

  #mayRefuse({ segment: { list } }: PathHint, when: RequestContext): boolean {
    const mayBeOf = list === undefined ? this.#withoutSegment() : 1 << list;
    return (when.listMask & this.#steering & mayBeOf) !== 0;
  }

  /** @returns the lists that share a segment, whose hints do not tell them apart. */
  #withoutSegment(): number {
    return this.matcher.segments.reduce((mask, { list }) => (list === undefined ? mask : mask & ~(1 << list)), -1);
  }

  /** @returns what an entry on a whole host does where its name is asked of a resolver, null if nothing. */
  nameActionOf(entry: FoundEntry, when: RequestContext): ListAction | null {
    const action = entry.port === 0 ? this.#anywhere(entry, when) : null;
    return action === 'allow' || entry.dns ? action : null;
  }

  /** For people: why `actionOf` gives null. @returns null where it does not. */
  whyNot(entry: FoundEntry, when: RequestContext): Inapplicable | null {
    if (this.actionOf(entry, when) !== null) return null;
    if ((when.listMask & (1 << entry.list)) === 0) return 'other_list';
    return this.#anywhere(entry, when) === null ? 'expired' : 'other_port';
  }

  /** For people: why `nameActionOf` gives null. @returns null where it does not. */
  whyNotName(entry: FoundEntry, when: RequestContext): Inapplicable | null {
    if (this.nameActionOf(entry, when) !== null) return null;
    // A name is asked for without a port.
    return this.whyNot(entry, { ...when, port: 0 }) ?? 'no_dns';
  }

  /** @returns what the entry would do here and now, null if it does not apply: another port or list, expired. */
  actionOf(entry: FoundEntry, when: RequestContext): ListAction | null {
    return entry.port !== 0 && entry.port !== when.port ? null : this.#anywhere(entry, when);
  }

  /** On the port that it is for, if it is for one. */
  #anywhere(entry: FoundEntry, when: RequestContext): ListAction | null {
    if ((when.listMask & (1 << entry.list)) === 0) return null;
    if (entry.expires !== 0 && entry.expires < when.today) return null;
    return entry.count ? 'count' : (this.#lists[entry.list]?.action ?? null);
  }

  /** Every origin reads it alike. */
  #askPlain(hints: readonly PathHint[], target: CanonicalTarget, when: RequestContext, hits: Hit[]): void {
    for (const hint of hints)
      hint.segment.findPaths(this.#probe, hint, target, (found) => this.#hitsOf(found.entries, when, hits));
  }

  /**
   * Under each reading: blocked if any is listed; what allows counts only if every reading lies in it, and the target as it
   * came too (requirement 59).
   *
   * @returns false if there are more readings than are looked up.
   */
  #askReadings(hints: readonly PathHint[], target: ByteString, when: RequestContext, hits: Hit[]): boolean {
    const questions = pathQuestions(hints, target);
    if (questions === null) return false;
    const allowing: Allowing[] = [];
    for (const { hint, target: key, axes } of questions) {
      hint.segment.findPaths(this.#probe, hint, key, (found) => {
        for (const entry of found.entries) {
          const action = this.actionOf(entry, when);
          if (action === 'allow') {
            if (isOfAddress(axes)) countAllowing(allowing, hint, entry);
          } else if (action !== null) addHit(hits, { list: entry.list, action, entry: entry.id });
        }
      });
    }
    // Once for each hint, however many entries allow: each look-up goes through all of a long target.
    const asItCame = new Map<PathHint, readonly FoundEntry[]>();
    for (const { hint, entry, readings } of allowing) {
      const isInAll =
        readings === questions.filter((question) => question.hint === hint && isOfAddress(question.axes)).length;
      if (!isInAll) continue;
      let covering = asItCame.get(hint);
      if (covering === undefined) asItCame.set(hint, (covering = this.#coveringAsItCame(hint, target)));
      if (covering.some((other) => isSameEntry(other, entry)))
        addHit(hits, { list: entry.list, action: 'allow', entry: entry.id });
    }
    return true;
  }

  /** Entries that the target lies in as it came, nothing folded. */
  #coveringAsItCame(hint: PathHint, target: ByteString): readonly FoundEntry[] {
    const unfolded = unfoldedTarget(target, hint.fold);
    if (unfolded === null) return [];
    const entries: FoundEntry[] = [];
    hint.segment.findPaths(this.#probe, hint, unfolded, (found) => void entries.push(...found.entries));
    return entries;
  }

  #hitsOf(entries: readonly FoundEntry[], when: RequestContext, hits: Hit[]): Hit[] {
    for (const entry of entries) {
      const action = this.actionOf(entry, when);
      if (action !== null) addHit(hits, { list: entry.list, action, entry: entry.id });
    }
    return hits;
  }
}

/**
 * Not what a program behind its own name serves: whoever allows `/index.php/page` means that; nor a page without the text behind it. Where not
 * all readings are asked for, nobody knows whether all lie in what is allowed.
 */
function isOfAddress(axes: Axes): boolean {
  return (axes & (AXIS.script | AXIS.partial | AXIS.info)) === 0;
}

/** An entry that allows, and how many readings lie in it. */
interface Allowing {
  readonly hint: PathHint;
  readonly entry: FoundEntry;
  readings: number;
}

function countAllowing(allowing: Allowing[], hint: PathHint, entry: FoundEntry): void {
  const known = allowing.find((other) => other.hint === hint && isSameEntry(other.entry, entry));
  if (known === undefined) allowing.push({ hint, entry, readings: 1 });
  else known.readings += 1;
}

function isSameEntry(a: FoundEntry, b: FoundEntry): boolean {
  return a.list === b.list && a.id === b.id;
}

/** By entries on the whole host, whatever the path is. */
function isDecided(hits: readonly Hit[]): boolean {
  return hits.some(({ action }) => action !== 'count');
}

const RANK = { allow: 0, block: 1, count: 2 } as const;

/** One hit for each list and action: the one with the smallest id. */
function addHit(hits: Hit[], hit: Hit): void {
  const index = hits.findIndex((other) => other.list === hit.list && other.action === hit.action);
  const same = index < 0 ? undefined : hits[index];
  if (same === undefined) hits.push(hit);
  else if (hit.entry < same.entry) hits[index] = hit;
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
