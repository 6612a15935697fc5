/**
 * The routes of one thread's listeners: one for all explicit ones, whose idle connections any client may use, and one for each other.
 * Two routes must not share idle connections.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ListenerConfig } from '../config/types.ts';
import { DirectRoute } from './direct-route.ts';
import type { NativeHolder } from './egress.ts';
import { InterceptedRoute } from './intercepted-route.ts';
import type { Endpoint } from './own-endpoints.ts';
import type { Route } from './route.ts';
import type { ConnectionParts } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-pool.ts';

export class Routes {
  readonly explicit: DirectRoute;
  readonly #parts: ConnectionParts;
  readonly #pool: UpstreamPool;
  readonly #native: NativeHolder;
  #config: Config;
  #own: readonly Endpoint[] = [];
  /** By mode and name of the listener. */
  readonly #intercepted = new Map<string, InterceptedRoute>();

  constructor(config: Config, pool: UpstreamPool, parts: ConnectionParts, native: NativeHolder) {
    this.#config = config;
    this.#parts = parts;
    this.#pool = pool;
    this.#native = native;
    this.explicit = new DirectRoute(config, pool, parts, native);
  }

  intercepted(listener: ListenerConfig): InterceptedRoute {
    const key = keyOf(listener);
    const known = this.#intercepted.get(key);
    if (known !== undefined) return known;
    const route = new InterceptedRoute(this.#config, listener, this.#parts, this.#native);
    route.setOwn(this.#own);
    this.#intercepted.set(key, route);
    return route;
  }

  /**
   * New connections are made by this configuration from now on; those that went another way carry no further request, and idle ones are closed.
   * @param inUse routes of open connections: those of listeners that are gone live on in them
   */
  configure(config: Config, inUse: Iterable<Route> = []): void {
    if (!isDeepStrictEqual(wayOf(config), wayOf(this.#config))) {
      this.#parts.capacity.way += 1;
      this.#pool.closeAll();
    }
    this.#config = config;
    this.explicit.configure(config);
    for (const route of this.#interceptedAnd(inUse)) route.configure(config);
    const wanted = new Set(config.listeners.map(keyOf));
    for (const key of this.#intercepted.keys()) if (!wanted.has(key)) this.#intercepted.delete(key);
  }

  /** Our own listeners, never to be connected to. @param inUse as of `configure` */
  setOwn(endpoints: readonly Endpoint[], inUse: Iterable<Route> = []): void {
    this.#own = endpoints;
    this.explicit.setOwn(endpoints);
    for (const route of this.#interceptedAnd(inUse)) route.setOwn(endpoints);
  }

  #interceptedAnd(inUse: Iterable<Route>): ReadonlySet<InterceptedRoute> {
    const routes = new Set(this.#intercepted.values());
    for (const route of inUse) if (route instanceof InterceptedRoute) routes.add(route);
    return routes;
  }
}

/** What makes a connection to an origin another one: where it may go, from which address, and what is said at its beginning. */
function wayOf({ upstream }: Config): object {
  const { allow, nat64, sourceAddresses, mark, proxyProtocol } = upstream;
  return { allow, nat64, sourceAddresses, mark, proxyProtocol };
}

function keyOf({ mode, name }: ListenerConfig): string {
  return `${mode} ${name}`;
}
