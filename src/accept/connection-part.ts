/**
 * What a client's connection is at a moment: it reads requests (http-session.ts), carries a tunnel (tunnel-session.ts) or
 * closes (closing.ts). One method an event; each part acts on the port it was given and may put another in its place.
 * A part must not reach the socket but through its port.
 */
import type { Client } from './client-registry.ts';
import type { ListenerView } from './worker-context.ts';

export interface ConnectionPart {
  /** Bytes from the client. They are the part's own from then on: nobody changes them. */
  clientBytes(bytes: Buffer): void;
  /** FIN: the client sends no more. */
  clientEnd(): void;
  /** The connection is gone; `hadError`: by a reset, or another error. Nothing comes after it. */
  clientClosed(hadError: boolean): void;
  /** The moment that was set by `deadlineAt` has passed. Told again at each look of the thread's timer until another is set. */
  deadline(now: number): void;
  /** About four times a second. */
  tick(): void;
  /** What comes next, if it is a head, is not read before its client's turn. */
  holdBack(): void;
  /** Nobody new comes, the thread is to end. */
  drain(): void;
  /** To close it now would cut something short: an answer of which more is to come, bytes that an origin has not taken. Left out: never. */
  readonly isUnderWay?: boolean;
  /** What the client has to say is whole, and with the origin's system: to reset the origin would take it away again. Left out: it is not. */
  readonly isSent?: boolean;
}

/** Whose connection it is, and what it is by now. */
export interface ConnectionHost {
  readonly client: Client;
  /** Of the client. */
  readonly clientPort: number;
  /** As of `Asker`. */
  readonly isBalancers?: boolean;
  readonly listener: ListenerView;
  /** The client's other connections, too, wait for a turn before a head is read. */
  holdOthersBack(): void;
  /** From now on events go to `part`. */
  become(part: ConnectionPart): void;
}
