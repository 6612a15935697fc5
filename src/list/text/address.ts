/**
 * The address of a list line → host scope, path scope and port, or an error that says what would be right.
 *
 *   [http://] [*.] host [:port] [/path] [?query]     with a final `/*` (everything below) or `?*` (any query)
 *
 * `*` is read before anything is decoded, and only in those three places: an escape never makes a pattern. It must not
 * guess: what could be meant in two ways is an error (ambiguous-address.ts), because a wrong guess blocks too much or too little.
 */
import type { PathScope } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import { canonicalHost } from '../../url/host.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { FOLD, foldedTarget } from '../../url/fold.ts';
import { directoryDepth, MAX_DIRECTORY_DEPTH } from '../../url/path.ts';
import { addressAmbiguity, hostAmbiguity } from './ambiguous-address.ts';
import { parseError } from './diagnostic.ts';
import type { ParseError } from './diagnostic.ts';
import { isIpLiteral } from './ip-literal.ts';

export interface Address {
  readonly ok: true;
  readonly host: CanonicalHost;
  readonly subdomains: boolean;
  readonly path: PathScope;
  /** 0: any port. */
  readonly port: number;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** Browsers read `http:/host` and `http:host` as `http://host`; here it would be a host named http. */
const HALF_SCHEME = /^https?:(?!\/\/)/i;
const PORT = /^[1-9]\d{0,4}$/;

/** White space that looks like a blank, or characters nobody sees: they would silently become part of the address. */
const INVISIBLE = /[\u0085\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/;

/** @param fold of the entry (url/fold.ts): its path is folded so. */
export function parseAddress(text: ByteString, fold = 0): Address | ParseError {
  const invisible = findInvisible(text);
  if (invisible !== null) return invisible;
  const scheme = SCHEME.exec(text);
  if (scheme !== null && !/^https?$/i.test(scheme[1] ?? ''))
    return parseError(0, 'only the schemes http and https can be listed');
  if (HALF_SCHEME.test(text))
    return parseError(
      text.indexOf(':') + 1,
      "two slashes follow the scheme; write 'http://host.example/path', or the host alone",
    );
  const start = scheme === null ? 0 : scheme[0].length;
  const end = authorityEnd(text, start);
  const authority = parseAuthority(text.slice(start, end), start);
  if (!authority.ok) return authority;
  const path =
    end === text.length && scheme === null ? ({ kind: 'host' } as const) : parseScope(text.slice(end), end, fold);
  if ('ok' in path) return path;
  const address = { ...authority, path };
  return addressAmbiguity({ ...address, text, hasScheme: scheme !== null, pathAt: end }) ?? address;
}

interface Authority {
  readonly ok: true;
  readonly host: CanonicalHost;
  readonly subdomains: boolean;
  readonly port: number;
}

/** `at`: offset of the authority in the line, for errors. */
function parseAuthority(authority: ByteString, at: number): Authority | ParseError {
  if (authority === '') return parseError(at, 'a host is missing; write host.example or host.example/path');
  const user = authority.lastIndexOf('@');
  if (user !== -1) return parseError(at + user, 'user information (before @) cannot be listed; write the host alone');
  const subdomains = authority.startsWith('*.');
  const hostAt = subdomains ? 2 : 0;
  const star = authority.indexOf('*', hostAt);
  if (star !== -1) return parseError(at + star, "'*' in a host may only stand at the beginning, as '*.'");
  const split = splitPort(authority, hostAt);
  if (split === null)
    return parseError(at + hostAt, 'one colon at most, before the port; an IPv6 address is written in square brackets');
  if (split.port !== null && !isPort(split.port))
    return parseError(at + authority.length - split.port.length, 'the port must be 1 to 65535, without leading zeros');
  const host = canonicalHost(split.host);
  // An escaped '*' is no pattern, and no host either.
  if (host === null || host.includes('*'))
    return parseError(at + hostAt, 'not a host name or IP address that can be connected to');
  const ambiguity = hostAmbiguity(split.host, host, at + hostAt);
  if (ambiguity !== null) return ambiguity;
  if (subdomains && isIpLiteral(host)) return parseError(at, "an IP address has no subdomains; write it without '*.'");
  return { ok: true, host, subdomains, port: split.port === null ? 0 : Number(split.port) };
}

/** @returns null if there is more than one colon outside brackets. */
function splitPort(
  authority: ByteString,
  hostAt: number,
): { readonly host: ByteString; readonly port: string | null } | null {
  const bracket = authority.lastIndexOf(']');
  const colon = authority.indexOf(':', bracket === -1 ? hostAt : bracket);
  if (colon === -1) return { host: authority.slice(hostAt), port: null };
  if (bracket === -1 && authority.includes(':', colon + 1)) return null;
  return { host: authority.slice(hostAt, colon), port: authority.slice(colon + 1) };
}

/** `tail`: what follows the authority, from `/`, `\`, `?` or `#` on; empty: `http://host.example`, the root page. */
function parseScope(tail: ByteString, at: number, fold: number): PathScope | ParseError {
  const hash = tail.indexOf('#');
  const text = hash === -1 ? tail : tail.slice(0, hash);
  const last = at + tail.length - 1;
  if (hash !== -1 && tail.endsWith('*'))
    return parseError(last, "'*' in a fragment matches nothing; fragments never reach a server, leave it out");
  const query = text.indexOf('?');
  if (text.endsWith('?*')) return parsePage(text, query, last, fold);
  if (text.endsWith('\\*')) return parseError(last - 1, "write '/*' for everything below");
  if (text.endsWith('/*')) return parseDirectory(text, query, last, fold);
  const target = foldedTarget(text, fold);
  return { kind: 'url', path: target.path, query: target.query };
}

function parsePage(text: ByteString, query: number, last: number, fold: number): PathScope | ParseError {
  if (query !== text.length - 2)
    return parseError(last, "'?*' stands alone after the path; write '*' of a query as %2A");
  return { kind: 'page', path: foldedTarget(text.slice(0, -2), fold).path };
}

function parseDirectory(text: ByteString, query: number, last: number, fold: number): PathScope | ParseError {
  if (query !== -1)
    return parseError(last, "'/*' belongs to a path and a query follows it; write '*' of a query as %2A");
  // Its own slash stays: a directory ends in one, whatever the fold.
  const { path } = foldedTarget(text.slice(0, -1), fold & ~FOLD.slash);
  const depth = directoryDepth(path);
  if (depth > MAX_DIRECTORY_DEPTH)
    return parseError(last, `the directory has ${depth} segments; at most ${MAX_DIRECTORY_DEPTH} can be matched`);
  return { kind: 'directory', path };
}

/** Browsers take `\` for `/`, and so does the canonical form. */
function authorityEnd(text: ByteString, start: number): number {
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '/' || character === '?' || character === '#' || character === '\\') return i;
  }
  return text.length;
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= 65_535;
}

function findInvisible(text: ByteString): ParseError | null {
  if (!/\P{ASCII}/u.test(text)) return null;
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  const found = INVISIBLE.exec(decoded);
  if (found === null) return null;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return parseError(
    Buffer.byteLength(decoded.slice(0, found.index)),
    `invisible character U+${code}; remove it, or percent-encode it if it belongs to the address`,
  );
}
