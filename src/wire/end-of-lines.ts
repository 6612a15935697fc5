/**
 * Where the blank line of a head begins: what is put there is its last field, whatever ends its lines.
 *
 *   | … field CR LF ^ CR LF | body        | … field LF ^ LF | body
 *
 * It must not look for the end of the head: who asks has read it.
 */
import { CR, LF } from './bytes.ts';

/** @returns `end`, the offset behind the head, where it does not end so. */
export function endOfLines(buf: Buffer, end: number): number {
  if (end < 2 || buf[end - 1] !== LF) return end;
  const at = buf[end - 2] === CR ? end - 2 : end - 1;
  return at > 0 && buf[at - 1] === LF ? at : end;
}
