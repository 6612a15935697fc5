/**
 * What a few servers make of a path before they read it, because some bytes mean to them what no standard says. What they make is a path again, which
 * has all readings (path-keys.ts). Pure, total, linear; it must not resolve dots, nor decode what everybody decodes.
 *
 *   %%32f    `%2f`: escapes of letters and digits are decoded first (RFC 3986 §6.2.2.2): nghttpx, HAProxy, hapi
 *   %uNNNN   a character, as JavaScript's `escape` writes it (ECMA-262, Annex B): Jetty
 *   %00      the end, as in C: CivetWeb, Merecat
 *   % %7     nothing where the path ends in it: uWSGI
 *   /.../    `.`, with any more dots: Mojolicious, CivetWeb
 *   %0a %20  nothing at the end, other controls too: whoever compares with an expression that ends in `$` takes a line break before its end for
 *            the end (nginx, Starlette, Pyramid), others trim (Caddy's matchers, the URL standard)
 *   %0a %09  nothing at all, and %0d: the URL standard removes them, of what was decoded before too
 *   %25x     `x`, where what was decoded is decoded again and a `%` that starts no escape is nothing: nginx, told by a program to serve an address
 *   /index.php/x   `/x`, and so is `/index.phpx`: programs in PHP that are asked for under their own name or without it (Symfony, CodeIgniter)
 *
 * A server in front may have decoded it once: most mean the same with one `%25` more (`/page%250a`).
 */
import { ESCAPE_LENGTH, escapeAt, hexValue, inScratch, type ByteString } from './bytes.ts';
import { AXIS, type Axes } from './reading-axes.ts';
import {
  digitsAt,
  endOfScript,
  hasPlainScript,
  isUnreservedAt,
  MANY_DOTS,
  withLettersFirst,
  withManyDotsAsOne,
  withoutBlankEnd,
  withoutBreaks,
  withoutCutEnd,
  withoutScript,
  withoutStrays,
  withoutUtf16Escapes,
  withPercents,
} from './rewrites.ts';

export interface OtherText {
  readonly text: ByteString;
  readonly axis: Axes;
}

const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;
const SPACE = 0x20;
const LETTER_U = 0x75;
const NONE: readonly OtherText[] = [];

/** What a text has that one of the ways takes: found in one pass, since most texts have nothing of it. */
const SIGN = {
  /** An escape begins where a digit of another one would be. */
  inside: 1,
  utf16: 2,
  cutEnd: 4,
  manyDots: 8,
  blankEnd: 16,
  break: 32,
  /** A `%` that starts no escape, or will not once all is decoded. */
  stray: 64,
  escapedPercent: 128,
  script: 256,
} as const;

/** In this order: what one of them gives may have what a later one takes. `inFront`: a server in front may have decoded the path once. */
const WAYS = [
  { axis: AXIS.lettersFirst, signs: SIGN.inside, read: withLettersFirst, inFront: false },
  { axis: AXIS.utf16, signs: SIGN.utf16, read: withoutUtf16Escapes, inFront: true },
  { axis: AXIS.cutEnd, signs: SIGN.cutEnd, read: withoutCutEnd, inFront: true },
  { axis: AXIS.manyDots, signs: SIGN.manyDots, read: withManyDotsAsOne, inFront: true },
  { axis: AXIS.blankEnd, signs: SIGN.blankEnd, read: withoutBlankEnd, inFront: true },
  { axis: AXIS.breaks, signs: SIGN.break, read: withoutBreaks, inFront: true },
  { axis: AXIS.strays, signs: SIGN.stray | SIGN.escapedPercent, read: withoutStrays, inFront: false },
  { axis: AXIS.script, signs: SIGN.script, read: withoutScript, inFront: true },
] as const;

/**
 * @param earlier how this text came to be: only ways behind it are tried, and the last two of what came or ended in blanks alone, so that there are 98 texts of a path at most.
 * @returns those that differ from it: none of most paths.
 */
export function otherTexts(raw: ByteString, earlier: Axes = 0): readonly OtherText[] {
  if (!raw.includes('%') && !raw.includes('...') && !hasPlainScript(raw)) return NONE;
  const signs = signsOf(raw);
  if (signs === 0) return NONE;
  const decoded = (signs & SIGN.escapedPercent) === 0 ? raw : withPercents(raw);
  const innerSigns = decoded === raw ? 0 : signsOf(decoded);
  return WAYS.flatMap(({ axis, signs: asked, read, inFront }) => {
    if (axis <= earlier || (axis >= AXIS.strays && earlier > 0 && earlier !== AXIS.blankEnd)) return NONE;
    const text = (signs & asked) === asked ? read(raw) : raw;
    if (text !== raw) return [{ text, axis }];
    // Only where it has nothing of it as it is.
    const inner = inFront && (innerSigns & asked) === asked ? read(decoded) : decoded;
    return inner === decoded ? NONE : [{ text: inner, axis }];
  });
}

/** @returns bits of `SIGN`; one too many costs time only. */
function signsOf(raw: ByteString): number {
  const { length } = raw;
  const bytes = inScratch(raw);
  let signs = 0;
  let dots = 0;
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at];
    dots = byte === DOT ? dots + 1 : 0;
    if (dots === MANY_DOTS) signs |= SIGN.manyDots;
    if (byte === SLASH && isScript(bytes, at, length)) signs |= SIGN.script;
    if (byte !== PERCENT) continue;
    const escape = escapeAt(bytes, at);
    const end = at + ESCAPE_LENGTH;
    if (escape < 0) signs |= SIGN.stray | signsOfStray(bytes, at, length);
    else if (escape === PERCENT) signs |= SIGN.escapedPercent | (digitsAt(bytes, end) < 2 ? SIGN.stray : 0);
    else if (escape === DOT) signs |= SIGN.manyDots;
    else if (escape === SLASH && isScript(bytes, at, length)) signs |= SIGN.script;
    else if (escape <= SPACE) signs |= signsOfBlank(escape, end === length);
  }
  return signs;
}

/** Whether the name of a program begins here that has something behind it. */
function isScript(bytes: Uint8Array, at: number, length: number): boolean {
  const end = endOfScript(bytes, at);
  return end >= 0 && end < length;
}

/** Of a `%` that starts no escape. */
function signsOfStray(bytes: Uint8Array, at: number, length: number): number {
  const isHalf = hexValue(bytes[at + 1] ?? 0) >= 0;
  const end = isHalf ? at + 2 : at + 1;
  return (
    (end === length ? SIGN.cutEnd : 0) |
    (bytes[at + 1] === LETTER_U ? SIGN.utf16 : 0) |
    (isUnreservedAt(bytes, end) ? SIGN.inside : 0)
  );
}

/** Of the escape of a space or a control. */
function signsOfBlank(byte: number, isLast: boolean): number {
  return byte === 0 ? SIGN.cutEnd : SIGN.break | (isLast ? SIGN.blankEnd : 0);
}
