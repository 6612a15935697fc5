/**
 * Pages of programs, for `FOLD.info`: servers that map a path to a program hand it what stands behind its name (PATH_INFO, RFC 3875 §4.1.5), which most
 * programs ignore. It must not ask who does: the entry says it.
 */
import { rootedPath, type CanonicalPath } from './path.ts';

/** In lower case; they count in any. */
export const PROGRAM_ENDINGS: readonly string[] = ['.php', '.cgi', '.pl', '.jsp', '.asp', '.aspx'];
const SHORTEST = 3;
const LONGEST = 5;
const DOT = 0x2e;
const SPLIT_AT = '.php';
/** A folder named as a program is rare: one path is asked for so many pages. */
export const MAX_PAGES_BEFORE = 4;

/** Whether the last segment has the name of a program. @param path canonical or not: the ending is looked at as it stands. */
export function isProgramPage(path: string): boolean {
  return endsAsProgram(path, path.length);
}

/** The pages of programs that a canonical path has text behind, the shortest first. */
export function pagesBefore(path: CanonicalPath): readonly CanonicalPath[] {
  const ends: number[] = [];
  const split = endOfSplit(path);
  if (split > 0) ends.push(split);
  for (let end = path.indexOf('/', 1); end > 0 && ends.length < MAX_PAGES_BEFORE; end = path.indexOf('/', end + 1))
    if (end !== split && endsAsProgram(path, end)) ends.push(end);
  return ends.map((end) => rootedPath(path.slice(0, end)));
}

/** Caddy cuts a path that ends so behind the first of these, whatever follows: `/page.php5/x.php` is `/page.php` (Caddy 2.6, php_fastcgi). 0: it does not. */
function endOfSplit(path: CanonicalPath): number {
  const lower = path.toLowerCase();
  const end = lower.endsWith(SPLIT_AT) ? lower.indexOf(SPLIT_AT) + SPLIT_AT.length : path.length;
  return end < path.length ? end : 0;
}

function endsAsProgram(path: string, end: number): boolean {
  for (let length = SHORTEST; length <= LONGEST; length += 1)
    if (path.charCodeAt(end - length) === DOT)
      return PROGRAM_ENDINGS.includes(path.slice(end - length, end).toLowerCase());
  return false;
}
