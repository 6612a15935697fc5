/**
 * The end of a connection to an origin that carries no other request, where the next one needs its port: addresses and ports of both would be the same.
 *
 *   a FIN       the port would be held: by the origin as long as it sends, then here for a minute
 *   a reset     frees it at once, and throws away what the origin's system has not acknowledged of a body
 *
 * So it is reset once the origin's system has all of it. What lies there a program still reads; Node's throws away what it has buffered itself (64 KB). One
 * that takes nothing more is not waited for. It must not send anything.
 */
import type { NativeSockets } from '../lib/native-sockets.ts';
import { descriptorOf } from './last-bytes.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

/** Milliseconds between two looks, and without progress until the origin is taken for one that reads nothing: longer than round trips are. */
const LOOK_MS = 5;
const STILL_MS = 1000;
/** Milliseconds in all: nobody waits longer for an origin that reads byte by byte. */
const LONGEST_MS = 10_000;

/**
 * All that was written must be with the system.
 * @param sockets null: nobody can look
 * @param done is called when the connection has been reset, not from inside.
 * @returns what resets it at once, without `done`; null: it has been.
 */
export function endSpent(
  connection: UpstreamConnection,
  sockets: Pick<NativeSockets, 'unacknowledged'> | null,
  done: () => void,
): (() => void) | null {
  const left = unacknowledged(connection, sockets);
  if (left > 0) return new Ending({ connection, sockets, done }, left).cancel;
  connection.reset();
  return null;
}

interface EndingParts {
  readonly connection: UpstreamConnection;
  readonly sockets: Pick<NativeSockets, 'unacknowledged'> | null;
  readonly done: () => void;
}

class Ending implements UpstreamUser {
  readonly #parts: EndingParts;
  #timer: NodeJS.Timeout;
  #left: number;
  readonly #begunAt = performance.now();
  #stillSince = this.#begunAt;

  constructor(parts: EndingParts, left: number) {
    this.#parts = parts;
    this.#left = left;
    this.#timer = this.#next();
    parts.connection.user = this;
  }

  readonly cancel = (): void => {
    clearTimeout(this.#timer);
    this.#parts.connection.reset();
  };

  onUpstreamData(): void {
    // Nobody has asked for that.
  }

  onUpstreamEnd(): void {
    // It may read on.
  }

  onUpstreamDrained(): void {
    // All was drained before.
  }

  onUpstreamClosed(): void {
    clearTimeout(this.#timer);
    this.#parts.done();
  }

  #next(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    const { connection, sockets, done } = this.#parts;
    const left = unacknowledged(connection, sockets);
    const now = performance.now();
    if (left < this.#left) this.#stillSince = now;
    this.#left = left;
    if (left > 0 && now - this.#stillSince < STILL_MS && now - this.#begunAt < LONGEST_MS) {
      this.#timer = this.#next();
      return;
    }
    connection.reset();
    done();
  }
}

function unacknowledged({ socket }: UpstreamConnection, sockets: Pick<NativeSockets, 'unacknowledged'> | null): number {
  const descriptor = sockets === null ? -1 : descriptorOf(socket);
  return descriptor < 0 ? 0 : (sockets?.unacknowledged(descriptor) ?? 0);
}
