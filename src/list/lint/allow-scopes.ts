/**
 * Which entries of an allow list meet no entry of the lists beside it, and which only take a part out of one.
 *
 *   allow entry ─▶ each scope that contains it ─▶ nodes ◀─ each scope that contains it ◀─ entry of another list
 *
 * Hosts form a tree, and so do paths. Two entries meet exactly where a node is above both that has its host from one of them, or both, and
 * its path likewise. So no entry is compared with each other one; only nodes of allow entries are kept, and what met them first. Folds of
 * both are taken together: an entry under a fold covers every spelling that the fold makes one. One pair is no tree: a URL with `fold=info`
 * has one query below its page, and what is allowed there may have any. Bounded; it must live no longer than the command that asks.
 */
import type { Entry, PathScope } from '../../match/entry.ts';
import { FOLD } from '../../url/fold.ts';
import { containingPaths, parentNames, scopeKey, underFold, WHOLE_HOST } from './scopes.ts';
import type { HostScope } from './scopes.ts';

/** An entry of another list. */
export interface Met {
  /** Whatever `meet` was told. */
  readonly list: number;
  readonly id: bigint;
}

interface ScopeEffect {
  /** Of the allow entry. */
  readonly id: bigint;
  /** Some entry has an address in common with it. */
  readonly meets: boolean;
  /** The widest entry that it takes a part out of; null: none. */
  readonly inside: Met | null;
}

/** Of all tables: an ordinary entry takes four or so. A hundred and fifty megabytes. */
const MOST_NODES = 1_000_000;

export class AllowScopes {
  readonly #byFold = new Map<number, Entry[]>();
  /** By both folds. */
  readonly #tables = new Map<string, ScopeTable>();
  readonly #mostNodes: number;
  #nodes = 0;

  constructor(mostNodes = MOST_NODES) {
    this.#mostNodes = mostNodes;
  }

  /** It has more scopes than are kept: nothing can be said about any entry. */
  get isFull(): boolean {
    return this.#nodes > this.#mostNodes;
  }

  /** Of the allow list; all of them before the first `meet`. */
  add(entry: Entry): void {
    const same = this.#byFold.get(entry.fold);
    if (same === undefined) this.#byFold.set(entry.fold, [entry]);
    else same.push(entry);
  }

  /** An entry of another list. */
  meet(entry: Entry, list: number): void {
    for (const fold of this.#byFold.keys()) this.#tableOf(fold, entry.fold)?.meet(entry, list);
  }

  /** In the order of the lines; nothing where it is full. */
  effects(): readonly ScopeEffect[] {
    if (this.isFull) return [];
    const effects = [...this.#byFold.values()].flat().map((entry) => this.#effectOf(entry));
    return effects.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  #effectOf(entry: Entry): ScopeEffect {
    let meets = false;
    let inside: Met | null = null;
    for (const [folds, table] of this.#tables) {
      if (!folds.startsWith(`${entry.fold} `)) continue;
      const found = table.effectOn(entry);
      meets ||= found.meets;
      inside ??= found.inside;
    }
    return { id: entry.id, meets, inside };
  }

  #tableOf(own: number, other: number): ScopeTable | null {
    if (this.isFull) return null;
    const folds = `${own} ${other}`;
    let table = this.#tables.get(folds);
    if (table !== undefined) return table;
    this.#tables.set(folds, (table = new ScopeTable(own | other)));
    for (const entry of this.#byFold.get(own) ?? []) {
      this.#nodes += table.add(entry);
      if (this.isFull) return null;
    }
    return table;
  }
}

/** Whether a node has the host, or the path, of the entry that it is above. */
const OWN = { host: 1, path: 2, both: 3 } as const;
/** Of a host's name: some allow entry has just this scope, or lies in it. */
const ON = { host: 1, subdomains: 2, inHost: 4, inSubdomains: 8 } as const;

/** What met a node first. */
interface Touch {
  anyPort: Met | null;
  /** On one port, whichever. */
  onePort: Met | null;
  /** On a port that some allow entry names. */
  readonly byPort: Map<number, Met>;
}

interface Meeting {
  readonly entry: Entry;
  readonly list: number;
}

/** Of the allow entries with one fold, beside entries with one fold. */
class ScopeTable {
  readonly #fold: number;
  readonly #hosts = new Map<string, number>();
  readonly #nodes = new Map<string, number>();
  /** Of nodes, four each: by `OWN` of the entry that met it. */
  readonly #touches = new Map<number, Touch>();
  /** Of pages, by URLs with text behind them, two each: by whether the host is the entry's own. */
  readonly #crossings = new Map<number, Touch>();
  readonly #ports = new Set<number>();

  constructor(fold: number) {
    this.#fold = fold;
  }

