/**
 * Sends bytes to an origin as they are, on a connection of their own, and tells what it answers, in order. An origin that keeps
 * the connection is believed to have answered when it is silent for a moment; then the sending side is closed, and what comes
 * until the connection ends counts too. An answer that is missed proves nothing, and refutes nothing.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { readResponse } from '../response.ts';
import { servedBy } from '../site.ts';
import type { Served } from '../site.ts';

export interface Answer {
  readonly status: number;
  readonly served: Served | null;
  /** It begins as HTTP does, whatever follows. */
  readonly isHttp: boolean;
}

/** No answer yet: bytes are missing, or the machine is busy. */
const FIRST_MS = 250;
const NEXT_MS = 30;
const AFTER_END_MS = 120;
const MAX_BYTES = 1_000_000;

/** Throws where nobody listens. @param bytes in pieces: each goes when the origin is silent behind the one before. */
export async function ask(
  port: number,
  bytes: string | readonly string[],
  firstMs = FIRST_MS,
): Promise<readonly Answer[]> {
  const [first = Buffer.alloc(0), ...later] = [bytes].flat().map((piece) => Buffer.from(piece, 'latin1'));
  return answersIn(await converse(toPort(port), first, firstMs, later));
}

/** A connection that is being made to a port of this machine. */
export function toPort(port: number): Socket {
  return connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
}

/** Longer than a busy machine takes for an answer that has to come. */
const SURE_MS = 60_000;

/** What comes back until it is enough, or the other side ends it, however long an answer takes. `socket`: as for `converse`. */
export async function converseUntil(
  socket: Socket,
  bytes: Buffer,
  isEnough: (received: Buffer) => boolean,
): Promise<Buffer> {
  let received: Buffer = Buffer.alloc(0);
  return await new Promise((resolve) => {
    socket.setTimeout(SURE_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (isEnough(received)) socket.destroy();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(received));
    socket.write(bytes);
  });
}

/** What comes back, byte for byte. `socket`: nobody has read from it; half-open is allowed. It is closed in the end. */
export async function converse(
  socket: Socket,
  bytes: Buffer,
  firstMs = FIRST_MS,
  later: readonly Buffer[] = [],
): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let hasEnded = false;
    const waiting = [...later];
    socket.setTimeout(firstMs);
    socket.on('timeout', () => {
      if (hasEnded) return socket.destroy();
      const next = waiting.shift();
      if (next !== undefined) return socket.setTimeout(firstMs).write(next);
      hasEnded = true;
      socket.setTimeout(AFTER_END_MS);
      return socket.end();
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) socket.destroy();
      else if (!hasEnded) socket.setTimeout(NEXT_MS);
    });
    socket.on('end', () => socket.end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

/** Interim answers are left out; bytes without a head are one answer (HTTP/0.9). */
export function answersIn(received: Buffer): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  while (rest.length > 0) {
    const isHttp = rest.toString('latin1', 0, 5) === 'HTTP/';
    const response = isHttp ? readResponse(rest, true) : null;
    if (response === null) return [...answers, { status: 0, served: servedBy(rest.toString('latin1')), isHttp }];
    if (response.status >= 200 || response.status === 101)
      answers.push({ status: response.status, served: servedBy(response.body), isHttp });
    rest = rest.subarray(response.length);
  }
  return answers;
}
