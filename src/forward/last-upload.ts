/**
 * The last bytes of a client to its origin, where both have ended their side and the origin has not taken all of it yet: the client's connection is
 * over with that, and what it has sent still has to arrive.
 *
 *   client ─ FIN ─▶ ┐
 *                   ├─ the client's connection closes; to the origin: the rest, FIN ─▶ closed
 *   origin ─ FIN ─▶ ┘                                 └─ not within LONGEST_MS, or too many at once ─▶ RST
 *
 * Nobody's limit of connections counts them any more, so they are few and do not last. A thread that ends waits for them, as for its clients.
 * It must not send anything of its own.
 */
import type { Socket } from 'node:net';
import { reset } from './reset.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

const LONGEST_MS = 10_000;
/** Of a thread. */
export const MAX_LAST_UPLOADS = 256;

export class LastUploads {
  readonly #sockets = new Set<Socket>();

  get count(): number {
    return this.#sockets.size;
  }

  /** Nobody has the connection from now on. */
  finish(connection: Pick<UpstreamConnection, 'socket' | 'user'>): void {
    const { socket } = connection;
    connection.user = null;
    if (socket.destroyed) return;
    if (this.count >= MAX_LAST_UPLOADS) return reset(socket);
    this.#sockets.add(socket);
    const timer = setTimeout(() => reset(socket), LONGEST_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    socket.destroySoon();
  }

  /** The thread has no more time: what has not arrived is missed. */
  reset(): void {
    for (const socket of this.#sockets) reset(socket);
  }
}