  /** @returns how many nodes are new. */
  add(entry: Entry): number {
    const before = this.#nodes.size;
    if (entry.port !== 0) this.#ports.add(entry.port);
    const paths = [...this.#pathsOf(entry)];
    for (const { scope, isOwn } of hostsOf(entry)) {
      const bits = scope.subdomains ? ON.inSubdomains | (isOwn ? ON.subdomains : 0) : ON.inHost | (isOwn ? ON.host : 0);
      this.#hosts.set(scope.host, (this.#hosts.get(scope.host) ?? 0) | bits);
      for (const path of paths) {
        const key = scopeKey(scope, path, this.#fold);
        if (!this.#nodes.has(key)) this.#nodes.set(key, this.#nodes.size);
      }
    }
    return this.#nodes.size - before;
  }

  meet(entry: Entry, list: number): void {
    let paths: readonly PathScope[] | null = null;
    for (const { scope, isOwn } of hostsOf(entry)) {
      // Above its own host only where an allow entry has just that scope.
      const wanted = scope.subdomains ? (isOwn ? ON.inSubdomains : ON.subdomains) : isOwn ? ON.inHost : ON.host;
      if (((this.#hosts.get(scope.host) ?? 0) & wanted) === 0) continue;
      paths ??= [...this.#pathsOf(entry)];
      for (const [i, path] of paths.entries()) {
        const node = this.#nodes.get(scopeKey(scope, path, this.#fold));
        if (node === undefined) continue;
        this.#touch(this.#touches, node * 4 + ownBits(isOwn, i === paths.length - 1), { entry, list });
        if (crossesAt(entry, paths.length - i)) this.#touch(this.#crossings, node * 2 + Number(isOwn), { entry, list });
      }
    }
  }

  effectOn(entry: Entry): { readonly meets: boolean; readonly inside: Met | null } {
    let meets = false;
    const paths = [...this.#pathsOf(entry)];
    // Others under a fold that does more cover spellings that it does not.
    const coversSpellings = entry.path.kind === 'host' || entry.fold === this.#fold;
    for (const { scope, isOwn } of hostsOf(entry)) {
      for (const [i, path] of paths.entries()) {
        const node = this.#nodes.get(scopeKey(scope, path, this.#fold)) ?? 0;
        const own = ownBits(isOwn, i === paths.length - 1);
        for (let other = OWN.both - own; other <= OWN.both; other += 1) {
          if ((own | other) !== OWN.both) continue;
          const touch = this.#touches.get(node * 4 + other);
          if (touch === undefined) continue;
          const { whole, part } = metBy(touch, entry.port);
          meets ||= whole !== null || part !== null;
          // What lies in it wholly is undone.
          const inside = part ?? (own === OWN.both && coversSpellings ? null : whole);
          if (inside !== null) return { meets: true, inside };
        }
        const isPageBefore = path.kind === 'page' && entry.path.kind !== 'url' && i < paths.length - 1;
        const crossing = isPageBefore ? this.#crossingAt(node, isOwn, entry.port) : null;
        if (crossing !== null) return { meets: true, inside: crossing };
      }
    }
    return { meets, inside: null };
  }

  /** With queries that the URL has and the allow entry too, which may have others. @param node a page before that of the entry. */
  #crossingAt(node: number, isOwn: boolean, port: number): Met | null {
    for (const otherOwn of isOwn ? [1, 0] : [1]) {
      const touch = this.#crossings.get(node * 2 + otherOwn);
      if (touch === undefined) continue;
      const { whole, part } = metBy(touch, port);
      if (part !== null || whole !== null) return part ?? whole;
    }
    return null;
  }

  #touch(touches: Map<number, Touch>, at: number, { entry: { port, id }, list }: Meeting): void {
    let touch = touches.get(at);
    if (touch === undefined) touches.set(at, (touch = { anyPort: null, onePort: null, byPort: new Map() }));
    const met = { list, id };
    if (port === 0) touch.anyPort ??= met;
    else touch.onePort ??= met;
    if (this.#ports.has(port) && !touch.byPort.has(port)) touch.byPort.set(port, met);
  }

  /** The whole host first, its own last. */
  *#pathsOf({ path, fold }: Entry): Generator<PathScope> {
    yield WHOLE_HOST;
    if (path.kind === 'host') return;
    yield* containingPaths(underFold(path, this.#fold & ~fold), this.#fold, true);
  }
}

/** The page of a URL comes before the URL itself, which is the last. */
function crossesAt({ path, fold }: Entry, fromEnd: number): boolean {
  return path.kind === 'url' && (fold & FOLD.info) !== 0 && fromEnd === 2;
}

function ownBits(hasHost: boolean, hasPath: boolean): number {
  return (hasHost ? OWN.host : 0) | (hasPath ? OWN.path : 0);
}

/** Of what met a node, as an allow entry on that port sees it: on no port but its own, or on others too. */
function metBy(
  { anyPort, onePort, byPort }: Touch,
  port: number,
): { readonly whole: Met | null; readonly part: Met | null } {
  return port === 0 ? { whole: anyPort ?? onePort, part: null } : { whole: byPort.get(port) ?? null, part: anyPort };
}

/** Scopes of the host that contain the entry's, the widest first, its own last. */
function* hostsOf({ host, subdomains }: Entry): Generator<{ readonly scope: HostScope; readonly isOwn: boolean }> {
  for (const parent of parentNames(host)) yield { scope: { host: parent, subdomains: true }, isOwn: false };
  yield { scope: { host, subdomains: true }, isOwn: subdomains };
  if (!subdomains) yield { scope: { host, subdomains: false }, isOwn: true };
}
