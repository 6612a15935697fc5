/**
 * IPv6 literals: any legal spelling in, RFC 5952 out; the two forms that are IPv4 in disguise become IPv4, since they
 * reach the same machine (requirement 6): v4-mapped `::ffff:0:0/96` and NAT64 `64:ff9b::/96` (RFC 6052). It must not take a zone (`%eth0`).
 */
import { isAllOf, KIND } from './characters.ts';
import { dottedQuad } from './ipv4.ts';

/**
 * Makes `[2001:db8::1]` or a dotted quad of what stood between the brackets, in lower case.
 * @returns null if it is no address, or has a zone.
 */
export function canonicalIpv6(inner: string): string | null {
  const words = parseWords(inner);
  if (words === null) return null;
  const [high = 0, low = 0] = words.slice(6);
  if (startsWith(words, MAPPED) || startsWith(words, NAT64)) return dottedQuad(high * 0x1_0000 + low);
  return `[${compress(words)}]`;
}

/** First six words of the prefixes that hold an IPv4 address. */
const MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0xffff];
const NAT64: readonly number[] = [0x64, 0xff9b, 0, 0, 0, 0];

function startsWith(words: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((word, i) => words[i] === word);
}

/** Eight words, the last two as IPv4: `0000:0000:0000:0000:0000:ffff:255.255.255.255`. */
const MAX_TEXT = 45;

function parseWords(inner: string): readonly number[] | null {
  if (inner.length > MAX_TEXT) return null;
  const [first = '', second, ...others] = inner.split('::');
  if (others.length > 0) return null;
  const head = parseRun(first, second === undefined);
  const tail = second === undefined ? [] : parseRun(second, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  // `::` stands for at least one word.
  if (second === undefined ? missing !== 0 : missing < 1) return null;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** Words between colons; a dotted quad may end the address. */
function parseRun(text: string, mayEndInIpv4: boolean): readonly number[] | null {
  if (text === '') return [];
  const words: number[] = [];
  const pieces = text.split(':');
  for (const [i, piece] of pieces.entries()) {
    if (piece.length <= 4 && isAllOf(piece, KIND.hex)) {
      words.push(Number.parseInt(piece, 16));
      continue;
    }
    const quad = mayEndInIpv4 && i === pieces.length - 1 ? strictQuad(piece) : null;
    if (quad === null) return null;
    words.push(...quad);
  }
  return words;
}

/** Reads a quad as two words. Inside IPv6 it is plain decimal, nothing else (RFC 3986, IPv4address). */
function strictQuad(text: string): readonly number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(isDecimalByte)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** 0 to 255 without a zero in front. */
function isDecimalByte(text: string): boolean {
  return isAllOf(text, KIND.digit) && (text.length === 1 || !text.startsWith('0')) && Number(text) <= 255;
}

/** RFC 5952: the longest run of at least two zero words, the first of equals, becomes `::`. */
function compress(words: readonly number[]): string {
  const run = longestZeroRun(words);
  const hex = words.map((word) => word.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  }
  return best;
}
