/**
 * An origin may answer and close before it has read the whole request: what is written then fails, and Node closes a socket at once when a write fails,
 * though the answer lies in the kernel. This has a socket wait until that was read, which ends with the origin's FIN or RST. It must not wait for anything
 * that has not arrived.
 */
import type { Socket } from 'node:net';
import { systemTime, type Time } from '../lib/time.ts';

/** Turns of the event loop in which nothing comes: in each the kernel is asked. */
const EMPTY_TURNS = 2;

/** @param socket whose writes may fail while there is something to read. */
export function readBeforeClose(socket: Socket, time: Pick<Time, 'nextTurn'> = systemTime): void {
  const destroy = socket.destroy.bind(socket);
  let isWaiting = false;
  socket.destroy = (error) => {
    if (!isOfWrite(error) || socket.destroyed) return destroy(error);
    if (!isWaiting) whenRead(socket, time, () => destroy(error));
    isWaiting = true;
    return socket;
  };
}

/** Calls `end` once nothing has come for some turns, or nobody reads. */
function whenRead(socket: Socket, { nextTurn }: Pick<Time, 'nextTurn'>, end: () => void): void {
  let taken = socket.bytesRead;
  let empty = 0;
  const look = (): void => {
    if (socket.destroyed) return;
    empty = socket.bytesRead === taken ? empty + 1 : 0;
    taken = socket.bytesRead;
    if (empty < EMPTY_TURNS) nextTurn(look);
    else end();
  };
  nextTurn(look);
}

function isOfWrite(error: Error | undefined): boolean {
  return error !== undefined && 'syscall' in error && error.syscall === 'write';
}
