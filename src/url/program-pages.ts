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
/** A folder named as a program is rare: one path is asked for so many pages. */
export const MAX_PAGES_BEFORE = 4;

/** Whether the last segment has the name of a program. @param path canonical or not: the ending is looked at as it stands. */
export function isProgramPage(path: string): boolean {
  return endsAsProgram(path, path.length);
}

/** The pages of programs that a canonical path has text behind, the shortest first. */
export function pagesBefore(path: CanonicalPath): readonly CanonicalPath[] {
  const pages: CanonicalPath[] = [];
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    if (!endsAsProgram(path, end)) continue;
    pages.push(rootedPath(path.slice(0, end)));
    if (pages.length === MAX_PAGES_BEFORE) break;
  }
  return pages;
}

function endsAsProgram(path: string, end: number): boolean {
  for (let length = SHORTEST; length <= LONGEST; length += 1)
    if (path.charCodeAt(end - length) === DOT)
      return PROGRAM_ENDINGS.includes(path.slice(end - length, end).toLowerCase());
  return false;
}
