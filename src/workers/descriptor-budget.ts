/**
 * What a configuration may need of descriptors at the worst, and what of it the system grants. Where that is less, caps are
 * lowered until they fit: at the limit itself Node accepts connections and closes them without a word, lists cannot be read,
 * and the admin side does not answer.
 *
 *   limit = control side (admin, lists, control socket, Node itself)
 *         + workers × (listening sockets, what is just being turned away, Node itself + clients + upstream sockets)
 *
 * It is a pure function and must not look at what really happens (descriptor-watch.ts).
 */
import { listenPlaces } from '../config/listener-modes.ts';
import type { Config } from '../config/types.ts';

export interface DescriptorBudget {
  /** The number of descriptors that the process may have open. It is null if the system does not tell; then nothing is lowered. */
  readonly limit: number | null;
  /** What the configuration as written may need. */
  readonly required: number;
  /** Client connections per worker, as configured. */
  readonly connections: number;
  /** The limit is too low: fewer clients than configured, or fewer upstream connections than they may want. */
  readonly lowered: boolean;
}

/** Connections of the admin side (admin/admin-connections.ts, MAX_ALL), and of those that ask at the control socket, or are told why they have to go. */
const ADMIN = 64 + 16;
/** Event loops, pipes, standard streams, the thread that compiles: with two workers 22, as /proc/self/fd tells. */
const CONTROL_THREAD = 32;
/** A file and its watch, or a connection to its server, and the copy that is kept. */
const EACH_LIST = 8;
/** Listening sockets of one listener at one place (accept/stream-listener.ts, SOCKETS), and as many connections in one turn that are turned away. */
const EACH_PLACE = 2 * 16;
/** A worker's event loop takes these. */
const EACH_WORKER = 16;
/** A worker's sockets to name servers (stub-resolver/name-server.ts): 120, one more for each of eight servers, and 64 connections. */
const NAME_SERVERS = 128 + 64;
/** Connections of a DNS listener that are kept (dns-front/upstream-stream.ts), and ports that are left while answers are owed on them. */
const DNS_KEPT = 64;
const DNS_LEAVING = 16;
/** The share of the descriptors that clients get if there are few. */
const NAME_SERVERS_SHARE = 1 / 8;
/** A client, what serves its request, and what it keeps for itself meanwhile (forward/client-upstream.ts), which no pool counts. */
const EACH_CLIENT = 3;
/** Most clients are idle most of the time: where there is not enough for three descriptors each, two thirds are for them. */
const CLIENTS_SHARE = 2 / 3;
/** A client of a DNS listener, and the connection to a resolver on which his questions go. */
const EACH_DNS_CLIENT = 2;

export interface Fitted {
  /** @returns the configuration with caps that fit. */
  readonly config: Config;
  readonly budget: DescriptorBudget;
}

/** @param limit of descriptors of the process; null: the system does not tell, and nothing is lowered. */
export function fitToDescriptors(config: Config, limit: number | null): Fitted {
  const { workers, limits, upstream } = config;
  const { connections } = limits;
  const control = ADMIN + CONTROL_THREAD + EACH_LIST * config.lists.length;
  const fixed = EACH_WORKER + EACH_PLACE * config.listeners.flatMap(listenPlaces).length + dnsSockets(config);
  const { wanted, share } = traffic(config);
  const required = control + workers * (fixed + NAME_SERVERS + wanted);
  if (limit === null) return { config, budget: { limit, required, connections, lowered: false } };
  const each = withoutNameServers(Math.floor((limit - control) / workers) - fixed);
  const lowered = each < wanted;
  const clients = lowered ? Math.min(connections, Math.max(1, Math.floor(each * share))) : connections;
  const sockets = Math.max(1, each - clients);
  const fitting = { ...config, limits: { ...limits, connections: clients }, upstream: { ...upstream, sockets } };
  return { config: fitting, budget: { limit, required, connections, lowered } };
}

interface Traffic {
  /** What all that a worker may serve takes at the worst. */
  readonly wanted: number;
  /** Of the descriptors, for clients, where there are fewer. */
  readonly share: number;
}

/** Where names alone are asked for there is no origin, and clients of their own bound. */
function traffic({ listeners, limits, upstream, resolver }: Config): Traffic {
  const { connections } = limits;
  if (listeners.some(({ mode }) => mode !== 'dns'))
    return { wanted: connections * EACH_CLIENT + upstream.pool.maxIdle, share: CLIENTS_SHARE };
  const clients = Math.min(connections, resolver.front.tcpConnections * listeners.length);
  return { wanted: clients * EACH_DNS_CLIENT, share: 1 / EACH_DNS_CLIENT };
}

/** Of the listeners of mode dns: for UDP, and connections to resolvers that wait for the next client. Those of clients are clients'. */
function dnsSockets({ listeners, resolver }: Config): number {
  const { udpPorts } = resolver.front;
  return listeners.reduce(
    (sum, { dns }) => sum + (dns === null ? 0 : 1 + DNS_KEPT + dns.upstream.length * (udpPorts + DNS_LEAVING)),
    0,
  );
}

function withoutNameServers(all: number): number {
  return all - Math.min(NAME_SERVERS, Math.max(0, Math.floor(all * NAME_SERVERS_SHARE)));
}
