/**
 * What may grow is shown beside how far it may: `X` has a `X_limit`, of the configuration in force (config/default.yaml), the workers
 * together where each has its own. What has no limit (`upstream.sockets` where descriptors suffice) has no sample.
 * It must not hold a limit of its own.
 */
import { totalmem } from 'node:os';
import type { Config } from '../config/types.ts';
import type { ControlView } from './control-view.ts';
import { one, type MetricRow } from './metric-row.ts';

export interface LimitFigures {
  readonly config: Config;
  readonly view: ControlView;
  /** Client connections of each worker. */
  readonly connections: readonly number[];
}

export const LIMIT_METRICS: readonly MetricRow<LimitFigures>[] = [
  {
    kind: 'gauge',
    name: 'connections_limit',
    help: 'Client connections that all workers together may have (limits.connections, lowered where descriptors are too few).',
    read: ({ config }) => one(config.limits.connections * config.workers),
  },
  {
    kind: 'gauge',
    name: 'worker_connections',
    help: 'Open client connections of each worker.',
    read: ({ connections }) => connections.map((count, worker) => [{ worker: String(worker) }, count]),
  },
  {
    kind: 'gauge',
    name: 'worker_connections_limit',
    help: 'Client connections that one worker may have; beyond it they are turned away.',
    read: ({ config }) => one(config.limits.connections),
  },
  {
    kind: 'gauge',
    name: 'client_connections_limit',
    help: 'Connections that one client may have in one worker (limits.connectionsPerClient).',
    read: ({ config }) => one(config.limits.connectionsPerClient),
  },
  {
    kind: 'gauge',
    name: 'upstream_connections_limit',
    help: 'Connections to origins that all workers together may have; absent where descriptors suffice for any number.',
    read: ({ config }) => one(finite(config.upstream.sockets * config.workers)),
  },
  {
    kind: 'gauge',
    name: 'upstream_idle_connections_limit',
    help: 'Idle connections to origins that all workers together may keep (upstream.pool.maxIdle).',
    read: ({ config }) => one(config.upstream.pool.maxIdle * config.workers),
  },
  {
    kind: 'gauge',
    name: 'host_cache_entries_limit',
    help: 'Hosts that all workers together may remember (hostCache.entries); a full cache is as it should be.',
    read: ({ config }) => one(config.hostCache.entries * config.workers),
  },
  {
    kind: 'gauge',
    name: 'dns_in_flight_limit',
    help: 'Questions that may wait for a resolver in all workers together (resolver.front.inFlight); absent without a listener of mode dns.',
    read: ({ config }) => (hasDns(config) ? one(config.resolver.front.inFlight * config.workers) : []),
  },
  {
    kind: 'gauge',
    name: 'dns_tcp_connections_limit',
    help: 'Connections of DNS clients that all workers together may have (resolver.front.tcpConnections); absent likewise.',
    read: ({ config }) => (hasDns(config) ? one(config.resolver.front.tcpConnections * config.workers) : []),
  },
  {
    kind: 'gauge',
    name: 'routes_limit',
    help: 'Addresses of the route feed that there may be (maxRoutes); absent without one.',
    read: ({ config }) => one(config.resolver.routes?.maxRoutes ?? null),
  },
  {
    kind: 'gauge',
    name: 'lists_memory_bytes',
    help: 'Memory of the lists, the generation before and spare buffers included.',
    read: ({ view }) => one(view.resources().listBytes),
  },
  {
    kind: 'gauge',
    name: 'memory_limit_bytes',
    help: 'Memory that the process may take: its control group (MemoryMax=), or all that the machine has where that is less.',
    read: ({ view }) => one(memoryLimit(view.resources().memoryLimit)),
  },
];

/** In bytes. @param own of the control group; null: it has none, so that the machine is the limit */
export function memoryLimit(own: number | null): number {
  return Math.min(own ?? Infinity, totalmem());
}

function hasDns({ listeners }: Config): boolean {
  return listeners.some(({ mode }) => mode === 'dns');
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
