/**
 * What the data threads count: one row a counter. Its place in shared memory (counter-layout.ts), the function that writes it
 * (data-counters.ts), its sum over the workers (counter-totals.ts), its metric (traffic-metrics.ts) and the check of
 * docs/metrics.md follow from the row. To add one: a row here, a line in docs/metrics.md, and the call.
 *
 * It must hold no name that comes from traffic.
 */
import type { ListAction } from '../lib/types.ts';

export const VERDICT = { pass: 0, block: 1, count: 2, allow: 3, refuse: 4, error: 5 } as const;
export const LIST_ACTION = { block: 0, count: 1, allow: 2 } as const;
export const HOST_CACHE = { hit: 0, miss: 1 } as const;
export const DIRECTION = { client_in: 0, client_out: 1, upstream_in: 2, upstream_out: 3 } as const;
export const UPSTREAM_ERROR = {
  dns_not_found: 0,
  dns_timeout: 1,
  dns_failed: 2,
  dns_refused: 3,
  dns_unreachable: 4,
  dns_overloaded: 5,
  destination_denied: 6,
  connect: 7,
  connect_timeout: 8,
  reset: 9,
  bad_response: 10,
  first_byte_timeout: 11,
  body_timeout: 12,
  premature_close: 13,
  fd_limit: 14,
} as const;
/** What a ClientHello names: `ech` where part of it is encrypted, whether or not there is a name outside. */
export const CLIENT_HELLO = { sni: 0, none: 1, ech: 2, malformed: 3 } as const;
/** Why the proxy ended a client's connection before its time. */
export const DROPPED = {
  connection_limit: 0,
  client_limit: 1,
  client_denied: 2,
  header_timeout: 3,
  idle_timeout: 4,
  body_timeout: 5,
  client_error: 6,
  fd_limit: 7,
  proxy_sender_denied: 8,
  proxy_header_invalid: 9,
  proxy_header_timeout: 10,
  /** The destination is this machine. */
  loop: 11,
  /** It came to an address to which no client is sent. */
  not_steered: 12,
} as const;

/** Of a question for a name. `error`: answered with an error of our own. */
export const DNS_VERDICT = { ...VERDICT, steer: 6 } as const;
/** Why a datagram of a client was not answered. */
export const DNS_DROPPED = {
  client_denied: 0,
  /** A response, or no header. */
  not_a_query: 1,
  in_flight_limit: 2,
  proxy_sender_denied: 3,
  proxy_header_invalid: 4,
  /** There is no socket to an upstream. */
  no_port: 5,
  client_limit: 6,
  /** The kernel had no room for it. */
  receive_buffer: 7,
} as const;
export const DNS_UPSTREAM_ERROR = {
  timeout: 0,
  unreachable: 1,
  /** It came to a socket of ours and is no answer to what waits there: too late, or forged. */
  unexpected_answer: 2,
  reset: 3,
  /** The kernel had no room for an answer. */
  receive_buffer: 4,
} as const;
export const DNS_TRANSPORT = { udp: 0, tcp: 1 } as const;

export type VerdictCode = (typeof VERDICT)[keyof typeof VERDICT];
export type UpstreamErrorCode = (typeof UPSTREAM_ERROR)[keyof typeof UPSTREAM_ERROR];
export type DroppedCode = (typeof DROPPED)[keyof typeof DROPPED];

/** What has slots of its own: a name of the configuration. */
export type Owner = 'listener' | 'list';

interface Row {
  /** Of the metric, without `cleanfeed_`. */
  readonly name: string;
  readonly help: string;
}

/** A counter or gauge: a slot for each owner and each value of its closed label; a gauge starts again with its worker. */
export interface CountRow extends Row {
  readonly kind: 'counter' | 'gauge';
  readonly per?: Owner;
  readonly label?: string;
  /** The label's values, numbered from 0. */
  readonly values?: Readonly<Record<string, number>>;
  /** Of a list: whether this value can come. Left out: all can. */
  readonly isShown?: (action: ListAction, value: string) => boolean;
}

export interface HistogramRow extends Row {
  readonly kind: 'histogram';
  /** Upper bounds in seconds, inclusive. */
  readonly bounds: readonly number[];
}

