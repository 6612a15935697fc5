/**
 * All entries of a list by host and path, to ask whether one stands twice or under another. It holds the list in the clear and must live no
 * longer than the command that asks.
 *
 *   entry ─▶ row: line, port …;  host ─▶ its number ─▶ kinds of entries on it, last row on the whole of it
 *                                └─ with a path ─▶ its number ─▶ last row;  each row ─▶ the one before it
 *
 * Rows are columns and no objects, and what is asked of a row is read off them: a list of a million lines is parsed once.
 */
import { IntColumn } from '../../match/columns.ts';
import type { Entry, PathScope } from '../../match/entry.ts';
import { FOLD } from '../../url/fold.ts';
import { rootedPath } from '../../url/path.ts';
import { containingPaths, parentNames, underFold, WHOLE_HOST } from './scopes.ts';
import type { PathOnHost, Scope } from './scopes.ts';
import { NO_TEXT, TextTable } from './text-table.ts';

/** What an entry is compared by, apart from its scope. */
export interface Listed {
  readonly line: number;
  readonly port: number;
  readonly expires: number;
  readonly count: boolean;
}

/** An entry that covers another one. */
export interface Cover {
  readonly listed: Listed;
  /** It has no path, so that nobody can read the other one's in a way that leads out of it. */
  readonly isWholeHost: boolean;
}

/** Kinds of entries with paths that a host scope has, in the bits of one number: a look-up by another kind finds nothing. */
const KIND = { directory: 1, page: 2, url: 4 } as const;
const ANY_KIND = 7;
const LETTERS = { directory: 'd', page: 'p', url: 'u' } as const;
/** Bits of the entries with subdomains lie above those of the others. */
const SUBDOMAIN_SHIFT = 3;
const NO_ROW = -1;

/** A host that entries are on, with those below it or without. */
interface HostNumber {
  readonly host: number;
  readonly subdomains: boolean;
}

export class EntryIndex {
  readonly #hosts = new TextTable();
  /** By host. */
  readonly #kinds = new IntColumn();
  readonly #rowsOn = new IntColumn();
  readonly #whole = new IntColumn();
  readonly #wholeBelow = new IntColumn();
  #hasSubdomains = false;
  readonly #paths = new TextTable();
  /** By path: its last row; rows of one scope are chained. */
  readonly #pathRows = new IntColumn();
  /** By row. */
  readonly #lines = new IntColumn();
  readonly #ports = new IntColumn();
  readonly #expires = new IntColumn();
  readonly #counts = new IntColumn();
  readonly #before = new IntColumn();
  /** Twice the host, and one more with subdomains. */
  readonly #hostOf = new IntColumn();
  readonly #pathOf = new IntColumn();
  /** Folds that any entry has. */
  readonly #folds = new Set<number>();
  /** One page may lie behind another. */
  #hasInfo = false;

