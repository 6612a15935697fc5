/** What is spoken on a connection, by its first bytes. Pure and total. */
import { CR, LF, SP, TOKEN, endOfClass } from './bytes.ts';

export const FIRST = { more: 0, tls: 1, http: 2, other: 3 } as const;
export type FirstKind = (typeof FIRST)[keyof typeof FIRST];

const TLS_HANDSHAKE = 22;
/** Bytes of a method. */
const MAX_METHOD = 64;

/** Of buf[start, end). */
export function firstBytes(buf: Uint8Array, start: number, end: number): FirstKind {
  let i = start;
  if (buf[i] === TLS_HANDSHAKE) return end - i < 2 ? FIRST.more : buf[i + 1] === 3 ? FIRST.tls : FIRST.other;
  while (i < end && (buf[i] === CR || buf[i] === LF)) i++;
  const method = endOfClass(buf, i, end, TOKEN);
  if (method === end && method - i <= MAX_METHOD) return FIRST.more;
  return method > i && buf[method] === SP ? FIRST.http : FIRST.other;
}
