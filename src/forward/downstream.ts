/** What an exchange needs of the client's session (implemented by `accept`). Types only: it must not hold any logic. */
import type { ClientPort } from './client-port.ts';
import type { ForwardFailure } from './connector.ts';
import type { Asker } from './egress.ts';
import type { Route } from './route.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Where the head of a request stands. */
export interface HeadBytes {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The connection: who has it, and how its listener's requests reach their origins. A reload may change the client. */
export interface Host extends Asker {
  readonly listener: { readonly route: Route };
}

export interface Downstream {
  readonly port: ClientPort;
  readonly host: Host;
  /** No further request is taken on the connection: answers say so. */
  readonly closing: boolean;
  /** The exchange can take request body now: feed it what has come. */
  requestWanted(): void;
  /** Field lines, with their CRLF, that the answer has for the client from us; empty: none. */
  readonly ownFields: string;
  /** The first byte of an answer has come. @param waitedMs since the request went out. */
  firstByte(waitedMs: number, reused: boolean): void;
  /** The first byte of the final answer is on its way: the verdict stands. */
  answerBegun(): void;
  /** The answer is complete. `keepAlive`: the client was told that the connection stays open. */
  exchangeDone(keepAlive: boolean): void;
  /** Nothing of a final answer was sent: give one in its place. `request`: its head, valid during the call. */
  exchangeFailed(failure: ForwardFailure, request: HeadBytes): void;
  /** An answer was begun and cannot be finished: the client must not take it for complete. */
  exchangeBroken(): void;
  /** The origin switched protocols (101 is sent): bytes both ways from now on. */
  switchToTunnel(upstream: UpstreamConnection): void;
}