  /**
   * The entry's id is the number of its line.
   * @param isFound false: it is a row, and no other entry is compared with it. One address may not have too many that are (row-bound.ts).
   */
  add(entry: Entry, isFound = true): void {
    const row = this.#lines.length;
    const host = this.#addHost(entry.host);
    const on = { host, subdomains: entry.subdomains };
    const path = entry.path.kind === 'host' ? NO_TEXT : this.#addPath(pathKey(on, entry.path, entry.fold));
    this.#lines.push(Number(entry.id));
    this.#ports.push(entry.port);
    this.#expires.push(entry.expires);
    this.#counts.push(entry.count ? 1 : 0);
    this.#hostOf.push(2 * host + (entry.subdomains ? 1 : 0));
    this.#pathOf.push(path);
    this.#rowsOn.set(host, this.#rowsOn.get(host) + 1);
    const last = path === NO_TEXT ? (entry.subdomains ? this.#wholeBelow : this.#whole) : this.#pathRows;
    const at = path === NO_TEXT ? host : path;
    this.#before.push(last.get(at));
    if (!isFound) return;
    last.set(at, row);
    this.#hasSubdomains ||= entry.subdomains;
    if (entry.path.kind === 'host') return;
    this.#folds.add(entry.fold);
    this.#hasInfo ||= (entry.fold & FOLD.info) !== 0;
    const kind = entry.subdomains ? KIND[entry.path.kind] << SUBDOMAIN_SHIFT : KIND[entry.path.kind];
    this.#kinds.set(host, this.#kinds.get(host) | kind);
  }

  /** @param row in the order of the calls of `add`. */
  at(row: number): Listed {
    return {
      line: this.#lines.get(row),
      port: this.#ports.get(row),
      expires: this.#expires.get(row),
      count: this.#counts.get(row) === 1,
    };
  }

  /** The first entry with the same scope and port, in an earlier line; null: none. */
  duplicateOf(row: number): Listed | null {
    let found = NO_ROW;
    for (let other = this.#before.get(row); other !== NO_ROW; other = this.#before.get(other))
      if (this.#ports.get(other) === this.#ports.get(row)) found = other;
    return found === NO_ROW ? null : this.at(found);
  }

  /** Another entry, no duplicate, that covers this one wherever and whenever it holds, the widest first; null: none. */
  coveredBy(row: number): Listed | null {
    if (this.#isAlone(row)) return null;
    const entry = this.at(row);
    for (const last of this.#widerRows(this.#scopeOf(row), { inEveryReading: true })) {
      for (let other = last; other !== NO_ROW; other = this.#before.get(other)) {
        const listed = this.at(other);
        if (listed.port === entry.port && this.#isSameScope(other, row)) continue;
        if (covers(listed, entry)) return listed;
      }
    }
    return null;
  }

  /**
   * An entry that covers this one on the days on which both hold, itself included if it stands here: one on a whole host if there is any, and
   * of several the widest; null: none.
   */
  coveredWhileInForceBy(entry: Entry): Cover | null {
    let onPath: Listed | null = null;
    for (const last of this.#widerRows(entry, { inEveryReading: false })) {
      for (let row = last; row !== NO_ROW; row = this.#before.get(row)) {
        const listed = this.at(row);
        if (!onItsPort(listed, entry)) continue;
        if (this.#pathOf.get(row) === NO_TEXT) return { listed, isWholeHost: true };
        onPath ??= listed;
      }
    }
    return onPath === null ? null : { listed: onPath, isWholeHost: false };
  }

  /** As most are: no host has entries for those below it, and on this one there is no other, or nothing but single pages, of which each is another. */
  #isAlone(row: number): boolean {
    if (this.#hasSubdomains) return false;
    const host = this.#hostOf.get(row) >> 1;
    if (this.#rowsOn.get(host) === 1) return true;
    const kinds = this.#kinds.get(host);
    const path = this.#pathOf.get(row);
    return (
      path !== NO_TEXT &&
      this.#whole.get(host) === NO_ROW &&
      (kinds === KIND.url || kinds === KIND.page) &&
      this.#folds.size === 1 &&
      !this.#hasInfo &&
      this.#pathRows.get(path) === row &&
      this.#before.get(row) === NO_ROW
    );
  }

  #addHost(host: string): number {
    const number = this.#hosts.add(host);
    if (number === this.#kinds.length) {
      this.#kinds.push(0);
      this.#rowsOn.push(0);
      this.#whole.push(NO_ROW);
      this.#wholeBelow.push(NO_ROW);
    }
    return number;
  }

  #addPath(key: string): number {
    const number = this.#paths.add(key);
    if (number === this.#pathRows.length) this.#pathRows.push(NO_ROW);
    return number;
  }

  #isSameScope(row: number, other: number): boolean {
    return this.#hostOf.get(row) === this.#hostOf.get(other) && this.#pathOf.get(row) === this.#pathOf.get(other);
  }

  #scopeOf(row: number): Scope {
    const on = this.#hostOf.get(row);
    const host = { host: this.#hosts.text(on >> 1), subdomains: (on & 1) === 1 };
    const path = this.#pathOf.get(row);
    return path === NO_TEXT ? { ...host, path: WHOLE_HOST, fold: 0 } : { ...host, ...pathOf(this.#paths.text(path)) };
  }

  /**
   * Last rows of every scope that contains the entry's, its own included (it may stand there on any port). Parameters are dropped before
   * anything is decoded, `..` behind an escaped slash with them: an entry that drops them lacks readings that one that keeps them has.
   */
  *#widerRows(entry: Scope, { inEveryReading }: { readonly inEveryReading: boolean }): Generator<number> {
    for (const on of this.#widerHosts(entry)) {
      yield (on.subdomains ? this.#wholeBelow : this.#whole).get(on.host);
      const kinds = (this.#kinds.get(on.host) >> (on.subdomains ? SUBDOMAIN_SHIFT : 0)) & ANY_KIND;
      if (kinds === 0) continue;
      for (const fold of this.#folds) {
        if (inEveryReading && (fold & ~entry.fold & FOLD.params) !== 0) continue;
        for (const path of widerPaths(entry, fold, kinds)) {
          const number = (kinds & KIND[path.kind]) === 0 ? NO_TEXT : this.#paths.find(pathKey(on, path, fold));
          if (number !== NO_TEXT) yield this.#pathRows.get(number);
        }
      }
    }
  }

  *#widerHosts({ host, subdomains }: Scope): Generator<HostNumber> {
    if (this.#hasSubdomains) {
      for (const parent of parentNames(host)) {
        const number = this.#hosts.find(parent);
        if (number !== NO_TEXT) yield { host: number, subdomains: true };
      }
    }
    const number = this.#hosts.find(host);
    if (number === NO_TEXT) return;
    if (this.#hasSubdomains) yield { host: number, subdomains: true };
    if (!subdomains) yield { host: number, subdomains: false };
  }
}

function covers(wider: Listed, entry: Listed): boolean {
  const asLong = wider.expires === 0 || (entry.expires !== 0 && wider.expires >= entry.expires);
  return onItsPort(wider, entry) && asLong && (!wider.count || entry.count);
}

function onItsPort(wider: Pick<Listed, 'port'>, entry: Pick<Listed, 'port'>): boolean {
  return wider.port === 0 || wider.port === entry.port;
}

/**
 * Scopes of that fold that contain the entry's, the widest first, its own last. None where the fold does less than the entry's, or
 * would drop what the entry keeps; and no directories where the host has none (`kinds`).
 */
function* widerPaths(entry: Scope, fold: number, kinds: number): Generator<PathOnHost> {
  if (entry.path.kind === 'host' || (fold & entry.fold) !== entry.fold) return;
  const more = fold & ~entry.fold;
  // A parameter in the path would be dropped, however it was asked for.
  if ((more & FOLD.params) !== 0 && entry.path.path.includes(';')) return;
  yield* containingPaths(underFold(entry.path, more), fold, (kinds & KIND.directory) !== 0);
}

/** Kind and fold in front: `/a/%2A` and `/a/*` are different scopes of the same text. */
function pathKey({ host, subdomains }: HostNumber, path: PathOnHost, fold: number): string {
  const query = path.kind === 'url' && path.query !== null ? `?${path.query}` : '';
  return `${LETTERS[path.kind]}${fold.toString(16)}${subdomains ? '*' : ''}${host}${path.path}${query}`;
}

/** In a path that is canonical a question mark is escaped: the first one begins the query. */
function pathOf(key: string): { readonly path: PathScope; readonly fold: number } {
  const text = key.slice(key.indexOf('/'));
  const fold = Number.parseInt(key.charAt(1), 16);
  if (key.startsWith(LETTERS.directory)) return { path: { kind: 'directory', path: rootedPath(text) }, fold };
  if (key.startsWith(LETTERS.page)) return { path: { kind: 'page', path: rootedPath(text) }, fold };
  const mark = text.indexOf('?');
  const [path, query] = mark === -1 ? [text, null] : [text.slice(0, mark), text.slice(mark + 1)];
  return { path: { kind: 'url', path: rootedPath(path), query }, fold };
}
