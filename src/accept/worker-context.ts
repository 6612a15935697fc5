/**
 * What the listeners and client connections of one data-plane thread share. A reload replaces parts of it between two
 * events, so whoever needs a part takes it from here each time and keeps none.
 */
import type { Socket } from 'node:net';
import type { BlockPages } from '../block/pages.ts';
import type { OwnAnswers } from '../block/own-answers.ts';
import type { ForwardContext } from '../forward/context.ts';
import type { Matcher } from '../match/matcher.ts';
import type { Judge } from '../policy/judge.ts';
import type { Client, ClientRegistry } from './client-registry.ts';
import type { OpenConnections, Placed } from './open-connections.ts';

export interface WorkerContext extends ForwardContext {
  readonly matcher: Matcher;
  readonly judge: Judge;
  readonly pages: BlockPages;
  readonly answers: OwnAnswers;
  readonly clients: ClientRegistry;
  /** Slot of the counters by list. */
  readonly listSlots: readonly number[];
  /** Every open client connection of this thread. */
  readonly connections: OpenConnections<OpenConnection>;
  readonly state: ServiceState;
  /** Takes over a newer generation of the lists if the control thread has flipped to one. */
  readonly refresh: () => void;
}

/** A client connection as the thread's timer and its shutdown see it. */
export interface OpenConnection extends Placed {
  readonly socket: Socket;
  readonly listener: ListenerView;
  /** A reload may change what it may do. */
  client: Client;
  /** Called about four times a second with the coarse time: acts on deadlines that have passed. */
  sweep(now: number): void;
  /** Nobody new comes, the thread is to end: an idle connection closes soon, a busy one after what it is doing. */
  drain(): void;
}

export interface ServiceState {
  /** UTC days since 1970-01-01: what expiry dates are compared with. */
  today: number;
  /** Answers say `Connection: close`; no connection is kept. */
  draining: boolean;
  /** Nobody new comes: a connection that becomes idle closes soon. */
  closed: boolean;
  /** Break-glass: nothing is judged. */
  bypass: boolean;
}

/** A listener as its connections see it. */
export interface ListenerView {
  /** Slot of the counters. */
  readonly slot: number;
  readonly name: string;
  /** Bit i: list i applies here. */
  listMask: number;
}
