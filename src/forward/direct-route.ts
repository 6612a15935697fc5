/**
 * The way of a proxy that clients were told of: names by the configured resolver, from an address of this machine, and idle
 * connections shared by all clients. A reload replaces how it connects; idle connections and our own endpoints stay.
 */
import type { Config } from '../config/types.ts';
import type { Origin } from '../match/host-facts.ts';
import { Connector, type ConnectDone } from './connector.ts';
import { DestinationGuard } from './destination-guard.ts';
import type { Endpoint } from './own-endpoints.ts';
import { Resolver, type ResolveClient } from './resolver.ts';
import type { ConfiguredRoute } from './route.ts';
import type { ConnectionParts, UpstreamConnection } from './upstream-connection.ts';
import type { RouteOrigins, UpstreamPool } from './upstream-pool.ts';

export class DirectRoute implements ConfiguredRoute {
  readonly #pool: UpstreamPool;
  readonly #parts: ConnectionParts;
  readonly #origins: RouteOrigins = new Map();
  #own: readonly Endpoint[] = [];
  #guard: DestinationGuard;
  #connector: Connector;

  constructor(config: Config, pool: UpstreamPool, parts: ConnectionParts) {
    this.#pool = pool;
    this.#parts = parts;
    this.#guard = guardOf(config);
    this.#connector = this.#connectorOf(config);
  }

  configure(config: Config): void {
    this.#guard = guardOf(config);
    this.#guard.setOwn(this.#own);
    this.#connector = this.#connectorOf(config);
  }

  setOwn(endpoints: readonly Endpoint[]): void {
    this.#own = endpoints;
    this.#guard.setOwn(endpoints);
  }

  take({ key }: Origin): UpstreamConnection | null {
    return this.#pool.take(this.#origins, key);
  }

  keep(connection: UpstreamConnection, now: number): void {
    this.#pool.put(this.#origins, connection, now);
  }

  connect(destination: Origin, client: ResolveClient, done: ConnectDone): () => void {
    return this.#connector.connect(destination, client, done);
  }

  #connectorOf({ upstream, timeouts }: Config): Connector {
    const resolver = new Resolver({
      dns: upstream.dns,
      hostsFile: '/etc/hosts',
      resolvConf: '/etc/resolv.conf',
      now: () => performance.now(),
    });
    return new Connector({ resolver, guard: this.#guard, timeoutMs: timeouts.connect }, this.#parts);
  }
}

function guardOf({ upstream: { allow, nat64 } }: Config): DestinationGuard {
  return new DestinationGuard({ allow, nat64 });
}
