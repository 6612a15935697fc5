/**
 * The value of a field in the bytes of a head, wherever it stands and however its lines end. Cold and tolerant: for what only
 * chooses among answers that are ready; it must not be used to judge or to frame, which needs a parser. Pure.
 */
import { COLON, HTAB, LF, SP, byteString, equalsIgnoreCase } from './bytes.ts';

/**
 * Of the head in buf[start, end).
 * @param name in lower case
 * @returns the values of several lines joined by commas; null if there is none
 */
export function fieldValue(buf: Buffer, start: number, end: number, name: string): string | null {
  let value: string | null = null;
  for (let line = start; line < end;) {
    const lf = buf.indexOf(LF, line);
    const lineEnd = lf < 0 || lf >= end ? end : lf;
    const colon = line + name.length;
    if (colon < lineEnd && buf[colon] === COLON && equalsIgnoreCase(buf, line, colon, name)) {
      const text = byteString(buf, skipBlank(buf, colon + 1, lineEnd), lineEnd).trimEnd();
      value = value === null ? text : `${value}, ${text}`;
    }
    line = lineEnd + 1;
  }
  return value;
}

function skipBlank(buf: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (buf[i] === SP || buf[i] === HTAB)) i++;
  return i;
}
