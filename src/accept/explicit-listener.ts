/**
 * A listening socket for clients that are configured to use a proxy. Every data-plane thread opens its own on the same
 * address (`reusePort`); the kernel spreads the connections. Caps and the client list are applied before a byte is read.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenerConfig } from '../config/types.ts';
import { ListenError, errnoOf } from '../lib/errors.ts';
import { DROPPED, type DroppedCode } from '../observe/counters.ts';
import { ClientConnection } from './client-connection.ts';
import type { ListenerView, Plane } from './plane.ts';

export class ExplicitListener {
  readonly #plane: Plane;
  readonly #config: ListenerConfig;
  readonly #view: ListenerView;
  readonly #server: Server;

  constructor(plane: Plane, config: ListenerConfig, index: number) {
    this.#plane = plane;
    this.#config = config;
    this.#view = { index, listMask: config.lists.reduce((mask, list) => mask | (1 << list), 0) };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Opens the socket on `port` (0: any free one) and returns the real port. Throws ListenError. */
  listen(port: number): Promise<number> {
    const { address } = this.#config;
    const key = `listeners[${this.#view.index}].port`;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(new ListenError({ key, address, port }, errnoOf(error), { cause: error })));
      this.#server.listen({ host: address, port, reusePort: true, backlog: 1024 }, () => {
        this.#server.removeAllListeners('error');
        // EMFILE and the like while accepting: the connection caps keep this from happening; it must not end the thread.
        this.#server.on('error', () => this.#plane.counters.dropped(DROPPED.limit));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Stops accepting; connections that are open stay. */
  close(): void {
    this.#server.close();
  }

  #accept(socket: Socket): void {
    const { plane, limits } = { plane: this.#plane, limits: this.#plane.config.limits };
    const client = plane.clients.client(socket.remoteAddress);
    if (plane.connections.size >= limits.connections) return this.#turnAway(socket, DROPPED.limit);
    if (!client.allowed) {
      socket.write(plane.answers.answer('client_denied', { head: false, close: true }));
      return this.#turnAway(socket, DROPPED.client_denied);
    }
    if (!plane.clients.open(client, limits.connectionsPerClient)) return this.#turnAway(socket, DROPPED.client_limit);
    plane.counters.connection(this.#view.index, 1);
    plane.connections.add(new ClientConnection(plane, this.#view, socket, client));
  }

  #turnAway(socket: Socket, reason: DroppedCode): void {
    this.#plane.counters.dropped(reason);
    socket.on('error', () => {});
    socket.destroySoon();
  }
}
