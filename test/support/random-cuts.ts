/** Bytes on their way in pieces: in one, at random places, or the first ones one by one; with and without a pause between. */
import type { Socket } from 'node:net';
import { seededInteger } from '../../bench/data/seeded-random.ts';

const LARGEST = 60_000;
const CRUMBS = 200;

/** Resolves when all is handed over, or the connection is gone. */
export async function writeInPieces(socket: Socket, bytes: Buffer, random: () => number): Promise<void> {
  const way = seededInteger(random, 6);
  for (let at = 0; at < bytes.length && !socket.destroyed;) {
    const length = way < 4 ? bytes.length : way === 4 && at < CRUMBS ? 1 : 1 + seededInteger(random, LARGEST);
    const isTaken = socket.write(bytes.subarray(at, at + length));
    at += length;
    if (!isTaken) await drained(socket);
    else if (at < bytes.length) await rest(random);
  }
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

async function rest(random: () => number): Promise<void> {
  const length = seededInteger(random, 6);
  if (length === 0) return;
  await new Promise<void>((resolve) => {
    if (length < 5) setImmediate(resolve);
    else setTimeout(resolve, 1);
  });
}
