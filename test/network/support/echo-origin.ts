/** An origin that says where the connection came from, and then gives back whatever it is sent. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { SocketReader } from '../../support/socket-reader.ts';
import type { Namespace } from './namespace.ts';
import { connectFrom, listenOn } from './sockets.ts';
import type { Endpoint, SocketOptions } from './sockets.ts';

export class EchoOrigin implements Disposable {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async listen(machine: Namespace, endpoints: readonly Endpoint[]): Promise<this> {
    for (const endpoint of endpoints) {
      const server = await listenOn(machine, endpoint);
      server.on('connection', (socket) => this.#serve(socket));
      this.#servers.push(server);
    }
    return this;
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.write(`${socket.remoteAddress} ${socket.remotePort}\n`);
    socket.pipe(socket);
  }
}

/** A client's connection to such an origin. */
export class EchoClient implements AsyncDisposable {
  readonly socket: Socket;
  /** Whom the origin took it for. */
  readonly seenAs: { readonly address: string; readonly port: number };
  readonly #reader: SocketReader;

  /** Rejects where it is refused. */
  static async open(machine: Namespace, to: Endpoint, options: SocketOptions = {}): Promise<EchoClient> {
    const socket = await connectFrom(machine, to, options);
    const reader = new SocketReader(socket);
    const [address = '', port = ''] = String(await reader.until('\n')).split(/\s/);
    return new EchoClient(socket, reader, { address, port: Number(port) });
  }

  private constructor(socket: Socket, reader: SocketReader, seenAs: EchoClient['seenAs']) {
    this.socket = socket;
    this.#reader = reader;
    this.seenAs = seenAs;
  }

  /**
   * There and back, of these bytes; throws where the connection broke, or other bytes came.
   * @param fill no text begins so unless told: a filter that reads HTTP takes it for none
   */
  async exchange(bytes: number, fill: string | number | Buffer = Buffer.from([0, 1, bytes & 255])): Promise<void> {
    const sent = Buffer.alloc(bytes, fill);
    this.socket.write(sent);
    if (!(await this.#reader.exactly(bytes)).equals(sent)) throw new Error('other bytes came back');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }
}
