/**
 * A listener of TCP connections, of any mode. Every data-plane thread opens sockets of its own on the same address
 * (`reusePort`), or takes over inherited ones; the kernel spreads the connections.
 *
 *   socket ──(held)──▶ who is the client ──▶ admission: caps, client list ──▶ connection ──▶ the part of the mode
 *                        the peer, or whom a PROXY header names
 *
 * Caps and the client list are applied before a byte of a request is read. It must not know what is spoken on a connection.
 *
 * Several sockets, because Node accepts one connection a socket in each turn of its event loop, and turns of a busy thread are
 * long: with one socket, clients that all keep it busy leave the last of them unaccepted (ADR 0001).
 *
 * It may open `held`: connections are accepted and wait. So a reload learns that an address can be had before anything
 * else has changed, and nobody is served by a configuration that is not in force yet.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../forward/own-endpoints.ts';
import { ListenError, errnoOf } from '../lib/errors.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import { DROPPED, type DroppedCode } from '../observe/counters.ts';
import type { PeerEnd } from '../wire/proxy-header.ts';
import { ClientAdmission, type AdmissionTerms } from './client-admission.ts';
import { ClientConnection, type MakePart, type Whose } from './client-connection.ts';
import type { ListenAt, Listener } from './listener.ts';
import { ProxyHeaderWait } from './proxy-header-wait.ts';
import type { ListenerView, WorkerContext } from './worker-context.ts';

/** What the listener's mode makes of connections. */
export interface StreamMode {
  readonly terms: Omit<AdmissionTerms, 'isForAll'>;
  /** @returns what a connection begins with; why it is not served, whoever the client is */
  readonly begin: (socket: Socket) => MakePart | DroppedCode;
}

type Where = ({ readonly fd: number } | { readonly host: string; readonly port: number; readonly reusePort: true }) & {
  readonly backlog: number;
  /** What it accepts has to be told to send at once; false: the socket was made so. */
  readonly noDelay: boolean;
};

/** Connections that are accepted in one turn of the event loop. */
const SOCKETS = 16;
/** Connections a socket that are not accepted yet; all together 8,192, as many as a worker serves unless told. */
const BACKLOG = 512;
/** There may be one socket only, and it holds what comes during a restart. The kernel bounds it by net.core.somaxconn (4096 unless told). */
const INHERITED_BACKLOG = 4096;

const WILDCARD = new Uint8Array(16);
const NO_DESCRIPTOR: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

export class StreamListener implements Listener {
  readonly view: ListenerView;
  readonly #context: WorkerContext;
  readonly #admission: ClientAdmission;
  readonly #mode: StreamMode;
  readonly #servers: Server[] = [];
  /** Accepted and not served yet; null: not held. */
  #waiting: Socket[] | null = null;
  #endpoint: Endpoint | null = null;

  constructor(context: WorkerContext, view: ListenerView, mode: StreamMode) {
    this.view = view;
    this.#context = context;
    this.#admission = new ClientAdmission(context, { ...mode.terms, isForAll: view.isForAll });
    this.#mode = mode;
  }

  get endpoint(): Endpoint | null {
    return this.#endpoint;
  }

  async listen(at: ListenAt, held: boolean): Promise<Endpoint> {
    this.#waiting = held ? [] : null;
    const inherited = at.descriptors.map((fd): Where => ({ fd, backlog: INHERITED_BACKLOG, noDelay: true }));
    const ours = (port: number): Where =>
      at.isTransparent
        ? { fd: this.#bindTransparent(at, port), backlog: BACKLOG, noDelay: false }
        : { host: at.address, port, reusePort: true, backlog: BACKLOG, noDelay: true };
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

  /** The caller has seen to it that this machine can make such a socket (workers/native-needs.ts). */
  #bindTransparent({ address, port: wanted, key }: ListenAt, port: number): number {
    const { sockets } = this.#context.native;
    try {
      if (sockets === null) throw Object.assign(new Error('koffi is missing'), { code: 'ENOPKG' });
      return sockets.bindTransparent(parseIpAddress(address) ?? WILDCARD, port);
    } catch (error) {
      throw new ListenError({ key, address, port: wanted }, errnoOf(error), { cause: error });
    }
  }

  #open({ address, port, key }: ListenAt, where: Where): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true, noDelay: where.noDelay }, (socket) => this.#arrive(socket));
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
        const bound = server.address();
        // It has none if it was closed meanwhile; only a Unix socket has a path.
        if (bound === null || typeof bound === 'string') reject(new ListenError({ key, address, port }, 'EBADF'));
        else resolve({ address: bound.address, port: bound.port });
      });
    });
  }

  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const socket of waiting) if (!socket.destroyed) this.#accept(socket);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#waiting ?? []) socket.destroy();
    this.#waiting = null;
  }

  #arrive(socket: Socket): void {
    if (this.#waiting === null) return this.#accept(socket);
    if (this.#context.connections.size + this.#waiting.length >= this.#context.config.limits.connections)
      return void this.#admission.turnAway(socket, DROPPED.connection_limit);
    // It has no reader yet: what the client sends stays in the socket, up to its buffer.
    socket.on('error', ignore);
    this.#waiting.push(socket);
  }

  #accept(socket: Socket): void {
    const begin = this.#mode.begin(socket);
    if (typeof begin === 'number') return void this.#admission.turnAway(socket, begin);
    const { proxySenders } = this.view;
    if (proxySenders === null) return this.#serve(socket, { begin, isBalancers: false }, null);
    const sender = this.#admission.admitSender(socket, proxySenders, this.#endpoint?.address ?? '');
    if (sender === null) return;
    const named = (source: PeerEnd | null): void =>
      this.#serve(socket, { begin, isBalancers: source === null }, source);
    ProxyHeaderWait.begin(this.#context, this.view, socket, {
      ...sender,
      named,
      takesDatagramHeaders: this.#mode.terms.takesDatagramHeaders ?? false,
    });
  }

  /** @param source whom a PROXY header names; null: the peer */
  #serve(socket: Socket, how: Pick<Whose, 'begin' | 'isBalancers'>, source: PeerEnd | null): void {
    const client = this.#admission.admit(socket, source === null ? socket.remoteAddress : source.address);
    if (client === null) return;
    const { counters, connections, state } = this.#context;
    counters.connection(this.view.slot, 1);
    const clientPort = (source === null ? socket.remotePort : source.port) ?? 0;
    const { begin, isBalancers = false } = how;
    const whose = { client, clientPort, begin, isBalancers };
    const connection = new ClientConnection(this.#context, this.view, socket, whose);
    connections.add(connection);
    // The thread was told to end while it was not known whose connection this is.
    if (state.closed) connection.drain();
  }
}

function ignore(): void {
  // Whoever was reset while it waited is found to be gone when its turn comes.
}
