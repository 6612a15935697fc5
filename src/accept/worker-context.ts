/**
 * What the listeners and client connections of one data-plane thread share. A reload replaces parts of it between two
 * events, so whoever needs a part takes it from here each time and keeps none. It must not hold anything of one connection.
 */
import type { BlockPages } from '../block/pages.ts';
import type { LocalResponses } from '../block/local-responses.ts';
import type { ForwardContext } from '../forward/context.ts';
import type { Route } from '../forward/route.ts';
import type { Routes } from '../forward/routes.ts';
import type { UpstreamPool } from '../forward/upstream-pool.ts';
import type { PrefixTable } from '../lib/prefix-table.ts';
import type { VerdictService } from '../verdict/verdict-service.ts';
import type { ActiveTrace } from './active-trace.ts';
import type { Brake } from './brake.ts';
import type { ClientReads } from './client-reads.ts';
import type { Client, ClientRegistry } from './client-registry.ts';
import type { OpenConnections, Placed } from './open-connections.ts';

export interface WorkerContext extends ForwardContext {
  /** What the lists say. */
  readonly verdicts: VerdictService;
  readonly pages: BlockPages;
  readonly responses: LocalResponses;
  readonly clients: ClientRegistry;
  /** How their sockets are read. */
  readonly reads: ClientReads;
  readonly brake: Brake;
  /** Whose requests are traced; null: nobody's. */
  readonly trace: ActiveTrace | null;
  /** That requests are judged by now. */
  readonly generation: () => number;
  readonly pool: UpstreamPool;
  readonly routes: Routes;
  /** Every open client connection of this thread. */
  readonly connections: OpenConnections<OpenConnection>;
  readonly state: ServiceState;
}

/** A client connection as the thread's timer and its shutdown see it. */
export interface OpenConnection extends Placed {
  readonly listener: ListenerView;
  /** A reload may change what it may do. It is null as long as nobody has said whose connection it is. */
  client: Client | null;
  /** Called about four times a second with the coarse time: acts on deadlines that have passed. */
  sweep(now: number): void;
  /** Nobody new comes, the thread is to end: an idle connection closes soon, a busy one after what it is doing. */
  drain(): void;
  /** If its next bytes are a head, they are not read before its client's turn comes (head-turns.ts). */
  holdBack(): void;
  /** At once, whatever it is doing. */
  close(): void;
}

interface ServiceState {
  /** Answers say `Connection: close`; no connection is kept. */
  draining: boolean;
  /** Nobody new comes: a connection that becomes idle closes soon. */
  closed: boolean;
}

/** A listener as its connections see it. */
export interface ListenerView {
  /** Slot of the counters. */
  readonly slot: number;
  readonly name: string;
  /** Bit i: list i applies here. */
  listMask: number;
  readonly route: Route;
  /** `clients.allow` does not apply: whose traffic comes here did not choose us. */
  readonly isForAll: boolean;
  /** Who has to say, in a PROXY header, whose a connection is; null: it is the peer's. A reload may change it. */
  proxySenders: PrefixTable<true> | null;
}
