/**
 * Settings of the resolver side (resolver.ts): answers, the DNS front, policy zones, the route feed. Durations are in
 * milliseconds, paths absolute.
 * Types only: it must not hold any logic.
 */
import type { Prefix } from '../lib/types.ts';

export interface ResolverConfig {
  readonly answers: AnswersConfig;
  readonly front: FrontConfig;
  readonly zones: readonly ZoneConfig[];
  /** Null: no routes are written. */
  readonly routes: RoutesConfig | null;
}

interface AnswersConfig {
  readonly block: BlockAnswer;
  /** The filter's addresses; a family without any is answered as if the name had none. Null: nothing is steered. */
  readonly steer: { readonly a: readonly Prefix[]; readonly aaaa: readonly Prefix[] } | null;
  readonly ttlSeconds: number;
}

type BlockAnswer = RecordAnswer | 'refused';

/** All that a policy zone can say. Addresses are as written, one or more; a family without any is NODATA. */
export type RecordAnswer =
  | 'nxdomain'
  | 'nodata'
  | {
      readonly a: readonly string[];
      readonly aaaa: readonly string[];
    };

/** Bounds of the DNS front, each of one worker. */
interface FrontConfig {
  /** Questions that wait for an upstream. */
  readonly inFlight: number;
  readonly timeoutMs: number;
  readonly tcpConnections: number;
  /** Of one client that shares its address with nobody. */
  readonly tcpPerClient: number;
  readonly tcpIdleMs: number;
  /** Sockets to upstreams, each with a port of its own, and how long one is used. */
  readonly udpPorts: number;
  readonly portLifeMs: number;
  /** Of each UDP socket: what comes while a worker stands still waits there. */
  readonly receiveBufferBytes: number;
}

/** Of a listener of mode dns. */
export interface DnsListenerConfig {
  /** `address:port`, at least one, in the order in which they are asked. */
  readonly upstream: readonly string[];
  readonly sendProxyProtocol: boolean;
}

/** A response policy zone, written to a file for other engines. */
export interface ZoneConfig {
  /** Lower case, without a final dot. */
  readonly name: string;
  readonly file: string;
  /** Names of the lists whose names it blocks, at least one; none of them only counts. */
  readonly lists: readonly string[];
  /** Names of the allow lists that take names out. */
  readonly allow: readonly string[];
  readonly answer: RecordAnswer;
  /** A program and its arguments, run after the file was replaced; empty: nobody is told. */
  readonly notify: readonly string[];
}

/** Routes to the addresses of hosts that are steered, for BIRD. */
export interface RoutesConfig {
  readonly file: string;
  /** As those of a zone. */
  readonly lists: readonly string[];
  readonly allow: readonly string[];
  /** `address:port`, all of which are asked. */
  readonly resolvers: readonly string[];
  readonly intervalMs: number;
  /** Beside NO_EXPORT, which every route has; null: none. */
  readonly community: readonly [number, number] | null;
  /** No route into these is ever written, beside those that are shipped. */
  readonly never: readonly Prefix[];
  readonly neverFiles: readonly string[];
  /** Of a host and an update; further ones are held. */
  readonly newAddresses: number;
  readonly holdMs: number;
  readonly maxRoutes: number;
  /** What a route may carry; null: nobody measures. `counters` prints a line `ADDRESS BYTES` for each route. */
  readonly rate: { readonly bytesPerSecond: number; readonly counters: readonly string[] } | null;
  readonly notify: readonly string[];
}