export const COUNTERS = {
  request: {
    kind: 'counter',
    name: 'requests_total',
    help: 'Requests by listener and verdict.',
    per: 'listener',
    label: 'verdict',
    values: VERDICT,
  },
  /** Who looks whether customers come must not take our own questions for theirs. */
  ownRequest: {
    kind: 'counter',
    name: 'own_requests_total',
    help: 'Requests that this machine itself has sent (self-tests, probes of the guard), or a balancer for itself, but those that were refused; they are in requests_total too.',
  },
  /** One list that matched a request, whether or not its action won. */
  listHit: {
    kind: 'counter',
    name: 'list_hits_total',
    help: 'Requests, and questions for names, that matched an entry, by list and action.',
    per: 'list',
    label: 'action',
    values: LIST_ACTION,
    // A list hits with its own action, or with `count` through an entry marked so.
    isShown: (action, value) => value === action || value === 'count',
  },
  requestDuration: {
    kind: 'histogram',
    name: 'request_duration_seconds',
    help: 'Time the proxy itself added to a request.',
    bounds: [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1],
  },
  /** From the request's last byte sent to the answer's first byte. */
  upstreamDuration: {
    kind: 'histogram',
    name: 'upstream_duration_seconds',
    help: 'Time from the request sent to the first byte of the answer.',
    bounds: [1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  upstreamError: {
    kind: 'counter',
    name: 'upstream_errors_total',
    help: 'Requests that failed on the upstream side, by reason.',
    label: 'reason',
    values: UPSTREAM_ERROR,
  },
  connection: { kind: 'gauge', name: 'connections', help: 'Open client connections.', per: 'listener' },
  dropped: {
    kind: 'counter',
    name: 'connections_dropped_total',
    help: 'Client connections ended by the proxy, by reason.',
    label: 'reason',
    values: DROPPED,
  },
  notHttp: {
    kind: 'counter',
    name: 'not_http_total',
    help: 'Connections, inside CONNECT or intercepted, whose first bytes are neither HTTP nor TLS.',
    per: 'listener',
  },
  /** The next hole: whoever answered has found a request where we have found none. */
  notHttpAnswered: {
    kind: 'counter',
    name: 'not_http_answered_total',
    help: 'Connections that were reset because their server has answered in HTTP or TLS what was neither.',
    per: 'listener',
  },
  clientHello: {
    kind: 'counter',
    name: 'client_hellos_total',
    help: 'TLS connections by what their ClientHello names.',
    label: 'name',
    values: CLIENT_HELLO,
  },
  unenforceable: {
    kind: 'counter',
    name: 'unenforceable_total',
    help: 'TLS connections that passed to a host with entries for paths only, which cannot be enforced behind TLS.',
    per: 'listener',
  },
  slowed: {
    kind: 'counter',
    name: 'clients_slowed_total',
    help: 'Times a client was slowed down because it was refused many different entries.',
  },
  bytes: {
    kind: 'counter',
    name: 'bytes_total',
    help: 'Bytes moved, by side and direction.',
    label: 'direction',
    values: DIRECTION,
  },
  hostCache: {
    kind: 'counter',
    name: 'host_cache_total',
    help: 'Look-ups in the host-facts cache.',
    label: 'result',
    values: HOST_CACHE,
  },
  hostCacheEntries: { kind: 'gauge', name: 'host_cache_entries', help: 'Hosts in the host-facts cache.' },
  upstreamConnection: {
    kind: 'gauge',
    name: 'upstream_connections',
    help: 'Open connections to origins, idle ones included.',
  },
  upstreamIdle: {
    kind: 'gauge',
    name: 'upstream_idle_connections',
    help: 'Idle connections to origins, kept for later requests.',
  },
  dnsQuery: {
    kind: 'counter',
    name: 'dns_queries_total',
    help: 'Questions for names by listener and verdict.',
    per: 'listener',
    label: 'verdict',
    values: DNS_VERDICT,
  },
  dnsDropped: {
    kind: 'counter',
    name: 'dns_dropped_total',
    help: 'Datagrams of clients that were not answered, by reason.',
    label: 'reason',
    values: DNS_DROPPED,
  },
  dnsUpstreamError: {
    kind: 'counter',
    name: 'dns_upstream_errors_total',
    help: 'What went wrong between the DNS front and its resolvers, by reason.',
    label: 'reason',
    values: DNS_UPSTREAM_ERROR,
  },
  dnsResolverDown: {
    kind: 'gauge',
    name: 'dns_resolvers_down',
    help: 'Resolvers that did not answer when they were asked last, by listener and transport; each worker counts what it has seen.',
    per: 'listener',
    label: 'transport',
    values: DNS_TRANSPORT,
  },
  dnsSigned: {
    kind: 'counter',
    name: 'dns_signed_passed_total',
    help: 'Answers that passed although the name is steered, because they are signed and were asked for so.',
  },
  dnsInFlight: { kind: 'gauge', name: 'dns_in_flight', help: 'Questions that wait for a resolver.' },
  dnsUpstreamDuration: {
    kind: 'histogram',
    name: 'dns_upstream_duration_seconds',
    help: 'Time from a question received to the answer of a resolver.',
    bounds: [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
} as const satisfies Readonly<Record<string, CountRow | HistogramRow>>;

export type CounterKey = keyof typeof COUNTERS;
