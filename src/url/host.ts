/**
 * The canonical host: one spelling for every way to write the same host. It judges and it connects (requirement 6), so
 * null, "not a host that can be connected to", must be refused and never forwarded.
 *
 *   raw bytes ─▶ length ─▶ tab/CR/LF out ─▶ %XX to a fixed point ─▶ [IPv6] ─▶ dots ─▶ UTS 46 ─▶ IPv4 ─▶ lengths ─▶ CanonicalHost
 *         └────────────── plain lower-case names: one scan, nothing allocated ─────────────────────────────────────▶
 *
 * Its work is bounded (requirement 60): the text by its length, UTS 46, which takes quadratic time, by what could fit a name.
 */
import { domainToASCII } from 'node:url';
import type { Brand } from '../lib/types.ts';
import { decodeFully, withoutTabsAndBreaks } from './bytes.ts';
import type { ByteString } from './bytes.ts';
import { findKind, isAscii, isIgnorable, KIND } from './characters.ts';
import { canonicalIpv4, endsInNumber } from './ipv4.ts';
import { canonicalIpv6 } from './ipv6.ts';

/** Lower-case ASCII name without empty labels, dotted-quad IPv4, or compressed IPv6 in brackets. */
export type CanonicalHost = Brand<string, 'CanonicalHost'>;

/**
 * Bytes of a host as it comes. A name of 253 bytes takes 759 with every byte escaped, and about as many in escaped UTF-8;
 * longer spellings are escapes of escapes of long names, which no browser sends.
 */
export const MAX_HOST_TEXT = 1000;
/** RFC 1035 §2.3.4, without the root label. */
const MAX_NAME = 253;
const MAX_LABEL = 63;
const DOT = 0x2e;

/** 1 for the characters of a plain name: a-z, 0-9, `-`, `_`. */
const PLAIN = plainCharacters();

/**
 * @param raw host as it came, without port and user info; IPv6 with its brackets.
 * @returns null for more than MAX_HOST_TEXT bytes, forbidden characters, numbers that are no address, names or labels that are too long or empty,
 *   bytes that are neither ASCII nor UTF-8 of a valid IDN.
 */
export function canonicalHost(raw: ByteString): CanonicalHost | null {
  return isPlainName(raw) ? raw : canonicalHostInFull(raw);
}

/** The slow reference of `canonicalHost`: every step, whatever the input. Exported for the differential test. */
export function canonicalHostInFull(raw: ByteString): CanonicalHost | null {
  if (raw.length > MAX_HOST_TEXT) return null;
  const text = decodeFully(withoutTabsAndBreaks(raw));
  const host = text.startsWith('[') ? bracketed(text) : canonicalName(text);
  return host !== null && isProven(host) ? host : null;
}

/** Already canonical, by one scan. The last label must not start with a digit: it could be an address. */
export function isPlainName(raw: ByteString): raw is CanonicalHost {
  const length = raw.length;
  if (length === 0 || length > MAX_NAME) return false;
  let labelStart = 0;
  for (let i = 0; i < length; i += 1) {
    const code = raw.charCodeAt(i);
    if (PLAIN[code] === 1) continue;
    if (code !== DOT || i === labelStart || i - labelStart > MAX_LABEL) return false;
    labelStart = i + 1;
  }
  if (labelStart === length || length - labelStart > MAX_LABEL) return false;
  const first = raw.charCodeAt(labelStart);
  return first < 0x30 || first > 0x39;
}

/** Where the type is given: every step before has been taken. */
function isProven(host: string): host is CanonicalHost {
  return host !== '';
}

function bracketed(text: string): string | null {
  return text.endsWith(']') ? canonicalIpv6(text.slice(1, -1).toLowerCase()) : null;
}

function canonicalName(text: ByteString): string | null {
  const ascii = toAscii(text);
  if (ascii === null || hasForbidden(ascii)) return null;
  const name = foldDots(ascii);
  if (name === '') return null;
  if (endsInNumber(name)) return canonicalIpv4(name);
  return lengthsFit(name) ? name : null;
}

/**
 * ASCII is only lower-cased: that is what DNS compares, so `xn--` labels need no check (nor do browsers refuse them now).
 * Everything else is UTF-8 and goes through UTS 46, non-transitional, as browsers do it.
 */
function toAscii(text: ByteString): string | null {
  if (isAscii(text)) return text.toLowerCase();
  // Bytes that are not UTF-8 become U+FFFD, which UTS 46 refuses.
  const unicode = foldDots(
    Buffer.from(text, 'latin1')
      .toString('utf8')
      .replaceAll('\u3002', '.')
      .replaceAll('\uff0e', '.')
      .replaceAll('\uff61', '.'),
  );
  // domainToASCII works like the hostname setter: it would silently stop at these.
  if (hasForbidden(unicode) || !couldFit(unicode)) return null;
  const ascii = domainToASCII(unicode);
  return ascii === '' ? null : ascii;
}

/**
 * @returns false if the ASCII form would be too long. `domainToASCII` takes the square of a label's length to find that out.
 * UTS 46 composes as NFKC does, and each character that is left takes a byte
 * of the ASCII form at least, so what is refused here would be refused behind it.
 */
function couldFit(unicode: string): boolean {
  const composed = unicode.normalize('NFKC');
  // The first label has no dot before it.
  let length = -1;
  let label = 0;
  for (let i = 0; i < composed.length; i += 1) {
    const point = composed.codePointAt(i) ?? 0;
    if (point > 0xffff) i += 1;
    if (point === DOT) label = 0;
    else if (!isIgnorable(point)) {
      label += 1;
      length += label === 1 ? 2 : 1;
      if (label > MAX_LABEL || length > MAX_NAME) return false;
    }
  }
  return true;
}

function hasForbidden(text: string): boolean {
  return findKind(text, 0, KIND.forbidden) < text.length;
}

/** Leading, trailing and repeated dots mean nothing to a resolver (Safe Browsing: "remove", "replace by one"). */
function foldDots(name: string): string {
  return name.startsWith('.') || name.endsWith('.') || name.includes('..')
    ? name
        .split('.')
        .filter((label) => label !== '')
        .join('.')
    : name;
}

function lengthsFit(name: string): boolean {
  return name.length <= MAX_NAME && name.split('.').every((label) => label.length <= MAX_LABEL);
}

function plainCharacters(): Uint8Array {
  const plain = new Uint8Array(256);
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_') plain[character.charCodeAt(0)] = 1;
  return plain;
}
