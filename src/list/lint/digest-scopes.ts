/**
 * What a list without text (compiled, protected) has to do with one entry of another list. Digests cannot be read, they can be asked, as a
 * request asks: for the entry's host and what is above it, and for its path and what is above that.
 *
 *   entry ─▶ its host, its parents ─▶ found: contains it, lies in it ─┬─▶ by id
 *      └───▶ its path under each hint ─▶ likewise ────────────────────┘
 *              └─▶ what may lie below it, and cannot be asked for
 *
 * It must not guess at what cannot be asked for.
 */
import type { Entry } from '../../match/entry.ts';
import type { FoundEntry } from '../../match/found-entry.ts';
import { HostProbe, UrlProbe } from '../../match/probe.ts';
import type { PathHint, Segment } from '../../match/segment.ts';
import { openSnapshot } from '../../match/snapshot.ts';
import { FOLD } from '../../url/fold.ts';
import { directoryDepth, MAX_DIRECTORY_DEPTH, rootedPath } from '../../url/path.ts';
import type { CanonicalPath } from '../../url/path.ts';
import { pagesBefore } from '../../url/program-pages.ts';
import { underFold } from './scopes.ts';
import type { PathOnHost } from './scopes.ts';

/** An entry that has addresses in common with the one that is asked about. */
export interface DigestMet {
  readonly id: bigint;
  /** It covers all of those of the other. */
  readonly contains: boolean;
  /** All of its own are covered by the other. */
  readonly isContained: boolean;
  /** It has no path. */
  readonly isWholeHost: boolean;
}

export interface DigestAnswer {
  /** The widest first. */
  readonly met: readonly DigestMet[];
  /** There may be more, on names or paths below: nobody knows what to ask for. */
  readonly mayHaveMore: boolean;
}

/** `same`: neither covers more. */
type Relation = 'wider' | 'same' | 'narrower';

/** Where an entry was found. */
interface Place {
  /** Which is asked about. */
  readonly entry: Entry;
  readonly isParent: boolean;
  readonly isWholeHost: boolean;
  /** Of its path to that of the other. */
  readonly path: Relation;
}

/** In a path or a query: none has it. */
const NOBODYS = 'x-no-list-has-this-name-5d41402abc4b';

export class DigestScopes {
  readonly #segment: Segment;
  readonly #today: number;
  readonly #host = new HostProbe();
  readonly #url = new UrlProbe();

  /** @param bytes of a segment. @param today UTC days since 1970-01-01: expired entries meet nobody. */
  constructor(bytes: Uint8Array, today: number) {
    const [segment] = openSnapshot([{ bytes, entries: 0, list: 0 }]).segments;
    if (segment === undefined) throw new TypeError('a snapshot of one segment has one');
    this.#segment = segment;
    this.#today = today;
  }

