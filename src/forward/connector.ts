/**
 * A new connection to an origin: name → addresses → those that are permitted → the first that answers. Every address is
 * checked right before it is connected to, so that a name that changes its mind between two look-ups gains nothing.
 */
import type { Config } from '../config/types.ts';
import type { Origin } from '../match/host-facts.ts';
import { UPSTREAM_ERROR, type UpstreamErrorCode } from '../observe/counters.ts';
import type { DataCounters } from '../observe/data-counters.ts';
import { DestinationGuard } from './destination-guard.ts';
import { dial, type DialFailure } from './dial.ts';
import type { Endpoint } from './own-endpoints.ts';
import type { ReadBuffers } from './read-buffers.ts';
import { Resolver, type Asker, type ResolveFailure } from './resolver.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamRoom } from './upstream-room.ts';

/** Why an exchange failed before an answer was begun: the name of the answer to give, and the counter. */
export interface ForwardFailure {
  readonly answer:
    | 'dns_error'
    | 'dns_failed'
    | 'dns_timeout'
    | 'overloaded'
    | 'destination_denied'
    | 'connection_refused'
    | 'connection_timeout'
    | 'connection_terminated'
    | 'bad_response'
    | 'response_timeout';
  readonly counter: UpstreamErrorCode;
}

export const FAILURE = {
  noSuchName: { answer: 'dns_error', counter: UPSTREAM_ERROR.dns_no_name },
  dnsFailed: { answer: 'dns_failed', counter: UPSTREAM_ERROR.dns_failed },
  dnsRefused: { answer: 'dns_failed', counter: UPSTREAM_ERROR.dns_refused },
  dnsUnreachable: { answer: 'dns_failed', counter: UPSTREAM_ERROR.dns_unreachable },
  dnsTimeout: { answer: 'dns_timeout', counter: UPSTREAM_ERROR.dns_timeout },
  dnsBusy: { answer: 'overloaded', counter: UPSTREAM_ERROR.dns_busy },
  descriptors: { answer: 'overloaded', counter: UPSTREAM_ERROR.descriptors },
  denied: { answer: 'destination_denied', counter: UPSTREAM_ERROR.refused_address },
  refused: { answer: 'connection_refused', counter: UPSTREAM_ERROR.connect },
  connectTimeout: { answer: 'connection_timeout', counter: UPSTREAM_ERROR.connect_timeout },
  reset: { answer: 'connection_terminated', counter: UPSTREAM_ERROR.reset },
  earlyClose: { answer: 'connection_terminated', counter: UPSTREAM_ERROR.early_close },
  badResponse: { answer: 'bad_response', counter: UPSTREAM_ERROR.bad_response },
  firstByteTimeout: { answer: 'response_timeout', counter: UPSTREAM_ERROR.first_byte_timeout },
} as const satisfies Record<string, ForwardFailure>;

export type ConnectDone = (failure: ForwardFailure | null, connection: UpstreamConnection | null) => void;

/** What all connections of a thread share. */
export interface ConnectorParts {
  readonly buffers: ReadBuffers;
  readonly counters: DataCounters;
  readonly room: UpstreamRoom;
}

export class Connector {
  readonly #resolver: Resolver;
  readonly #guard: DestinationGuard;
  readonly #timeoutMs: number;
  readonly #buffers: ReadBuffers;
  readonly #counters: DataCounters;
  readonly #room: UpstreamRoom;

  constructor(config: Config, { buffers, counters, room }: ConnectorParts) {
    const { dns, allow, nat64 } = config.upstream;
    this.#resolver = new Resolver({
      dns,
      hostsFile: '/etc/hosts',
      resolvConf: '/etc/resolv.conf',
      now: () => performance.now(),
    });
    this.#guard = new DestinationGuard({ allow, nat64 });
    this.#timeoutMs = config.timeouts.connect;
    this.#buffers = buffers;
    this.#counters = counters;
    this.#room = room;
  }

  /** Our own listeners, never to be connected to. */
  setOwn(endpoints: readonly Endpoint[]): void {
    this.#guard.setOwn(endpoints);
  }

  /** Calls back exactly once, never from inside the call and never after the returned function, which cancels. */
  connect(destination: Origin, asker: Asker, done: ConnectDone): () => void {
    const known = this.#resolver.lookup(destination.host);
    if (known !== null) return this.#dial(known, destination, done);
    let cancelled = false;
    let cancel = this.#resolver.resolve(destination.host, asker, (failure, addresses) => {
      if (cancelled) return;
      if (failure !== null) done(RESOLVE_FAILURES[failure], null);
      else cancel = this.#dial(addresses, destination, done);
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #dial(addresses: readonly string[], destination: Origin, done: ConnectDone): () => void {
    const permitted = this.#guard.permitted(addresses, destination.port);
    if (permitted.length === 0) return later(() => done(FAILURE.denied, null));
    const attempts: UpstreamConnection[] = [];
    const open = (address: string, port: number): UpstreamConnection['socket'] => {
      if (!this.#room.hasRoom()) throw NO_ROOM;
      const connection = new UpstreamConnection({
        address,
        port,
        key: destination.key,
        buffers: this.#buffers,
        counters: this.#counters,
        room: this.#room,
      });
      attempts.push(connection);
      return connection.socket;
    };
    return dial(
      { addresses: permitted, port: destination.port, timeoutMs: this.#timeoutMs, open },
      (failure, socket) => {
        if (failure !== null) done(dialFailure(failure), null);
        else
          done(
            null,
            attempts.find((attempt) => attempt.socket === socket)!,
          );
      },
    );
  }
}

function later(action: () => void): () => void {
  const handle = setImmediate(action);
  return () => clearImmediate(handle);
}

const RESOLVE_FAILURES: Readonly<Record<ResolveFailure, ForwardFailure>> = {
  not_found: FAILURE.noSuchName,
  failed: FAILURE.dnsFailed,
  refused: FAILURE.dnsRefused,
  unreachable: FAILURE.dnsUnreachable,
  timeout: FAILURE.dnsTimeout,
  busy: FAILURE.dnsBusy,
};

/** What the system would say if it were asked. */
const NO_ROOM = Object.assign(new Error('no descriptor is left for a connection to an origin'), { code: 'EMFILE' });

function dialFailure(failure: DialFailure): ForwardFailure {
  if (failure.code === 'EMFILE' || failure.code === 'ENFILE') return FAILURE.descriptors;
  return failure.kind === 'timeout' ? FAILURE.connectTimeout : FAILURE.refused;
}
