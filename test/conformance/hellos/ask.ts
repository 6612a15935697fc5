/**
 * Sends what a client says on a connection and looks which certificate comes. Up to TLS 1.2 it names in clear whom it is for; behind a
 * HelloRetryRequest it is encrypted, and the longer one is the listed one's.
 */
import type { Socket } from 'node:net';
import { LISTED, OTHER } from './generator.ts';
import type { OddRetry } from './retry-generator.ts';

/** `silent`: neither an answer nor an end came in the time that only a hang takes. */
export type Shown = 'listed' | 'other' | 'none' | 'silent';

/** Far beyond what a server takes that answers at all. */
const HANG_MS = 8000;
/** Of a HelloRetryRequest (RFC 8446 §4.1.3). */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const RECORD_HEADER = 5;
const COOKIE = 44;

/** @param halfCloses the end is told: some servers answer nothing behind it. The connection has ended then. */
export async function shownOn(socket: Socket, bytes: Buffer, halfCloses: boolean): Promise<Shown> {
  const answered = exchange(socket, (received) => {
    if (received.includes(LISTED)) return 'listed';
    return received.includes(OTHER) ? 'other' : null;
  });
  if (halfCloses) socket.end(bytes);
  else socket.write(bytes);
  return (await answered) ?? 'none';
}

/** @returns how many bytes came behind the HelloRetryRequest, no more than `enough`; null: none was asked for */
export async function lengthBehindRetry(
  socket: Socket,
  { first, second }: OddRetry,
  { halfCloses, enough }: { readonly halfCloses: boolean; readonly enough: number },
): Promise<number | null> {
  let length: number | null = null;
  const answered = exchange(socket, (received) => {
    const end = received.length < RECORD_HEADER ? Infinity : RECORD_HEADER + received.readUInt16BE(3);
    if (received.length < end || !received.subarray(0, end).includes(RETRY)) return null;
    if (length === null) {
      const bytes = second(cookieIn(received.subarray(0, end)));
      if (halfCloses) socket.end(bytes);
      else socket.write(bytes);
    }
    length = received.length - end;
    return length > enough ? 'listed' : null;
  });
  socket.write(first);
  await answered;
  return length;
}

/** The extension whole; some servers take no second hello without it. */
function cookieIn(retry: Buffer): Buffer | null {
  // Of the record, of the message, version and random.
  let at = RECORD_HEADER + 4 + 34;
  // The session's id; suite and compression; the length of all extensions.
  at += 1 + retry.readUInt8(at) + 3 + 2;
  while (at + 4 <= retry.length) {
    const next = at + 4 + retry.readUInt16BE(at + 2);
    if (retry.readUInt16BE(at) === COOKIE) return retry.subarray(at, next);
    at = next;
  }
  return null;
}

/** Until `look` has seen enough, or the end. @returns null: it ended before */
async function exchange(socket: Socket, look: (received: Buffer) => Shown | null): Promise<Shown | null> {
  return await new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const end = (shown: Shown | null): void => {
      clearTimeout(timer);
      resolve(shown);
      socket.resetAndDestroy();
    };
    const timer = setTimeout(() => end('silent'), HANG_MS);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const shown = look(received);
      if (shown !== null) end(shown);
    });
    for (const event of ['end', 'close', 'error'] as const) socket.on(event, () => end(null));
  });
}
