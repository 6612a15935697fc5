/**
 * A server may say `100 Continue` before its answer, though nobody has asked for it (RFC 9110, 15.2: a client skips what it did not expect); undici gives up
 * the connection then. This takes such heads out of what a connection gives. It must not touch anything behind the first byte of another answer.
 */
import type { Socket } from 'node:net';

/** Of the heads of one answer that lie here at a time. */
const MAX_HELD_BYTES = 16 * 1024;
const CONTINUE = ['HTTP/1.1 100', 'HTTP/1.0 100'];
const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);

/** @param socket on which one request follows the other, each behind the answer to the one before. */
export function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket);
  let held = NOTHING;
  /** Bytes that had been written when the answer before began. */
  let asked = -1;
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (socket.bytesWritten === asked || !(chunk instanceof Buffer)) return chunk;
    held = behindContinue(Buffer.concat([held, chunk]));
    if (mayBeContinue(held) && held.length < MAX_HELD_BYTES) return null;
    asked = socket.bytesWritten;
    const answer = held;
    held = NOTHING;
    return answer;
  };
}

/** What follows the heads that are whole. */
function behindContinue(bytes: Buffer): Buffer {
  if (bytes.length < HEAD_END.length || !mayBeContinue(bytes)) return bytes;
  const end = bytes.indexOf(HEAD_END);
  return end === -1 ? bytes : behindContinue(bytes.subarray(end + HEAD_END.length));
}

/** Also where too little has come to tell. */
function mayBeContinue(bytes: Buffer): boolean {
  return CONTINUE.some((line) => {
    const known = Math.min(line.length, bytes.length);
    return bytes.toString('latin1', 0, known) === line.slice(0, known);
  });
}
