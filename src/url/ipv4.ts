/**
 * IPv4 in every spelling that `inet_aton` and browsers accept: one to four parts, each decimal, octal or hex
 * (WHATWG URL, "IPv4 parser"). It must not wrap what overflows, but refuse it: two parsers that disagree are a bypass.
 */
import { endOfRun, isAllOf, KIND } from './characters.ts';

/** A name whose last label is a number is an IPv4 address or nothing (WHATWG URL, "ends in a number"). */
export function endsInNumber(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return isAllOf(last, KIND.digit) || isHex(last);
}

/** Dotted quad of `name` (lower case, no empty labels), or null where a part is no number or too large. */
export function canonicalIpv4(name: string): string | null {
  const parts = name.split('.');
  if (parts.length > 4) return null;
  let address = 0;
  for (const [i, part] of parts.entries()) {
    const value = numberPart(part);
    const last = i === parts.length - 1;
    // The last part fills all bytes that are left: 10.1 is 10.0.0.1.
    const limit = last ? 256 ** (5 - parts.length) : 256;
    if (value === null || value >= limit) return null;
    address += last ? value : value * 256 ** (3 - i);
  }
  return dottedQuad(address);
}

/** `address` is the 32-bit value, 0..2^32-1. */
export function dottedQuad(address: number): string {
  return `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** @returns null if it is no number, or larger than any address. */
function numberPart(part: string): number | null {
  if (isHex(part)) return bounded(part.slice(2), 16);
  const isOctal = part.startsWith('0');
  return isAllOf(part, isOctal ? KIND.octal : KIND.digit) ? bounded(part, isOctal ? 8 : 10) : null;
}

/** `0x` and any number of digits, none included. */
function isHex(part: string): boolean {
  return part.startsWith('0x') && endOfRun(part, 2, KIND.hex) === part.length;
}

/** A bare `0x` is 0, as browsers have it. */
function bounded(digits: string, radix: number): number | null {
  const value = digits === '' ? 0 : Number.parseInt(digits, radix);
  return value <= 0xffff_ffff ? value : null;
}
