/**
 * The client's session as an intercepted exchange (raw-exchange.ts) sees it: what it asks there, and what it reports.
 * Types only: it must not hold any logic.
 */
import type { Origin } from '../match/host-facts.ts';
import type { ClientPort } from './client-port.ts';
import type { ConnectDone, ForwardFailure } from './connector.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** What the exchange needs of the client's session. */
export interface RawDownstream {
  readonly port: ClientPort;
  /** Goes to the origin behind the fields of each request; '': nothing does. */
  readonly clientLine: string;
  /** The connection ends behind the answer that begins now: the client is told in it. */
  readonly isLastAnswer: boolean;
  /** Another connection to the origin is as good as the one that is there: nothing was agreed on before requests came on it. */
  readonly connectsAnew: boolean;
  /** The next connection to the origin comes from the same port as the one that is there. */
  readonly isFromClientsPort: boolean;
  /** As Route.connect. */
  connect(destination: Origin, done: ConnectDone): () => void;
  /** Request body can be taken now: feed it what has come. */
  requestWanted(): void;
  /** The head of the answer has come: the verdict stands. */
  answerBegun(): void;
  /** The answer is complete. `keepAlive`: another request may follow. */
  exchangeDone(keepAlive: boolean): void;
  /** No answer comes. Nothing of it was sent, or half of it. */
  exchangeFailed(failure: ForwardFailure): void;
  /** The origin sends no more, in the middle of an answer or between two. */
  originEnded(): void;
  /** Whether the origin may switch protocols: to the one named, '' if it names none; or, after CONNECT, null. */
  maySwitch(protocol: string | null): boolean;
  /** It has, and all it sent until now is with the client: bytes both ways from now on. */
  switched(upstream: UpstreamConnection): void;
}
