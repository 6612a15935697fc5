/**
 * The shell around one client's connection: it has the socket, hears its events and hands each to the part that the connection
 * is by now. What the parts do to the client goes through the outbox.
 *
 *   socket ──events──▶ shell ──▶ the part it begins with ─▶ TunnelSession ─▶ Closing
 *      ▲                                  │ port
 *      └────────── ClientOutbox ◀─────────┘
 *
 * What it begins with is the listener's mode (listener-modes.ts). It must know nothing of HTTP.
 */
import type { Socket } from 'node:net';
import { ClientOutbox } from '../forward/client-outbox.ts';
import type { ClientPort } from '../forward/client-port.ts';
import { DIRECTION, DROPPED } from '../observe/counters.ts';
import type { ClientRead } from './client-reads.ts';
import type { Client } from './client-registry.ts';
import type { ConnectionHost, ConnectionPart } from './connection-part.ts';
import type { ListenerView, OpenConnection, WorkerContext } from './worker-context.ts';

/** Makes the part that a connection begins with. */
export type MakePart = (context: WorkerContext, host: ConnectionHost, port: ClientPort) => ConnectionPart;

/** A connection that is admitted. */
export interface Whose {
  readonly client: Client;
  readonly clientPort: number;
  /** A balancer has said that it speaks for itself. */
  readonly isBalancers?: boolean;
  readonly begin: MakePart;
}

export class ClientConnection implements OpenConnection, ConnectionHost {
  readonly listener: ListenerView;
  client: Client;
  readonly clientPort: number;
  readonly isBalancers: boolean;
  place = -1;
  readonly #context: WorkerContext;
  readonly #outbox: ClientOutbox;
  readonly #reads: ClientRead;
  #part: ConnectionPart;
  /** The part has been told. */
  #isOver = false;

  constructor(context: WorkerContext, listener: ListenerView, socket: Socket, whose: Whose) {
    this.#context = context;
    this.listener = listener;
    this.client = whose.client;
    this.clientPort = whose.clientPort;
    this.isBalancers = whose.isBalancers ?? false;
    this.#outbox = new ClientOutbox(socket, context);
    this.#part = whose.begin(context, this, this.#outbox);
    this.#reads = context.reads.begin(socket, (bytes) => this.#read(bytes));
    socket.on('end', () => this.#part.clientEnd());
    socket.on('error', () => this.#context.counters.dropped(DROPPED.client_error));
    socket.on('close', (hadError) => this.#closed(hadError));
  }

  become(part: ConnectionPart): void {
    this.#part = part;
  }

  holdOthersBack(): void {
    const { prefix } = this.client;
    for (const other of this.#context.connections)
      if (other !== this && other.client?.prefix === prefix) other.holdBack();
  }

  holdBack(): void {
    this.#part.holdBack();
  }

  sweep(now: number): void {
    if (this.#isOver) return;
    this.#part.tick();
    if (now >= this.#outbox.deadline) this.#part.deadline(now);
  }

  drain(): void {
    this.#part.drain();
  }

  close(): void {
    // What is cut short must not look complete (requirement 15).
    const { isUnderWay = false, isSent = false } = this.#part;
    if (isUnderWay) this.#outbox.reset();
    else this.#outbox.close();
    // The socket's event comes only behind what has its turn in this round of the loop: a head that waits for it must not be passed there.
    this.#end(isUnderWay && !isSent);
  }

  #end(hadError: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#part.clientClosed(hadError);
  }

  #read(chunk: Buffer): void {
    this.#context.counters.bytes(DIRECTION.client_in, chunk.length);
    this.#part.clientBytes(chunk);
  }

  #closed(hadError: boolean): void {
    const { connections, clients, counters } = this.#context;
    this.#end(hadError);
    this.#reads.end();
    connections.delete(this);
    clients.close(this.client);
    counters.connection(this.listener.slot, -1);
  }
}
