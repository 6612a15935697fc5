/**
 * The origin's side of a connection whose client speaks to an origin, not to a proxy: inside CONNECT, on a transparent and on a
 * steered listener. Where it goes and how it is reached differs; what is done with the bytes does not.
 *
 *   FirstBytes ─▶ session ──facts of the host──▶ destination ──▶ connect ──▶ one upstream connection of its own
 *
 * It must not look at a byte.
 */
import type { ClientField } from '../../config/types.ts';
import type { ConnectDone } from '../../forward/connector.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { HostFacts, Origin } from '../../match/host-facts.ts';
import type { EarlyDial } from './early-dial.ts';

export interface OriginSide {
  /** What is judged where the client names no host: what CONNECT named, the address connected to; null: nobody is named (steered). */
  readonly fallbackHost: string | null;
  /** The client has named that host itself, before: it is judged beside the one that a request names. */
  readonly isNamed: boolean;
  /** Of the origin: what entries with a port are compared with. */
  readonly port: number;
  /** It has to begin with a ClientHello, and that to ask for `fallbackHost` or for nobody. */
  readonly tlsOnly: boolean;
  /** What becomes of a connection that is neither HTTP nor TLS. @param port this one, or another that is named in there */
  notHttpAt(port: number): 'tunnel' | 'refuse';
  /** Whether TLS is what is spoken at that port. */
  isTlsAt(port: number): boolean;
  /** Connections to origins come from the client's own port, which an ordinary end would hold for a minute. */
  readonly isFromClientsPort: boolean;
  /** In which field an origin is told the client's address. */
  readonly clientField: ClientField;
  /** Where the bytes for a host go; null facts: nobody is named. @returns null if they go nowhere */
  destination(facts: HostFacts | null): Origin | null;
  /** As Route.connect. */
  connect(destination: Origin, done: ConnectDone): () => void;
}

/** A connection that one part hands to the next. */
export interface Arrival {
  /** What the client has sent. */
  readonly bytes: Buffer;
  /** The client sends no more. */
  readonly hasEnded: boolean;
  /** It may have sent already; null: none is open. */
  readonly upstream: UpstreamConnection | null;
  /** One that is being opened. Left out: none is. */
  readonly dial?: EarlyDial | null;
}

/** One that has begun to speak. */
export interface BegunArrival extends Arrival {
  /** Milliseconds since the first of its bytes came: of the time that they all have. */
  readonly spentMs: number;
}
