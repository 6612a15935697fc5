/**
 * The one upstream connection that a client's connection keeps for itself between two requests. Nobody else may have it:
 *
 *   it has carried NTLM or Negotiate    whoever sends on it next is taken for this client (RFC 4559 §6)
 *   it has carried a request body       an origin that did not read the body takes it for the next request, and answers
 *                                       that one first: the client after would get a response that is not its own
 *   it names the client                 in a PROXY header: whatever is sent on it is taken for his (client-naming.ts)
 *
 * The second kind is kept for a few seconds, the third as long as any idle connection, and neither in place of the first. It must not be used for a host with
 * path entries: a request inside the body was not judged.
 */
import type { KeptConnections } from './kept-connections.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export class ClientUpstream {
  #connection: UpstreamConnection | null = null;
  readonly #all: KeptConnections;

  /** `all`: what the clients of this thread keep; a new connection may take the place of one. */
  constructor(all: KeptConnections) {
    this.#all = all;
  }

  /** The connection, if it goes to this origin and may carry another request. It is not kept any more. */
  take(key: string, hasPathEntries: boolean, idleAfter: number): UpstreamConnection | null {
    const connection = this.#connection;
    if (connection === null || connection.key !== key) return null;
    this.#release(connection);
    if (connection.isReusable && !(connection.carriedBody && (hasPathEntries || connection.idleSince <= idleAfter)))
      return connection;
    connection.destroy();
    return null;
  }

  /** Keeps it, or closes it. The one that was kept before is closed in its place. */
  keep(connection: UpstreamConnection, now: number): void {
    const before = this.#connection;
    connection.user = null;
    if (!connection.isReusable || (before !== null && before.isBound && !connection.isBound))
      return connection.destroy();
    if (before !== null) this.#discard(before);
    connection.reused = true;
    connection.idleSince = now;
    connection.onIdleGone = () => this.#release(connection);
    this.#connection = connection;
    this.#all.add(connection);
  }

  /** Closes one that has carried a body and became idle at `idleAfter` or before, or one that names the client, at `namedIdleAfter`. */
  sweep(idleAfter: number, namedIdleAfter: number): void {
    const connection = this.#connection;
    if (connection === null) return;
    const { carriedBody, namesClient, isBound, idleSince } = connection;
    if ((carriedBody && idleSince <= idleAfter) || (namesClient && !isBound && idleSince <= namedIdleAfter))
      this.#discard(connection);
  }

  close(): void {
    if (this.#connection !== null) this.#discard(this.#connection);
  }

  #discard(connection: UpstreamConnection): void {
    this.#release(connection);
    connection.destroy();
  }

  #release(connection: UpstreamConnection): void {
    connection.onIdleGone = null;
    this.#all.delete(connection);
    this.#connection = null;
  }
}
