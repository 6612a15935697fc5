/**
 * Canonical path and query of a request target. A look-up key and nothing more: it is never sent anywhere (design D2).
 * Total on any bytes; folds what the contract lists and nothing else.
 *
 *   raw target ─▶ tab/CR/LF out ─▶ fragment off ─▶ split at the first raw `?`
 *        path  ─▶ %XX to a fixed point (`%3F` stays) ─▶ `\` is `/` ─▶ `//`, `/./`, `/../` ─▶ escape
 *        query ─▶ %XX to a fixed point (`%3F` stays) ─▶ escape
 */
import type { Brand } from '../lib/types.ts';
import type { ByteString } from './bytes.ts';
import {
  decodeFully,
  ESCAPE_LENGTH,
  escapeAt,
  escapeByte,
  inScratch,
  needsEscape,
  outScratch,
  putEscape,
  withoutFragment,
  withoutTabsAndBreaks,
} from './bytes.ts';

/** Starts with `/`; printable ASCII; escapes only where a byte has no literal form (upper-case hex). */
export type CanonicalPath = Brand<string, 'CanonicalPath'>;

/** Printable ASCII: every other byte is `%XX`. */
export type EscapedText = string;

export interface CanonicalTarget {
  readonly path: CanonicalPath;
  /** The query without its `?`, or null if there is none, or it is empty. */
  readonly query: string | null;
}

/** Segments a directory entry may have (contract §4). */
export const MAX_DIRECTORY_DEPTH = 32;

const SLASH = 0x2f;
const QUESTION = 0x3f;
const PERCENT = 0x25;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const FEW_BYTES = 24;

/** By byte: 1 literal in a path, 0 needs the full treatment. Queries also take `\` literally. */
const PATH_LITERAL = literals('\\');
const QUERY_LITERAL = literals('');
/** By byte: 1 where it has no literal form. */
const NEEDS_ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) => (needsEscape(byte) ? 1 : 0));

/** @param target path and query as on the wire, origin-form; without a leading `/` one is supplied (`?x`, empty). */
export function canonicalTarget(target: ByteString): CanonicalTarget {
  return plainTarget(target) ?? canonicalTargetInFull(target);
}

/** The slow reference of `canonicalTarget`. It is exported for the differential test. */
export function canonicalTargetInFull(target: ByteString): CanonicalTarget {
  const { path, query } = targetParts(target);
  return { path, query: query === '' ? null : query };
}

/** As `canonicalTarget`, but an empty query stays an empty query: for display. */
export function targetParts(target: ByteString): CanonicalTarget {
  const { path, query } = splitTarget(target);
  return { path: canonicalPath(path), query: query === null ? null : escaped(decodeFully(query, QUESTION)) };
}

