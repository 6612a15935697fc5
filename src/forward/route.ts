/**
 * How the requests of a listener reach their origins: which idle connections they may use, who resolves names, which addresses
 * are permitted, and how one is dialled. These belong together: an idle connection that was made one way must not serve a
 * request that goes another.
 *
 *   destination ──take──▶ idle connection of this route, or null
 *               ──connect──▶ resolver ─▶ guard ─▶ dial ──▶ new connection ──keep──▶ idle
 *
 * A listener has one. A mode that goes another way (a resolver of its own, the client's address as source, one connection to
 * the origin for each of the client's) is another Route beside direct-route.ts, and no condition in it.
 */
import type { Config } from '../config/types.ts';
import type { Origin } from '../match/host-facts.ts';
import type { ConnectDone } from './connector.ts';
import type { Asker } from './egress.ts';
import type { Endpoint } from './own-endpoints.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export interface Route {
  /** @returns an idle connection to the destination, null if there is none. It is not idle any more. */
  take(destination: Origin): UpstreamConnection | null;
  /** Keeps a connection of this route for the next request, or closes it. `now`: coarse clock. */
  keep(connection: UpstreamConnection, now: number): void;
  /** Calls back exactly once, never from inside the call and never after the returned function, which cancels. */
  connect(destination: Origin, asker: Asker, done: ConnectDone): () => void;
}

/** As the thread's root sees it. */
export interface ConfiguredRoute extends Route {
  /** New connections are made by this configuration from now on; idle ones stay. */
  configure(config: Config): void;
  /** Our own listeners, never to be connected to. */
  setOwn(endpoints: readonly Endpoint[]): void;
}
