/** What origins take for an authority at the beginning of a path, and where the path behind it begins. Pure, total; it must not resolve dots. */
import type { ByteString } from './bytes.ts';
import { endOfRun, findKind, KIND, startsWithTwoSlashes } from './characters.ts';

/**
 * `//user@host…`: to Node's `url.parse` the host begins behind the last `@`, and ends at the first byte that no host name has: what follows is
 * the path. Which bytes those are has changed.
 * @returns none if it is not of that form, or all of it is host
 */
export function behindUserInfo(raw: ByteString): readonly ByteString[] {
  if (!startsWithTwoSlashes(raw)) return [];
  const host = raw.lastIndexOf('@', findKind(raw, 2, KIND.slash) - 1) + 1;
  if (host < 3) return [];
  const end = endOfRun(raw, host, KIND.nameLetter);
  const laterEnd = findKind(raw, host, KIND.nameEnd | KIND.slash);
  return [...new Set([end, laterEnd])].filter((at) => at < raw.length).map((at) => raw.slice(at));
}

/** An escape before the path: in the authority, or where the second slash would be. */
export function hidesAuthority(raw: ByteString): boolean {
  const at = findKind(raw, endOfRun(raw, 0, KIND.slash), KIND.slash | KIND.percent);
  return raw.charAt(at) === '%';
}
