/**
 * The way of traffic that did not choose us: one connection to the origin for each of the client's, never shared and never kept,
 * from this machine's address or from the client's own (egress.ts).
 *
 *   transparent: an address        ─▶ guard ─▶ dial
 *   steered:     a name ─▶ servers that do not steer ─▶ guard ─▶ dial
 *
 * It must not be pooled. What leads here again is a loop: dropped, and counted. A reload replaces how it connects.
 */
import type { Config, ListenerConfig } from '../config/types.ts';
import { parseIpAddress, prefixContains } from '../lib/prefix.ts';
import type { Origin } from '../match/host-facts.ts';
import { canonicalHost, type CanonicalHost } from '../url/host.ts';
import { DROPPED } from '../observe/counters.ts';
import { namingOf } from './client-naming.ts';
import { Connector, FAILURE, type ConnectDone } from './connector.ts';
import { DestinationGuard } from './destination-guard.ts';
import { Egress, type Asker, type NativeHolder } from './egress.ts';
import type { Endpoint } from './own-endpoints.ts';
import { systemResolver } from './resolver.ts';
import type { ConfiguredRoute } from './route.ts';
import type { ConnectionParts, UpstreamConnection } from './upstream-connection.ts';

export class InterceptedRoute implements ConfiguredRoute {
  readonly #parts: ConnectionParts;
  readonly #native: NativeHolder;
  #listener: ListenerConfig;
  #own: readonly Endpoint[] = [];
  #guard: DestinationGuard;
  #connector: Connector;
  #page: CanonicalHost | null;

  constructor(config: Config, listener: ListenerConfig, parts: ConnectionParts, native: NativeHolder) {
    this.#parts = parts;
    this.#native = native;
    this.#listener = listener;
    this.#guard = guardOf(config);
    this.#connector = this.#connectorOf(config);
    this.#page = pageOf(config);
  }

  /** As it is in force. */
  get listener(): ListenerConfig {
    return this.#listener;
  }

  configure(config: Config): void {
    const { name, mode } = this.#listener;
    // Connections of a listener that is gone live on by what it was.
    this.#listener = config.listeners.find((other) => other.name === name && other.mode === mode) ?? this.#listener;
    this.#guard = guardOf(config);
    this.#guard.setOwn(this.#own);
    this.#connector = this.#connectorOf(config);
    this.#page = pageOf(config);
  }

  setOwn(endpoints: readonly Endpoint[]): void {
    this.#own = endpoints;
    this.#guard.setOwn(endpoints);
  }

  /** Whether a connection to this address, at any port, ends at this machine. */
  endsHere(address: string): boolean {
    return this.#guard.isOwnAddress(address);
  }

  /** Whether it is the host of the guard's page, which no list knows. */
  isGuardsPage(host: string): boolean {
    return host === this.#page;
  }

  /** Whether clients are sent to this address. */
  isSteeredHere(address: string): boolean {
    const bytes = parseIpAddress(address);
    return bytes !== null && (this.#listener.steered?.addresses ?? []).some((prefix) => prefixContains(prefix, bytes));
  }

  take(): null {
    return null;
  }

  keep(connection: UpstreamConnection): void {
    connection.destroy();
  }

  connect(destination: Origin, asker: Asker, done: ConnectDone): () => void {
    return this.#connector.connect(destination, asker, (failure, connection) => {
      if (failure === FAILURE.loop) this.#parts.counters.dropped(DROPPED.loop);
      done(failure, connection);
    });
  }

  #connectorOf({ upstream, timeouts }: Config): Connector {
    const { source, steered } = this.#listener;
    const servers = steered === null || steered.resolver.length === 0 ? upstream.dns.servers : steered.resolver;
    return new Connector(
      {
        resolver: systemResolver({ ...upstream.dns, servers }),
        guard: this.#guard,
        timeoutMs: timeouts.connect,
        egress: new Egress({
          source,
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

function guardOf({ upstream: { allow, nat64 }, listeners, guard }: Config): DestinationGuard {
  const ownPrefixes = listeners.flatMap(({ steered }) => steered?.addresses ?? []);
  return new DestinationGuard({ allow, nat64, ownPrefixes, page: guard?.origin ?? null });
}

function pageOf({ guard }: Config): CanonicalHost | null {
  if (guard === null) return null;
  const { address } = guard.origin;
  return canonicalHost(address.includes(':') ? `[${address}]` : address);
}
