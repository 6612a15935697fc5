/**
 * How many elements the list fields of a head may have (RFC 9110 §5.6.1). Elements become strings, and everybody on the
 * thread would wait for 64 KB of commas (requirement 60). It must not read the elements.
 */
import { COMMA } from './bytes.ts';

/**
 * In the lists of one head that are read, all together; empty elements count. Real heads have fewer than ten. A request with
 * more is refused: a Connection that is read in part would let through what it names.
 */
export const MAX_LIST_ELEMENTS = 128;

/** A longer element counts as several: 8 KB in all, of lists that real heads have a hundred bytes of. */
const MAX_ELEMENT_BYTES = 64;

/** No further than to one too many. Commas of quoted strings and comments count too: it is a bound, not a parser. */
export function listElements(buf: Uint8Array, start: number, end: number): number {
  const least = Math.ceil((end - start) / MAX_ELEMENT_BYTES);
  if (least > MAX_LIST_ELEMENTS) return MAX_LIST_ELEMENTS + 1;
  let elements = 1;
  for (let i = start; i < end && elements <= MAX_LIST_ELEMENTS; i++) if (buf[i] === COMMA) elements++;
  return Math.max(elements, least);
}
