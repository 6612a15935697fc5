/**
 * The way of a proxy that clients were told of: names by the configured resolver, from an address of this machine, and idle
 * connections shared by all clients. A reload replaces how it connects; idle connections and our own endpoints stay.
 * It must not connect to what its guard has not permitted.
 */
import type { Config } from '../config/types.ts';
import type { Origin } from '../match/host-facts.ts';
import { namingOf } from './client-naming.ts';
import { Connector, type ConnectDone } from './connector.ts';
import { DestinationGuard } from './destination-guard.ts';
import { Egress, type Asker, type NativeHolder } from './egress.ts';
import type { Endpoint } from './own-endpoints.ts';
import { systemResolver } from './resolver.ts';
import type { ConfiguredRoute } from './route.ts';
import type { ConnectionParts, UpstreamConnection } from './upstream-connection.ts';
import type { RouteOrigins, UpstreamPool } from './upstream-pool.ts';

export class DirectRoute implements ConfiguredRoute {
  readonly #pool: UpstreamPool;
  readonly #parts: ConnectionParts;
  readonly #native: NativeHolder;
  readonly #origins: RouteOrigins = new Map();
  #own: readonly Endpoint[] = [];
  #guard: DestinationGuard;
  #connector: Connector;

  constructor(config: Config, pool: UpstreamPool, parts: ConnectionParts, native: NativeHolder) {
    this.#pool = pool;
    this.#native = native;
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

  connect(destination: Origin, asker: Asker, done: ConnectDone): () => void {
    return this.#connector.connect(destination, asker, done);
  }

  #connectorOf({ upstream, timeouts }: Config): Connector {
    return new Connector(
      {
        resolver: systemResolver(upstream.dns),
        guard: this.#guard,
        timeoutMs: timeouts.connect,
        egress: new Egress({
          source: 'proxy',
          upstream,
          native: this.#native,
          isOwnAddress: (address) => this.#guard.isOwnAddress(address),
        }),
        naming: namingOf(upstream),
      },
      this.#parts,
    );
  }
}

/** Where clients are steered to need not be an address of an interface. */
function guardOf({ upstream: { allow, nat64 }, listeners, guard }: Config): DestinationGuard {
  const ownNetworks = listeners.flatMap(({ steered }) => steered?.addresses ?? []);
  return new DestinationGuard({ allow, nat64, ownNetworks, page: guard?.origin ?? null });
}
