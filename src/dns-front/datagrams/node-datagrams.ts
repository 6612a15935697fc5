/**
 * The same datagrams as native-datagrams.ts by what Node offers, where koffi is missing: one at a time, and copied.
 * An answer of a socket that is bound to all addresses goes out from the one that the system chooses. It must not be relied upon for speed.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import {
  readPeer,
  writePeer,
  type Arena,
  type DatagramEnd,
  type DatagramEvents,
  type Datagrams,
  type DatagramSocket,
} from './datagrams.ts';

export class NodeDatagrams implements Datagrams {
  readonly arena: Arena;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  async bind({ address, port }: DatagramEnd): Promise<DatagramSocket> {
    const socket = createSocket({ type: typeOf(address), reusePort: true });
    return await this.#opened(socket, (opened) => socket.bind({ address, port }, opened));
  }

  async connect({ address, port }: DatagramEnd): Promise<DatagramSocket> {
    const socket = createSocket({ type: typeOf(address), lookup: literal });
    return await this.#opened(socket, (opened) => {
      socket.once('connect', opened);
      socket.connect(port, address);
    });
  }

  async #opened(socket: Socket, open: (opened: () => void) => void): Promise<DatagramSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('error', reject);
    open(resolve);
    try {
      await promise;
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.removeAllListeners('error');
    return new NodeSocket(socket, this.arena);
  }
}

class NodeSocket implements DatagramSocket {
  readonly own: DatagramEnd;
  readonly #socket: Socket;
  readonly #arena: Arena;
  #isClosed = false;

  constructor(socket: Socket, arena: Arena) {
    this.#socket = socket;
    this.#arena = arena;
    const { address, port } = socket.address();
    this.own = { address, port };
    socket.unref();
    // Until somebody listens.
    socket.on('error', ignore);
  }

  start(events: DatagramEvents): void {
    this.#socket.on('message', (message: Buffer, from: RemoteInfo) => {
      const { bytes, rooms, peers } = this.#arena;
      const at = rooms[0] ?? 0;
      const peer = peers[0] ?? 0;
      bytes.set(message, at);
      writePeer(bytes, peer, from);
      events.received(at, message.length, peer);
      events.afterRead();
    });
    this.#socket.on('error', () => events.unreachable());
  }

  /** It is sent at once, as a copy: the arena is used again before the system has it. */
  queue(at: number, length: number, peer: number): void {
    if (this.#isClosed) return;
    const { bytes } = this.#arena;
    const copy = Buffer.from(bytes.subarray(at, at + length));
    if (peer < 0) return this.#socket.send(copy, ignore);
    const { address, port } = readPeer(bytes, peer);
    this.#socket.send(copy, port, isIPv6(this.own.address) && !isIPv6(address) ? `::ffff:${address}` : address, ignore);
  }

  flush(): void {
    // Nothing waits.
  }

  /** What the kernel doubles, Node tells doubled. */
  setReceiveBuffer(bytes: number): number {
    this.#socket.setRecvBufferSize(bytes);
    return this.#socket.getRecvBufferSize() / 2;
  }

  newDrops(): number {
    // Node does not tell.
    return 0;
  }

  leave(): void {
    // It goes on reading: Node sends by a connected socket to its peer only.
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

function typeOf(address: string): 'udp4' | 'udp6' {
  return isIPv6(address) ? 'udp6' : 'udp4';
}

/** Addresses are literals: nothing is looked up. */
function literal(address: string, _: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

function ignore(): void {
  // A datagram that cannot be sent is lost, as one may be on its way; a closed port is told by the socket itself.
}
