/**
 * Addresses that the grammar could read and that mean something else to another tool: a guess would refuse too much or too
 * little, so they are errors, and each says how to write what was read. It must not touch a path, where every character may
 * stand, nor an address that has a scheme but for its host.
 */
import type { PathScope } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { parseError } from './diagnostic.ts';
import type { ParseError } from './diagnostic.ts';
import { foreignError } from './foreign-line.ts';
import { isIpLiteral } from './ip-literal.ts';

/** Of host names as they are registered and asked for; others can be escaped, which no other tool's line is. */
const ODD = /[^\w.%\u0080-\u00ff-]/;
const PREFIX_LENGTH = /^\/(?:\d|[12]\d|3[0-2])$/;
const PREFIX_LENGTH_6 = /^\/(?:\d{1,2}|1[01]\d|12[0-8])$/;
const NETMASK = /^\/(?:\d{1,3}\.){3}\d{1,3}$/;
/** A serial number, an identifier, the beginning of an address: the URL standard reads an address in it all the same. */
const PART_OF_IPV4 = /^\d+(?:\.\d+){0,2}\.?(?::\d+)?$/;

/** @param raw as the line spells it, IPv6 in brackets; `at` its offset. */
export function hostAmbiguity(raw: ByteString, host: CanonicalHost, at: number): ParseError | null {
  if (raw.startsWith('.')) return foreignError(at, 'foreign_leading_dot');
  if (host.startsWith('[')) return null;
  const odd = ODD.exec(raw);
  if (odd !== null)
    return parseError(at + odd.index, `'${odd[0]}' stands in no host name; percent-encode it if it is meant`);
  return /[a-z0-9]/.test(host) ? null : parseError(at, 'a host name has a letter or a digit');
}

export interface ParsedAddress {
  readonly text: ByteString;
  readonly hasScheme: boolean;
  /** Where the path begins, or the text ends. */
  readonly pathAt: number;
  readonly host: CanonicalHost;
  readonly port: number;
  readonly path: PathScope;
}

/** @returns what else the text could mean, at the column where that shows; null if it can be read in one way only. */
export function addressAmbiguity(address: ParsedAddress): ParseError | null {
  const { text, hasScheme, pathAt, path } = address;
  // Browsers take `\` for `/`; with a scheme in front there is no doubt, but for what is escaped in expressions.
  if (text[pathAt] === '\\' && (!hasScheme || /[.\-/]/.test(text[pathAt + 1] ?? ''))) {
    return foreignError(pathAt, 'foreign_regex', "; write '/' if a path is meant");
  }
  if (hasScheme) return null;
  if (/^#[@?$%]*#/.test(text.slice(pathAt, pathAt + 8))) return foreignError(0, 'foreign_adblock');
  if (path.kind === 'host')
    return PART_OF_IPV4.test(text)
      ? foreignError(0, 'foreign_network', '; write all four parts if an address is meant')
      : null;
  return isNetwork(address)
    ? foreignError(0, 'foreign_network', '; with the scheme http in front it is the page of that name')
    : null;
}

function isNetwork({ text, pathAt, host, port }: ParsedAddress): boolean {
  if (port !== 0 || !isIpLiteral(host)) return false;
  const tail = text.slice(pathAt);
  return (host.startsWith('[') ? PREFIX_LENGTH_6 : PREFIX_LENGTH).test(tail) || NETMASK.test(tail);
}
