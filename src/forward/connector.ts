/**
 * A new connection to an origin: name → addresses → those that are permitted → the first that answers. Every address is
 * checked right before it is connected to, so that a name that changes its mind between two look-ups gains nothing.
 * It must not connect to an address that was not checked.
 */
import type { Socket } from 'node:net';
import type { Origin } from '../match/host-facts.ts';
import { DIRECTION, UPSTREAM_ERROR, type UpstreamErrorCode } from '../observe/counters.ts';
import type { ClientNaming } from './client-naming.ts';
import type { DestinationGuard } from './destination-guard.ts';
import { dial, type DialFailure } from './dial.ts';
import type { Asker, Egress } from './egress.ts';
import type { Resolver, ResolveFailure } from './resolver.ts';
import { UpstreamConnection, type ConnectionParts } from './upstream-connection.ts';

/** Why an exchange failed before a response was begun: the name of the response to give, and the counter. */
export interface ForwardFailure {
  readonly response:
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
  noSuchName: { response: 'dns_error', counter: UPSTREAM_ERROR.dns_not_found },
  dnsFailed: { response: 'dns_failed', counter: UPSTREAM_ERROR.dns_failed },
  dnsRefused: { response: 'dns_failed', counter: UPSTREAM_ERROR.dns_refused },
  dnsUnreachable: { response: 'dns_failed', counter: UPSTREAM_ERROR.dns_unreachable },
  dnsTimeout: { response: 'dns_timeout', counter: UPSTREAM_ERROR.dns_timeout },
  dnsBusy: { response: 'overloaded', counter: UPSTREAM_ERROR.dns_overloaded },
  descriptors: { response: 'overloaded', counter: UPSTREAM_ERROR.fd_limit },
  denied: { response: 'destination_denied', counter: UPSTREAM_ERROR.destination_denied },
  /** The destination leads here again. */
  loop: { response: 'destination_denied', counter: UPSTREAM_ERROR.destination_denied },
  refused: { response: 'connection_refused', counter: UPSTREAM_ERROR.connect },
  connectTimeout: { response: 'connection_timeout', counter: UPSTREAM_ERROR.connect_timeout },
  reset: { response: 'connection_terminated', counter: UPSTREAM_ERROR.reset },
  earlyClose: { response: 'connection_terminated', counter: UPSTREAM_ERROR.premature_close },
  badResponse: { response: 'bad_response', counter: UPSTREAM_ERROR.bad_response },
  firstByteTimeout: { response: 'response_timeout', counter: UPSTREAM_ERROR.first_byte_timeout },
} as const satisfies Record<string, ForwardFailure>;

export type ConnectDone = (failure: ForwardFailure | null, connection: UpstreamConnection | null) => void;

/** How a route connects. */
export interface ConnectorOptions {
  readonly resolver: Resolver;
  readonly guard: DestinationGuard;
  /** Milliseconds for all addresses together. */
  readonly timeoutMs: number;
  readonly egress: Egress;
  /** Null where no origin is told whose connection it is. */
  readonly naming: ClientNaming | null;
}

export class Connector {
  readonly #options: ConnectorOptions;
  readonly #parts: ConnectionParts;
  /** Of all that this one makes, also where a reload has put another one in its place while a name was looked up. */
  readonly #way: number;

  constructor(options: ConnectorOptions, parts: ConnectionParts) {
    this.#options = options;
    this.#parts = parts;
    this.#way = parts.capacity.way;
  }

  /** Calls back exactly once, never from inside the call and never after the returned function, which cancels. */
  connect(destination: Origin, asker: Asker, done: ConnectDone): () => void {
    const { resolver } = this.#options;
    const known = resolver.lookup(destination.host);
    if (known !== null) return this.#dial(known, destination, asker, done);
    let cancelled = false;
    let cancel = resolver.resolve(destination.host, asker.client, (failure, addresses) => {
      if (cancelled) return;
      if (failure !== null) done(RESOLVE_FAILURES[failure], null);
      else cancel = this.#dial(addresses, destination, asker, done);
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #dial(addresses: readonly string[], destination: Origin, asker: Asker, done: ConnectDone): () => void {
    const { guard } = this.#options;
    const { port } = destination;
    const permitted = guard.permitted(addresses, port);
    if (permitted.length > 0) return this.#dialFrom(0, permitted, destination, asker, done);
    const isLoop = addresses.some((address) => guard.check(address, port) === 'own');
    return later(() => done(isLoop ? FAILURE.loop : FAILURE.denied, null));
  }

  /** @param attempt which source: where all its ports towards the destination are in use, the next one is tried. */
  #dialFrom(
    attempt: number,
    addresses: readonly string[],
    destination: Origin,
    asker: Asker,
    done: ConnectDone,
  ): () => void {
    const { timeoutMs, egress } = this.#options;
    const { port, key } = destination;
    const attempts: UpstreamConnection[] = [];
    const open = (address: string): Socket => {
      if (!this.#parts.capacity.canOpen()) throw NO_DESCRIPTOR_LEFT;
      const connection = new UpstreamConnection(
        (onread) => egress.open(address, port, asker, attempt, onread),
        { key, way: this.#way },
        this.#parts,
      );
      attempts.push(connection);
      return connection.socket;
    };
    let cancel = dial({ addresses, port, timeoutMs, open }, (failure, socket) => {
      if (failure === null) {
        const winner = attempts.find((connection) => connection.socket === socket);
        if (winner !== undefined) this.#opened(winner, asker, done);
      } else if (failure.code === NO_PORT && attempt + 1 < egress.sources(addresses[0] ?? '')) {
        cancel = this.#dialFrom(attempt + 1, addresses, destination, asker, done);
      } else done(dialFailure(failure), null);
    });
    return () => cancel();
  }

  #opened(connection: UpstreamConnection, asker: Asker, done: ConnectDone): void {
    const { naming } = this.#options;
    if (naming !== null) this.#parts.counters.bytes(DIRECTION.upstream_out, naming.begin(connection, asker));
    done(null, connection);
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
const NO_DESCRIPTOR_LEFT = Object.assign(new Error('no descriptor is left for a connection to an origin'), {
  code: 'EMFILE',
});

/** What connect(2) says when every port of the source is in use towards the destination. */
const NO_PORT = 'EADDRNOTAVAIL';

function dialFailure(failure: DialFailure): ForwardFailure {
  if (failure.code === 'EMFILE' || failure.code === 'ENFILE') return FAILURE.descriptors;
  return failure.kind === 'timeout' ? FAILURE.connectTimeout : FAILURE.refused;
}
