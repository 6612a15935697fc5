/**
 * All entries of a list by key, to ask whether one stands twice or under another. Keys are the canonical text of entries:
 * it holds the list in the clear and must live no longer than the command that asks.
 */
import { IntColumn } from '../../match/columns.ts';
import type { Entry, PathScope } from '../../match/entry.ts';
import { FOLD, foldedPath } from '../../url/fold.ts';
import { directoryDepth, rootedPath } from '../../url/path.ts';
import { isIpLiteral } from '../text/ip-literal.ts';

/** What an entry is compared by, apart from its key. */
export interface Listed {
  readonly line: number;
  readonly port: number;
  readonly expires: number;
  readonly count: boolean;
}

interface HostScope {
  readonly host: string;
  readonly subdomains: boolean;
}

/** Kinds of entries that a host scope has, in the bits of one number: a look-up by another kind finds nothing. */
const KIND = { host: 1, directory: 2, page: 4, url: 8 } as const;
const ANY_KIND = 15;
/** Bits of the entries with subdomains lie above those of the others. */
const SUBDOMAIN_SHIFT = 4;
const NO_ROW = -1;
const WHOLE_HOST = { kind: 'host' } as const;

export class EntryIndex {
  /** Last row of each key; rows of one key are chained. */
  readonly #rows = new Map<string, number>();
  /** The kinds of entries of each host: most have few, and need few look-ups. */
  readonly #hosts = new Map<string, number>();
  readonly #lines = new IntColumn();
  readonly #ports = new IntColumn();
  readonly #expires = new IntColumn();
  readonly #counts = new IntColumn();
  readonly #before = new IntColumn();
  /** Folds that any entry has. */
  readonly #folds = new Set<number>();

  /** The entry's id is the number of its line. */
  add(entry: Entry): void {
    const key = keyOf(entry, entry.path, entry.fold);
    this.#folds.add(entry.fold);
    const kind = entry.subdomains ? KIND[entry.path.kind] << SUBDOMAIN_SHIFT : KIND[entry.path.kind];
    this.#hosts.set(entry.host, (this.#hosts.get(entry.host) ?? 0) | kind);
    this.#before.push(this.#rows.get(key) ?? NO_ROW);
    this.#rows.set(key, this.#lines.length);
    this.#lines.push(Number(entry.id));
    this.#ports.push(entry.port);
    this.#expires.push(entry.expires);
    this.#counts.push(entry.count ? 1 : 0);
  }

  /** The first entry with the same key and port, in an earlier line; null: none. */
  duplicateOf(entry: Entry): Listed | null {
    const line = Number(entry.id);
    let found = NO_ROW;
    for (let row = this.#first(keyOf(entry, entry.path, entry.fold)); row !== NO_ROW; row = this.#before.get(row))
      if (this.#lines.get(row) < line && this.#ports.get(row) === entry.port) found = row;
    return found === NO_ROW ? null : this.#listed(found);
  }

  /** Another entry, no duplicate, that covers this one wherever and whenever it holds, the widest first; null: none. */
  coveredBy(entry: Entry): Listed | null {
    const own = keyOf(entry, entry.path, entry.fold);
    for (const key of this.#widerKeys(entry, { inEveryReading: true })) {
      for (let row = this.#first(key); row !== NO_ROW; row = this.#before.get(row)) {
        // Most entries find only themselves.
        if (key === own && this.#ports.get(row) === entry.port) continue;
        const listed = this.#listed(row);
        if (covers(listed, entry)) return listed;
      }
    }
    return null;
  }

  /** An entry that covers this one on the days on which both hold, itself included if it stands here; the widest first; null: none. */
  coveredWhileInForceBy(entry: Entry): Listed | null {
    for (const key of this.#widerKeys(entry, { inEveryReading: false })) {
      for (let row = this.#first(key); row !== NO_ROW; row = this.#before.get(row)) {
        const listed = this.#listed(row);
        if (onItsPort(listed, entry)) return listed;
      }
    }
    return null;
  }

  /** The last row of a key; `#before` leads to those before it. */
  #first(key: string): number {
    return this.#rows.get(key) ?? NO_ROW;
  }

  #listed(row: number): Listed {
    return {
      line: this.#lines.get(row),
      port: this.#ports.get(row),
      expires: this.#expires.get(row),
      count: this.#counts.get(row) === 1,
    };
  }

  /**
   * Keys of every scope that contains the entry's, its own included (it may stand there on any port). Parameters are dropped before
   * anything is decoded, `..` behind an escaped slash with them: an entry that drops them lacks readings that one that keeps them has.
   */
  *#widerKeys(entry: Entry, { inEveryReading }: { readonly inEveryReading: boolean }): Generator<string> {
    for (const scope of this.#widerHosts(entry)) {
      const kinds = this.#kindsOf(scope);
      if ((kinds & KIND.host) !== 0) yield keyOf(scope, WHOLE_HOST, 0);
      if ((kinds & ~KIND.host) === 0) continue;
      for (const fold of this.#folds) {
        if (inEveryReading && (fold & ~entry.fold & FOLD.params) !== 0) continue;
        for (const path of widerPaths(entry, fold, kinds))
          if ((kinds & KIND[path.kind]) !== 0) yield keyOf(scope, path, fold);
      }
    }
  }

