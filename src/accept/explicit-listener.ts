/**
 * A listener for clients that are configured to use a proxy. Every data-plane thread opens sockets of its own on the same
 * address (`reusePort`), or takes over inherited ones; the kernel spreads the connections. Caps and the client list are
 * applied before a byte is read.
 *
 * Several sockets, because Node accepts one connection a socket in each turn of its event loop, and a turn of a busy thread
 * takes milliseconds: with one socket, 1,000 clients that all keep it busy leave the last 200 unaccepted for seconds.
 *
 * It may open `held`: connections are accepted and wait. So a reload learns that an address can be had before anything
 * else has changed, and nobody is served by a configuration that is not in force yet.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../forward/own-endpoints.ts';
import { ListenError, errnoOf } from '../lib/errors.ts';
import { DROPPED, type DroppedCode } from '../observe/counters.ts';
import { ClientConnection } from './client-connection.ts';
import type { ListenerView, WorkerContext } from './worker-context.ts';

export interface ListenAt {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Inherited sockets that listen already: address and port are their own. Empty: none, they are to be opened. */
  readonly descriptors: readonly number[];
  /** Configuration key, for the fault. */
  readonly key: string;
}

type Where = ({ readonly fd: number } | { readonly host: string; readonly port: number; readonly reusePort: true }) & {
  readonly backlog: number;
};

/** Connections that are accepted in one turn of the event loop. */
const SOCKETS = 16;
/** Connections a socket that are not accepted yet; all together 8,192, as many as a worker serves unless told. */
const BACKLOG = 512;
/** There may be one socket only, and it holds what comes during a restart. The kernel bounds it by net.core.somaxconn (4096 unless told). */
const INHERITED_BACKLOG = 4096;

const NO_DESCRIPTOR: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

export class ExplicitListener {
  readonly view: ListenerView;
  readonly #context: WorkerContext;
  readonly #servers: Server[] = [];
  /** Accepted and not served yet; null: not held. */
  #waiting: Socket[] | null = null;
  #endpoint: Endpoint | null = null;

  constructor(context: WorkerContext, view: ListenerView) {
    this.view = view;
    this.#context = context;
  }

  /** Where it really listens; null until it does. */
  get endpoint(): Endpoint | null {
    return this.#endpoint;
  }

  /** Opens the sockets and returns where they really listen. Throws ListenError; then some may be open until `close`. */
  async listen(at: ListenAt, held: boolean): Promise<Endpoint> {
    this.#waiting = held ? [] : null;
    const inherited = at.descriptors.map((fd): Where => ({ fd, backlog: INHERITED_BACKLOG }));
    const ours = (port: number): Where => ({ host: at.address, port, reusePort: true, backlog: BACKLOG });
    this.#endpoint = await this.#open(at, inherited[0] ?? ours(at.port));
    // Its port may have been chosen just now.
    const { port } = this.#endpoint;
    const others = inherited.length > 0 ? inherited.slice(1) : Array.from({ length: SOCKETS - 1 }, () => ours(port));
    // All of them: one that is still about to open could not be closed.
    const opened = await Promise.allSettled(others.map((where) => this.#open(at, where)));
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return this.#endpoint;
  }

  #open({ address, port, key }: ListenAt, where: Where): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#arrive(socket));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', (error) =>
        reject(new ListenError({ key, address, port }, errnoOf(error), { cause: error })),
      );
      server.listen(where, () => {
        server.removeAllListeners('error');
        // A connection that could not be accepted must not end the thread. The caps in force keep EMFILE from happening.
        server.on('error', (error) =>
          this.#context.counters.dropped(NO_DESCRIPTOR.has(errnoOf(error)) ? DROPPED.fd_limit : DROPPED.client_error),
        );
        const bound = server.address() as AddressInfo;
        resolve({ address: bound.address, port: bound.port });
      });
    });
  }

  /** Serves what was held, and from now on whoever comes. */
  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const socket of waiting) if (!socket.destroyed) this.#accept(socket);
  }

  /** Stops accepting; connections that are open stay, those that were held are let go. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#waiting ?? []) socket.destroy();
    this.#waiting = null;
  }

  #arrive(socket: Socket): void {
    if (this.#waiting === null) return this.#accept(socket);
    if (this.#context.connections.size + this.#waiting.length >= this.#context.config.limits.connections)
      return this.#turnAway(socket, DROPPED.connection_limit);
    // It has no reader yet: what the client sends stays in the socket, up to its buffer.
    socket.on('error', ignore);
    this.#waiting.push(socket);
  }

  #accept(socket: Socket): void {
    const { context, limits } = { context: this.#context, limits: this.#context.config.limits };
    // It was reset before it was accepted: nobody is there to be allowed or denied.
    const address = socket.remoteAddress;
    if (address === undefined) return this.#turnAway(socket, DROPPED.client_error);
    const client = context.clients.client(address);
    if (context.connections.size >= limits.connections) return this.#turnAway(socket, DROPPED.connection_limit);
    if (!client.allowed) {
      socket.write(context.answers.answer('client_denied', { head: false, close: true }));
      return this.#turnAway(socket, DROPPED.client_denied);
    }
    if (!context.clients.open(client)) return this.#turnAway(socket, DROPPED.client_limit);
    context.counters.connection(this.view.slot, 1);
    context.connections.add(new ClientConnection(context, this.view, socket, client));
  }

  #turnAway(socket: Socket, reason: DroppedCode): void {
    this.#context.counters.dropped(reason);
    socket.on('error', ignore);
    socket.destroySoon();
  }
}

function ignore(): void {
  // Whoever is not served has nothing to complain about.
}
