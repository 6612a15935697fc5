/**
 * Whether a client's connection is served: caps of the thread and of the client's prefix, and the list of clients. It is a step of
 * its own because who the client is may be known later than its connection: the peer of the socket, or whom a PROXY header
 * names. Whether a peer may send such a header is asked before. It must not read from the socket.
 */
import type { Socket } from 'node:net';
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';
import type { PrefixTable } from '../lib/prefix-table.ts';
import { DROPPED, type DroppedCode } from '../observe/counters.ts';
import type { Client } from './client-registry.ts';
import { reset } from '../forward/reset.ts';
import type { WorkerContext } from './worker-context.ts';

/** For whom a listener is. */
export interface AdmissionTerms {
  /** `clients.allow` does not apply: whose traffic comes here did not choose us. */
  readonly isForAll: boolean;
  /** Who is turned away is reset without a word: he asked an origin, and not us. */
  readonly isSilent: boolean;
  /** A PROXY header may be about a datagram: a balancer asks over TCP for a client that came over UDP. */
  readonly takesDatagramHeaders?: boolean;
  /** Whether the listener has a place for one more connection of that client, beside the caps that hold for all; by default it has. */
  readonly hasPlace?: (client: Client) => boolean;
}

export class ClientAdmission {
  readonly #context: WorkerContext;
  readonly #terms: AdmissionTerms;

  constructor(context: WorkerContext, terms: AdmissionTerms) {
    this.#context = context;
    this.#terms = terms;
  }

  /**
   * @param address of the client; undefined where the connection was reset before it was accepted: nobody is there to be
   *     allowed or denied.
   * @returns the client, whose connection is counted now; null if it is turned away.
   */
  admit(socket: Socket, address: string | undefined): Client | null {
    const { clients, connections, config, responses } = this.#context;
    if (address === undefined) return this.turnAway(socket, DROPPED.client_error);
    const client = clients.client(address);
    if (connections.size >= config.limits.connections) return this.turnAway(socket, DROPPED.connection_limit);
    if (!client.allowed && !this.#terms.isForAll) {
      if (!this.#terms.isSilent) socket.write(responses.denied);
      return this.turnAway(socket, DROPPED.client_denied);
    }
    const { hasPlace } = this.#terms;
    if (hasPlace !== undefined && !hasPlace(client)) return this.turnAway(socket, DROPPED.client_limit);
    return clients.open(client) ? client : this.turnAway(socket, DROPPED.client_limit);
  }

  /**
   * Asked of the peer where a PROXY header says who the client is.
   * @param own where the listener listens: this machine may speak for itself there, and names nobody.
   * @returns whether it may name others; null if it may send no header and is turned away, or the thread has no place for it.
   */
  admitSender(socket: Socket, senders: PrefixTable<true>, own: string): { readonly mayName: boolean } | null {
    const { clients, connections, config } = this.#context;
    const peer = socket.remoteAddress === undefined ? null : parseIpAddress(socket.remoteAddress);
    if (peer === null) return this.turnAway(socket, DROPPED.client_error);
    if (connections.size >= config.limits.connections) return this.turnAway(socket, DROPPED.connection_limit);
    const mayName = senders.find(peer) !== null;
    const address = formatAddress(peer);
    if (mayName || address === own || clients.isOwn(address)) return { mayName };
    return this.turnAway(socket, DROPPED.proxy_sender_denied);
  }

  /** Ends a connection that is not served; null, for whoever asked for its client. */
  turnAway(socket: Socket, reason: DroppedCode): null {
    this.#context.counters.dropped(reason);
    socket.on('error', ignore);
    if (this.#terms.isSilent) reset(socket);
    else socket.destroySoon();
    return null;
  }
}

function ignore(): void {
  // Whoever is not served has nothing to complain about.
}