  ask(entry: Entry): DigestAnswer {
    const met: DigestMet[] = [];
    const hints: PathHint[] = [];
    const probe = this.#host;
    probe.load(entry.host);
    this.#segment.mayKnow(probe);
    for (let level = 0; level < probe.count; level += 1) {
      const isParent = level < probe.count - 1;
      const { entries } = this.#segment.findHost(probe, level, entry.host, isParent);
      for (const found of entries)
        this.#add(met, found, {
          entry,
          isParent,
          isWholeHost: true,
          path: entry.path.kind === 'host' ? 'same' : 'wider',
        });
      this.#segment.findHints(probe, level, entry.host, isParent, hints);
    }
    let mayHaveMore = entry.subdomains && this.#segment.entries > 0;
    for (const hint of hints) mayHaveMore = this.#askPaths(entry, hint, met) || mayHaveMore;
    return { met, mayHaveMore };
  }

  /** @returns whether there may be entries below the path. */
  #askPaths(entry: Entry, hint: PathHint, met: DigestMet[]): boolean {
    const { path } = entry;
    // An entry that folds more covers spellings that nobody can list.
    if (path.kind === 'host' || (entry.fold & ~hint.fold) !== 0) return true;
    const asked = underFold(path, hint.fold & ~entry.fold);
    for (const [found, relation] of this.#around(asked, hint))
      this.#add(met, found, { entry, isParent: hint.isParent, isWholeHost: false, path: relation });
    for (const found of this.#pagesBefore(asked, hint))
      this.#add(met, found, { entry, isParent: hint.isParent, isWholeHost: false, path: 'wider' });
    switch (path.kind) {
      case 'url':
        return false;
      case 'page':
        return hint.query || isBehindPage(asked, hint);
      case 'directory':
        return (
          hint.path || hint.query || isBehindPage(asked, hint) || hasDeeper(hint.depths, directoryDepth(asked.path))
        );
    }
  }

  /** Of entries whose pages have any text behind them. Which queries others of them have nobody can ask for. */
  #pagesBefore(asked: PathOnHost, hint: PathHint): readonly FoundEntry[] {
    if ((hint.fold & FOLD.info) === 0) return [];
    const query = asked.kind === 'url' ? asked.query : NOBODYS;
    return pagesBefore(asked.path).flatMap((path) => this.#entriesAt(hint, { path, query }));
  }

  /** Kinds of what is found do not show; they do by what it does not cover. */
  #around(asked: PathOnHost, hint: PathHint): Map<FoundEntry, Relation> {
    const { path } = asked;
    const below = rootedPath(`${path}${path.endsWith('/') ? '' : '/'}${NOBODYS}`);
    const end = hint.host.length + path.length;
    switch (asked.kind) {
      case 'url': {
        const wider = this.#entriesAt(hint, { path, query: NOBODYS }, end);
        return related(this.#entriesAt(hint, { path, query: asked.query }), wider, 'same');
      }
      case 'page': {
        const all = this.#entriesAt(hint, { path, query: NOBODYS }, end);
        const found = related(all, this.#entriesAt(hint, { path: below, query: null }, end), 'same');
        for (const url of this.#entriesAt(hint, { path, query: null }))
          if (!all.some((other) => isSame(other, url))) found.set(url, 'narrower');
        return found;
      }
      case 'directory': {
        const own = path !== '/' && (hint.fold & FOLD.slash) !== 0 ? end - 1 : end;
        const all = this.#entriesAt(hint, { path: below, query: null }, own);
        return related(all, this.#entriesAt(hint, { path: below, query: null }, own - 1), 'same');
      }
    }
  }

  /** @param most bytes of the key. */
  #entriesAt(
    hint: PathHint,
    target: { readonly path: CanonicalPath; readonly query: string | null },
    most = Number.POSITIVE_INFINITY,
  ): readonly FoundEntry[] {
    const all: FoundEntry[] = [];
    this.#segment.findPaths(this.#url, hint, target, ({ entries }, length) => {
      if (length <= most) all.push(...entries);
    });
    return all;
  }

  #add(met: DigestMet[], found: FoundEntry, { entry, isParent, isWholeHost, path }: Place): void {
    if (found.expires !== 0 && found.expires < this.#today) return;
    const port = relationOf(found.port === 0, entry.port === 0);
    if (port === 'same' && found.port !== entry.port) return;
    const host = isParent ? 'wider' : relationOf(found.subdomains, entry.subdomains);
    // It covers spellings that the entry does not.
    const spellings = entry.path.kind !== 'host' && (found.fold & ~entry.fold) !== 0 ? 'wider' : 'same';
    const all = new Set<Relation>([host, path, port, spellings]);
    met.push({
      id: BigInt.asUintN(64, found.id),
      contains: !all.has('narrower'),
      isContained: !all.has('wider'),
      isWholeHost,
    });
  }
}

/** URLs of such a page have one query each, whatever stands behind it. */
function isBehindPage({ path }: PathOnHost, { fold }: PathHint): boolean {
  return (fold & FOLD.info) !== 0 && pagesBefore(path).length > 0;
}

/** @param depths bit d-1: directories of d segments. */
function hasDeeper(depths: number, depth: number): boolean {
  return depth < MAX_DIRECTORY_DEPTH && depths >>> depth !== 0;
}

function relationOf(isWide: boolean, isOtherWide: boolean): Relation {
  if (isWide === isOtherWide) return 'same';
  return isWide ? 'wider' : 'narrower';
}

/** @returns `wider` of those that are among the second, `other` of the rest. */
function related(all: readonly FoundEntry[], wider: readonly FoundEntry[], other: Relation): Map<FoundEntry, Relation> {
  return new Map(all.map((found) => [found, wider.some((one) => isSame(one, found)) ? 'wider' : other]));
}

/** Found twice: an id may have several rows, on several ports. */
function isSame(one: FoundEntry, other: FoundEntry): boolean {
  return one.id === other.id && one.port === other.port && one.subdomains === other.subdomains;
}