/** Path and query as they came, without tabs, line breaks and fragment. The query is null if there is no raw `?`. */
export function splitTarget(target: ByteString): { readonly path: ByteString; readonly query: ByteString | null } {
  const text = withoutFragment(withoutTabsAndBreaks(target));
  const mark = text.indexOf('?');
  return mark < 0 ? { path: text, query: null } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

/** @param raw path of a target, as `splitTarget` gives it. */
export function canonicalPath(raw: ByteString): CanonicalPath {
  return canonicalOfDecoded(decodeFully(raw, QUESTION));
}

/** @param decoded path of a target in which nothing is left to decode but `%3F`. */
export function canonicalOfDecoded(decoded: ByteString): CanonicalPath {
  return rootedPath(escaped(resolvedDots(withSlashes(decoded), true)));
}

/** @param raw query of a target; null where it is empty, which equals none. */
export function canonicalQuery(raw: ByteString | null): string | null {
  return raw === null || raw === '' ? null : escaped(decodeFully(raw, QUESTION));
}

/** The path as it came, escaped where it must be: nothing is decoded, resolved or merged. */
export function unfoldedPath(raw: ByteString): CanonicalPath {
  return rootedPath(unfoldedText(raw.startsWith('/') ? raw : `/${raw}`));
}

/** Every folding but that of dot segments. */
export function decodedPath(raw: ByteString): CanonicalPath {
  const text = mergedSlashes(withSlashes(decodeFully(raw, QUESTION)));
  return rootedPath(escaped(text.startsWith('/') ? text : `/${text}`));
}

/** `\` is `/`. Byte by byte: 16,000 of them take a fifteenth of the time that `replaceAll` takes. */
export function withSlashes(text: ByteString): ByteString {
  const first = text.indexOf('\\');
  if (first < 0) return text;
  const { length } = text;
  const bytes = inScratch(text);
  for (let i = first; i < length; i += 1) if (bytes[i] === BACKSLASH) bytes[i] = SLASH;
  return bytes.toString('latin1', 0, length);
}

function mergedSlashes(text: string): string {
  if (!text.includes('//')) return text;
  let out = '';
  let copied = 0;
  for (let i = 1; i < text.length; i += 1) {
    if (text.charCodeAt(i) !== SLASH || text.charCodeAt(i - 1) !== SLASH) continue;
    out += text.slice(copied, i);
    copied = i + 1;
  }
  return out + text.slice(copied);
}

/** As it came: only what has no literal form is escaped, and escapes are in upper case. */
export function unfoldedText(raw: ByteString): EscapedText {
  let out = '';
  for (let i = 0; i < raw.length; i += 1) {
    const code = raw.charCodeAt(i);
    if (code === PERCENT) out += raw.slice(i, (i += 2) + 1).toUpperCase();
    else out += needsEscape(code) ? escapeByte(code) : raw.charAt(i);
  }
  return out;
}

/** Segments of a directory path: `/` is 0, `/a/` is 1, `/a/b/` is 2. */
export function directoryDepth(path: CanonicalPath): number {
  let slashes = 0;
  for (let i = 0; i < path.length; i += 1) if (path.charCodeAt(i) === SLASH) slashes += 1;
  return slashes - 1;
}

/** Most targets are canonical already: one scan proves it. Null where it does not. */
export function plainTarget(target: ByteString): CanonicalTarget | null {
  if (target.charCodeAt(0) !== SLASH) return null;
  const end = plainPathEnd(target);
  if (end < 0) return null;
  if (end === target.length) return { path: rootedPath(target), query: null };
  for (let i = end + 1; i < target.length; i += 1) if (QUERY_LITERAL[target.charCodeAt(i)] !== 1) return null;
  return { path: rootedPath(target.slice(0, end)), query: end + 1 === target.length ? null : target.slice(end + 1) };
}

/** Where the path ends (`?` or the end); -1: something in it needs the full treatment. */
function plainPathEnd(target: ByteString): number {
  let previous = 0;
  for (let i = 0; i < target.length; i += 1) {
    const code = target.charCodeAt(i);
    if (code === QUESTION) return i;
    if (PATH_LITERAL[code] !== 1) return -1;
    // `//` and `/.`: collapses, or may be a dot segment.
    if (previous === SLASH && (code === SLASH || code === 0x2e)) return -1;
    previous = code;
  }
  return target.length;
}

/** Where the type is given. The steps before see to the slash; a path without one would be a mistake in them. */
export function rootedPath(path: string): CanonicalPath {
  if (isRooted(path)) return path;
  throw new TypeError('a canonical path starts with a slash');
}

function isRooted(path: string): path is CanonicalPath {
  return path.charCodeAt(0) === SLASH;
}

/**
 * `/` in front, and dot segments resolved. @param merged runs of slashes collapse first, as servers that map paths to files do it;
 * else an empty segment is one that `..` takes away.
 */
export function resolvedDots(path: ByteString, merged: boolean): ByteString {
  // In this order: a search for two characters takes long where every slash may begin them.
  if (path.startsWith('/') && !(merged && path.includes('//')) && !path.includes('/.')) return path;
  const text = path.startsWith('/') ? path : `/${path}`;
  const { length: end } = text;
  const bytes = inScratch(text);
  let length = 0;
  let isDirectory = false;
  // Each segment with the slash before it; what is kept moves to the front.
  for (let start = 0; start < end;) {
    if (merged) while (bytes[start + 1] === SLASH && start + 1 < end) start += 1;
    const slash = text.indexOf('/', start + 1);
    const next = slash < 0 ? end : slash;
    const size = next - start - 1;
    const isDots = (size === 1 || size === 2) && bytes[start + 1] === DOT && bytes[next - 1] === DOT;
    isDirectory = isDots || size === 0;
    if (isDots && size === 2) while (length > 0 && bytes[(length -= 1)] !== SLASH);
    else if (!isDots && !(size === 0 && (merged || next === end))) {
      if (length < start) moveTo(bytes, length, start, next);
      length += next - start;
    }
    start = next;
  }
  if (length === 0 || isDirectory) bytes[length++] = SLASH;
  return bytes.toString('latin1', 0, length);
}

/** Bytes from `start` to `end` to `target`, which is before them. A few are moved sooner one by one. */
function moveTo(bytes: Uint8Array, target: number, start: number, end: number): void {
  if (end - start > FEW_BYTES) bytes.copyWithin(target, start, end);
  else for (let i = start, to = target; i < end; i += 1, to += 1) bytes[to] = bytes[i] ?? 0;
}

/** After decoding, `%3F` is the only escape left; any other `%` is a literal one. Byte by byte: putting hundreds of pieces together is slow (bench/micro/readings.ts). */
export function escaped(text: string): EscapedText {
  const { length } = text;
  let first = 0;
  while (first < length && NEEDS_ESCAPE[text.charCodeAt(first)] === 0) first += 1;
  if (first === length) return text;
  const bytes = inScratch(text);
  const out = outScratch(length * ESCAPE_LENGTH);
  let top = 0;
  for (; top < first; top += 1) out[top] = bytes[top] ?? 0;
  for (let at = first; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (NEEDS_ESCAPE[byte] === 0) out[top++] = byte;
    else {
      const kept = byte === PERCENT && escapeAt(bytes, at) === QUESTION;
      top = putEscape(out, top, kept ? QUESTION : byte);
      if (kept) at += ESCAPE_LENGTH - 1;
    }
  }
  return out.toString('latin1', 0, top);
}

function literals(exceptions: string): Uint8Array {
  const literal = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1)
    if (!needsEscape(byte) && !exceptions.includes(String.fromCharCode(byte))) literal[byte] = 1;
  return literal;
}
