/**
 * What a tool's entry covers → the addresses of our grammar that cover the same, or why there are none.
 *
 *   draft ──▶ text ──▶ read again by the grammar (list/text/address.ts) ──▶ the same host, path, query, port? ──▶ written
 *                      └─ plain host names: known to come out as they are
 *
 * It must never write an address that the grammar reads as something else than the draft: that is what keeps an import from
 * covering more than the tool does.
 */
import type { ByteString } from '../../url/bytes.ts';
import { FOLD } from '../../url/fold.ts';
import { isPlainName } from '../../url/host.ts';
import { canonicalPath } from '../../url/path.ts';
import type { Entry } from '../../match/entry.ts';
import { MAX_KEY_BYTES } from '../../match/probe.ts';
import { parseAddress } from '../text/address.ts';
import type { Address } from '../text/address.ts';
import { coversPublicSuffix } from '../text/public-suffix.ts';
import type { SuffixPolicy } from '../../lib/types.ts';
import type { Draft } from './outcome.ts';
import type { LeftReason } from './reasons.ts';

export type Written =
  | { readonly ok: true; readonly addresses: readonly ByteString[]; readonly covers: Covered }
  | {
      readonly ok: false;
      readonly reason: LeftReason;
      /** The grammar's own words, where it has some; null: those of the reason. */
      readonly message: string | null;
    };

/** Paths that the canonical form leaves as they are: with a query or without, nothing is encoded, no segment begins with a dot, and no pattern ends. */
const PLAIN_TARGET = /^\/(?:[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*){0,30}\/?)?(?:\?[\w.~&=-]+)?$/;
const MOST_PLAIN_BYTES = 1024;
const LETTER = /[a-z]/;
// oxlint-disable-next-line no-control-regex -- what is not printable ASCII, and what the grammar reads as something else
const ENCODED = /[\x00-\x20#\x7f-\xff]/g;
const NOT_ASCII = /\P{ASCII}/u;
/** Where a tool sees no port, its client speaks to one of these. */
const DEFAULT_PORTS = [80, 443] as const;
const ANY_PORT = [0] as const;

export function writtenEntry(draft: Draft, suffixes: SuffixPolicy): Written {
  const address = readBack(draft);
  if ('reason' in address) return address;
  if (suffixes === 'refuse' && coversPublicSuffix(address)) return leftOut('public_suffix');
  const { ports: named } = draft;
  if (typeof named === 'number' && (named < 1 || named > 65_535)) return leftOut('not_an_address');
  const ports = named === 'any' ? ANY_PORT : named === 'default' ? DEFAULT_PORTS : [named];
  return { ok: true, addresses: ports.map((port) => addressText(draft, port)), covers: address };
}

/** Of a path on the host may be told no more than whether it means all of them. */
type Covered = Pick<Entry, 'host' | 'subdomains' | 'path'>;
type NotWritten = Extract<Written, { readonly ok: false }>;

/** Nobody asks which: it is not the whole host. */
const PLAIN_PATH: Covered['path'] = { kind: 'url', path: canonicalPath('/'), query: null };
const ALL_PATHS: Covered['path'] = { kind: 'directory', path: canonicalPath('/') };

function isPlainPath({ kind, text }: NonNullable<Draft['path']>): boolean {
  if (text.length > MOST_PLAIN_BYTES || !PLAIN_TARGET.test(text)) return false;
  return kind === 'url' || (!text.includes('?') && (kind === 'page' || text.endsWith('/')));
}

function plainPath({ kind, text }: NonNullable<Draft['path']>): Covered['path'] {
  return kind === 'directory' && text === '/' ? ALL_PATHS : PLAIN_PATH;
}

/** What the grammar makes of it. */
function readBack(draft: Draft): Covered | NotWritten {
  const host = plainName(draft.host);
  // Nearly all: the grammar would leave them as they are.
  if (isPlainName(host) && LETTER.test(host)) {
    if (draft.path === null) return { host, subdomains: draft.below, path: { kind: 'host' } };
    if (isPlainPath(draft.path)) return { host, subdomains: draft.below, path: plainPath(draft.path) };
  }
  const read = parseAddress(addressText(draft, 0), draft.ignoreCase ? FOLD.case : 0);
  if (!read.ok) return { ok: false, reason: 'not_an_address', message: read.message };
  if (!isSameHost(draft, read)) return leftOut('not_a_name');
  if (!isSamePath(draft, read)) return leftOut('other_spelling');
  return keyLength(read) <= MAX_KEY_BYTES ? read : leftOut('too_long');
}

function leftOut(reason: LeftReason): NotWritten {
  return { ok: false, reason, message: null };
}

function isSameHost({ host, below }: Draft, read: Address): boolean {
  if (read.port !== 0 || read.subdomains !== below) return false;
  const plain = plainName(host);
  // A name in another script has one form only; tools that compare bytes know it by that form.
  return read.host === plain || NOT_ASCII.test(plain);
}

function isSamePath({ path, ignoreCase }: Draft, { path: read }: Address): boolean {
  if (path === null) return read.kind === 'host';
  if (read.kind !== path.kind) return false;
  const raw = encoded(path.text);
  if (read.kind !== 'url') return read.path === folded(raw, ignoreCase);
  const query = raw.indexOf('?');
  const literal =
    query === -1 ? { path: raw, query: null } : { path: raw.slice(0, query), query: raw.slice(query + 1) };
  return read.path === folded(literal.path, ignoreCase) && read.query === literal.query;
}

function folded(path: ByteString, ignoreCase: boolean): ByteString {
  return ignoreCase ? path.toLowerCase() : path;
}

function encoded(text: ByteString): ByteString {
  return text.replace(ENCODED, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function keyLength({ host, path }: Address): number {
  if (path.kind === 'host') return host.length;
  return host.length + path.path.length + (path.kind === 'url' && path.query !== null ? path.query.length + 1 : 0);
}

/** @param port 0: any. */
function addressText({ host, below, path }: Draft, port: number): ByteString {
  const authority = `${below ? '*.' : ''}${plainName(host)}${port === 0 ? '' : `:${port}`}`;
  if (path === null) return authority;
  // The scheme says that `192.0.2.1/24` is an address with a path.
  return `http://${authority}${tailOf(path.kind, encoded(path.text))}`;
}

function tailOf(kind: NonNullable<Draft['path']>['kind'], text: ByteString): ByteString {
  switch (kind) {
    case 'url':
      return withoutPattern(text);
    case 'page':
      return `${text}?*`;
    case 'directory':
      return `${text}*`;
  }
}

/** In small letters, without the dot that says it is whole. Bytes of other scripts are no letters: they stay. */
function plainName(host: ByteString): ByteString {
  if (isPlainName(host)) return host;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return NOT_ASCII.test(name) ? name : name.toLowerCase();
}

/** `*` at the end is a pattern in our grammar, and a letter here. */
function withoutPattern(text: ByteString): ByteString {
  return text.endsWith('/*') || text.endsWith('?*') ? `${text.slice(0, -1)}%2A` : text;
}
