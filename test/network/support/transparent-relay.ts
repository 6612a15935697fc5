/**
 * The least that a transparent filter is: takes what tproxy gives it, connects to where the client was going, and relays bytes
 * both ways. It stands in for the filter where the kernel's part is tested alone: rules, routes, addresses.
 */
import type { Server, Socket } from 'node:net';
import { ADDRESSES } from './inline-network.ts';
import { connectFrom, listenOn } from './sockets.ts';
import type { Namespace } from './namespace.ts';

const PROBES: readonly string[] = Object.values(ADDRESSES.probeFrom);

export interface Seen {
  readonly client: string;
  /** Where the client was going. */
  readonly destination: string;
}

export class TransparentRelay implements Disposable {
  readonly seen: Seen[] = [];
  readonly #machine: Namespace;
  readonly #source: 'proxy' | 'client';
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** As `source` of the configuration: whose address origins see. */
  constructor(machine: Namespace, source: 'proxy' | 'client' = 'proxy') {
    this.#machine = machine;
    this.#source = source;
  }

  async listen(...addresses: readonly string[]): Promise<this> {
    for (const address of addresses.length > 0 ? addresses : ['127.0.0.1', '::1']) {
      const server = await listenOn(this.#machine, { address, port: 8080 }, { isTransparent: true });
      server.on('connection', (client) => void this.#relay(client).catch(() => client.destroy()));
      this.#servers.push(server);
    }
    return this;
  }

  /** Nobody listens any more; connections stay. */
  close(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  [Symbol.dispose](): void {
    this.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #relay(client: Socket): Promise<void> {
    this.#keep(client);
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = client;
    this.seen.push({ client: remoteAddress, destination: endpoint(localAddress, localPort) });
    // The port of a client on this very machine is taken: by itself.
    const from = { address: remoteAddress, port: PROBES.includes(remoteAddress) ? 0 : remotePort };
    const options = this.#source === 'client' ? { from, isTransparent: true } : {};
    // It may be in the middle of that when all ends: a connection that nobody answers takes two minutes by itself.
    const begun = (socket: Socket): void => this.#keep(socket);
    const origin = await connectFrom(this.#machine, { address: localAddress, port: localPort }, { ...options, begun });
    client.pipe(origin).pipe(client);
    client.on('error', () => origin.resetAndDestroy());
    origin.on('error', () => client.resetAndDestroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
