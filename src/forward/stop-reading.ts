/**
 * Stops a socket from reading, and lets it read again. `Socket.pause` alone keeps bytes from being handed over: up to 64 KB are
 * read all the same, which for 900 sockets in one turn of the event loop takes as long as 55 ms (measured: ADR 0001).
 *
 * Node has no public call for that, so it goes by the socket's handle, and only where that is as it is known to be: with another
 * Node the two do nothing, and a turn may be that long again. It must not be relied upon for anything but time.
 */
import type { Socket } from 'node:net';
import { socketHandle } from '../lib/socket-handle.ts';

/** @returns true if it was reading: then `readAgain` is owed to it. */
export function stopReading(socket: Socket): boolean {
  const handle = handleOf(socket);
  if (handle === null || !handle.reading) return false;
  handle.reading = false;
  handle.readStop();
  return true;
}

/** Of a socket that `stopReading` has stopped. */
export function readAgain(socket: Socket): void {
  const handle = handleOf(socket);
  // The stream may have begun by itself.
  if (handle === null || handle.reading) return;
  handle.reading = true;
  handle.readStart();
}

/** What node:net itself does with a handle; `reading` is its own note. */
interface Handle {
  reading: boolean;
  readStop(): unknown;
  readStart(): unknown;
}

function handleOf(socket: Socket): Handle | null {
  const handle = socketHandle(socket);
  return handle !== null && isHandle(handle) ? handle : null;
}

function isHandle(value: object): value is Handle {
  return (
    'reading' in value &&
    typeof value.reading === 'boolean' &&
    'readStop' in value &&
    typeof value.readStop === 'function' &&
    'readStart' in value &&
    typeof value.readStart === 'function'
  );
}
