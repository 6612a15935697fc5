/** One line to a Unix socket, and all that comes back until the other side ends. It must not look into either. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { errnoOf } from './errors.ts';
import { systemTime } from './time.ts';

/** sun_path of Linux, without the NUL. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** No process can have a socket there. */
export function isTooLongForSocket(path: string): boolean {
  return Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES;
}

/** The errno names that say that no process listens at a path. */
export const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);

/** Milliseconds until a socket whose queue is full is tried again. */
const AGAIN_MS = 50;

/**
 * Where the queue of the socket is full (EAGAIN), its process is there and busy: it is tried again within the time. Throws the
 * system's error, or one without an errno where it takes too long.
 */
export async function socketExchange(
  path: string,
  request: string,
  timeoutMs = Number.POSITIVE_INFINITY,
  time = systemTime,
): Promise<string> {
  for (const deadline = time.now() + timeoutMs; ; await time.pause(AGAIN_MS)) {
    const left = deadline - time.now();
    const socket = connect(path);
    // Not the socket's own timeout, which each byte puts off.
    const tooSlow = (): void => void socket.destroy(new Error('too slow'));
    const timer = left < Number.POSITIVE_INFINITY ? time.after(left, tooSlow) : null;
    socket.end(request);
    try {
      return await text(socket);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN' || left <= 0) throw error;
    } finally {
      timer?.cancel();
    }
  }
}
