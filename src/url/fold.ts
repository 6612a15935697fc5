/**
 * How an origin folds paths, where the publisher of an entry knows it (design D11): `fold=case,params,slash,info`. The same
 * functions make the key of the entry and that of the request. They know nothing of lists, and touch neither host nor query.
 */
import type { ByteString } from './bytes.ts';
import { canonicalPath, canonicalQuery, canonicalTarget, rootedPath, splitTarget } from './path.ts';
import type { CanonicalPath, CanonicalTarget } from './path.ts';

/** Bits of a fold; 0: none. Every combination is a fold of its own. */
export const FOLD = {
  /** Upper-case ASCII letters are lower-case ones. */
  case: 1,
  /** `;…` is dropped from the raw text, up to the next raw `/` (Servlet 6.0 §3.5.1). */
  params: 2,
  /** A `/` at the end of the path does not count. */
  slash: 4,
  /** Text behind the page of a program does not count: `/page.php/x` is `/page.php` (program-pages.ts). */
  info: 8,
} as const;

export const FOLD_NAMES = ['case', 'params', 'slash', 'info'] as const;

/** Every bit of them. */
export const ALL_FOLDS = 15;

/** `case,params`, as a list writes it; empty for 0. */
export function foldText(fold: number): string {
  return FOLD_NAMES.filter((name) => (fold & FOLD[name]) !== 0).join(',');
}

/** The raw path without its parameters, for `FOLD.params`. */
export function withoutParameters(rawPath: ByteString): ByteString {
  let out = '';
  let copied = 0;
  for (let at = rawPath.indexOf(';'); at >= 0; at = rawPath.indexOf(';', copied)) {
    out += rawPath.slice(copied, at);
    const slash = rawPath.indexOf('/', at);
    copied = slash < 0 ? rawPath.length : slash;
  }
  return copied === 0 ? rawPath : out + rawPath.slice(copied);
}

/** The raw path before its first `;`, for those to whom that begins the query. */
export function beforeParameters(rawPath: ByteString): ByteString {
  const at = rawPath.indexOf(';');
  return at < 0 ? rawPath : rawPath.slice(0, at);
}

/** Whether a `\` stands behind a `;` of the same segment. Linear: what was looked through is not looked through again. */
export function hasBackslashInParameters(rawPath: ByteString): boolean {
  let backslash = -1;
  for (let at = rawPath.indexOf(';'); at >= 0;) {
    if (backslash < at) backslash = rawPath.indexOf('\\', at);
    if (backslash < 0) return false;
    const end = rawPath.indexOf('/', at);
    if (end < 0 || backslash < end) return true;
    at = rawPath.indexOf(';', end);
  }
  return false;
}

/** What `FOLD.case` and `FOLD.slash` make of a path that is canonical. */
export function foldedPath(path: CanonicalPath, fold: number): CanonicalPath {
  let text: string = path;
  // Printable ASCII only: nothing but A to Z changes.
  if ((fold & FOLD.case) !== 0) text = text.toLowerCase();
  if ((fold & FOLD.slash) !== 0 && text.length > 1 && text.endsWith('/')) text = text.slice(0, -1);
  return rootedPath(text);
}

/** The key of a target under a fold: what an entry with that `fold=` stands for. */
export function foldedTarget(target: ByteString, fold: number): CanonicalTarget {
  if (fold === 0) return canonicalTarget(target);
  const { path, query } = splitTarget(target);
  const kept = (fold & FOLD.params) === 0 ? path : withoutParameters(path);
  return { path: foldedPath(canonicalPath(kept), fold), query: canonicalQuery(query) };
}
