/**
 * A new connection to an origin: name → addresses → those that are permitted → the first that answers. Every address is
 * checked right before it is connected to, so that a name that changes its mind between two look-ups gains nothing.
 */
import { connect, type Socket } from 'node:net';
import type { Origin } from '../match/host-facts.ts';
import { UPSTREAM_ERROR, type UpstreamErrorCode } from '../observe/counters.ts';
import type { DestinationGuard } from './destination-guard.ts';
import { dial, type DialFailure } from './dial.ts';
import type { ResolveClient, Resolver, ResolveFailure } from './resolver.ts';
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
}

export class Connector {
  readonly #options: ConnectorOptions;
  readonly #parts: ConnectionParts;

  constructor(options: ConnectorOptions, parts: ConnectionParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Calls back exactly once, never from inside the call and never after the returned function, which cancels. */
  connect(destination: Origin, client: ResolveClient, done: ConnectDone): () => void {
    const { resolver } = this.#options;
    const known = resolver.lookup(destination.host);
    if (known !== null) return this.#dial(known, destination, done);
    let cancelled = false;
    let cancel = resolver.resolve(destination.host, client, (failure, addresses) => {
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
    const { guard, timeoutMs } = this.#options;
    const { port, key } = destination;
    const permitted = guard.permitted(addresses, port);
    if (permitted.length === 0) return later(() => done(FAILURE.denied, null));
    const attempts: UpstreamConnection[] = [];
    const open = (address: string): Socket => {
      if (!this.#parts.capacity.canOpen()) throw NO_DESCRIPTOR_LEFT;
      const options = { host: address, port, noDelay: true, allowHalfOpen: true };
      const connection = new UpstreamConnection((onread) => connect({ ...options, onread }), key, this.#parts);
      attempts.push(connection);
      return connection.socket;
    };
    return dial({ addresses: permitted, port, timeoutMs, open }, (failure, socket) => {
      if (failure !== null) return done(dialFailure(failure), null);
      const winner = attempts.find((attempt) => attempt.socket === socket);
      if (winner !== undefined) done(null, winner);
    });
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

function dialFailure(failure: DialFailure): ForwardFailure {
  if (failure.code === 'EMFILE' || failure.code === 'ENFILE') return FAILURE.descriptors;
  return failure.kind === 'timeout' ? FAILURE.connectTimeout : FAILURE.refused;
}
