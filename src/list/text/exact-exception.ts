/**
 * Whether a line of an allow list opens what it says and nothing else. An entry has one form, in which its query is decoded in full: where that says
 * something else than the line does, the entry would open another address, and never its own. Folds make an entry cover what is not written. It must not
 * ask about lists that block: there, what is refused in one reading more is no hole.
 */
import type { ByteString } from '../../url/bytes.ts';
import { decodedQuery } from '../../policy/decoded-query.ts';
import { canonicalQuery } from '../../url/path.ts';
import { parseError } from './diagnostic.ts';
import type { ParseError } from './diagnostic.ts';

/** Where the address stands in its line, and where it ends. */
interface Placed {
  readonly text: ByteString;
  readonly at: number;
}

/** @param text the address as it is written. @returns null if the query has one meaning. */
export function inexactQuery({ text, at }: Placed): ParseError | null {
  const [written = ''] = text.split('#', 1);
  const mark = written.indexOf('?');
  const query = mark === -1 ? '' : written.slice(mark + 1);
  if (query === '' || query === '*' || decodedQuery(query) === canonicalQuery(query)) return null;
  return parseError(
    at + mark + 1,
    "an exception opens exactly what is written: with an escape of '&', '+', ';' or '=' in the query, or an escape of an escape, it would open another address; allow the page with any query (?*), or take the entry that refuses it off its list",
  );
}

/** @returns null if the entry has no fold. */
export function foldedException(fold: number, at: number): ParseError | null {
  if (fold === 0) return null;
  return parseError(
    at,
    "an exception opens exactly what is written: 'fold' would open pages beside it; write each spelling that is to pass as an entry",
  );
}