  *#widerHosts({ host, subdomains }: Entry): Generator<HostScope> {
    if (!isIpLiteral(host)) {
      for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
        const parent = host.slice(dot + 1);
        if (this.#kindsOf({ host: parent, subdomains: true }) !== 0) yield { host: parent, subdomains: true };
      }
    }
    if (this.#kindsOf({ host, subdomains: true }) !== 0) yield { host, subdomains: true };
    if (!subdomains) yield { host, subdomains: false };
  }

  #kindsOf({ host, subdomains }: HostScope): number {
    return ((this.#hosts.get(host) ?? 0) >> (subdomains ? SUBDOMAIN_SHIFT : 0)) & ANY_KIND;
  }
}

function covers(wider: Listed, entry: Entry): boolean {
  const asLong = wider.expires === 0 || (entry.expires !== 0 && wider.expires >= entry.expires);
  return onItsPort(wider, entry) && asLong && (!wider.count || entry.count);
}

function onItsPort(wider: Listed, entry: Entry): boolean {
  return wider.port === 0 || wider.port === entry.port;
}

/**
 * Scopes of that fold that contain the entry's, the widest first, its own last. None where the fold does less than the entry's, or
 * would drop what the entry keeps; and no directories where the host has none (`kinds`).
 */
function* widerPaths(entry: Entry, fold: number, kinds: number): Generator<PathScope> {
  if (entry.path.kind === 'host' || (fold & entry.fold) !== entry.fold) return;
  const path = refolded(entry.path, fold & ~entry.fold);
  if (path === null) return;
  // Not its own directory, if it is one: that comes last.
  const hasDirectories = (kinds & KIND.directory) !== 0;
  const depths = hasDirectories ? directoryDepth(path.path) + (path.kind === 'directory' ? 0 : 1) : 0;
  let end = 0;
  for (let depth = 0; depth < depths; depth += 1) {
    end = path.path.indexOf('/', end) + 1;
    yield { kind: 'directory', path: rootedPath(path.path.slice(0, end)) };
  }
  // Where a slash at the end does not count, a directory covers its own name too.
  if (hasDirectories && path.kind !== 'directory' && (fold & FOLD.slash) !== 0 && path.path !== '/')
    yield { kind: 'directory', path: rootedPath(`${path.path}/`) };
  if (path.kind === 'url') yield { kind: 'page', path: path.path };
  yield path;
}

/** `more`: what the wider fold does besides. @returns null if a parameter in the path would be dropped, however it was asked for. */
function refolded(
  path: Exclude<PathScope, { readonly kind: 'host' }>,
  more: number,
): Exclude<PathScope, { readonly kind: 'host' }> | null {
  if ((more & FOLD.params) !== 0 && path.path.includes(';')) return null;
  return { ...path, path: foldedPath(path.path, path.kind === 'directory' ? more & ~FOLD.slash : more) };
}

function keyOf({ host, subdomains }: HostScope, path: PathScope, fold: number): string {
  const domain = subdomains ? `*.${host}` : host;
  if (path.kind === 'host') return domain;
  const query = path.kind === 'url' && path.query !== null ? `?${path.query}` : '';
  // Kind and fold in front: `/a/%2A` and `/a/*` are different scopes of the same text.
  return `${path.kind}${fold} ${domain}${path.path}${query}`;
}
