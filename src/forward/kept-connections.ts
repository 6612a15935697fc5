/**
 * What all clients of a thread keep for themselves after a request with a body, in the order in which it became idle: where
 * a new connection would be one too many, the oldest of these goes. Those that carry authentication are not among them: they
 * are not ours to end. It must not hand a connection to another client.
 */
import type { UpstreamConnection } from './upstream-connection.ts';
import type { IdleConnections } from './upstream-capacity.ts';

export class KeptConnections implements IdleConnections {
  readonly #connections = new Set<UpstreamConnection>();

  add(connection: UpstreamConnection): void {
    if (!connection.isBound) this.#connections.add(connection);
  }

  delete(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
  }

  /** Its client finds out when it looks at it: it is not usable any more. */
  discardOldest(): boolean {
    const [oldest] = this.#connections;
    if (oldest === undefined) return false;
    this.#connections.delete(oldest);
    oldest.destroy();
    return true;
  }
}
