/**
 * What is left of a proxy when nothing of a proxy is left: a process that takes a transparent connection, connects to where it was
 * going, carries one read each way and closes both, with node:net and by every means that `src` has to make that cheap. It is the
 * floor of ours (scene `new`). It must not know what the bytes mean; whatever takes two reads it cuts off.
 *
 *   node bench/inline/bare-relay.ts PORT
 */
import { connect, createServer, type Socket } from 'node:net';
import { ClientReads } from '../../src/accept/client-reads.ts';
import { sendLast } from '../../src/forward/last-bytes.ts';
import { loadNativeSockets, type NativeSockets } from '../../src/lib/native-sockets.ts';

/** As a listener of ours has them. */
const SOCKETS = 16;
const BACKLOG = 512;
const LOOPBACK = new Uint8Array([127, 0, 0, 1]);

const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const reads = new ClientReads();

class Pair {
  readonly #client: Socket;
  readonly #native: NativeSockets;
  #origin: Socket | null = null;
  #request: Buffer | null = null;

  constructor(client: Socket, native: NativeSockets) {
    this.#client = client;
    this.#native = native;
    client.on('error', ignore);
    reads.begin(client, (bytes) => this.#asked(bytes));
  }

  #asked(request: Buffer): void {
    const { localAddress: host, localPort: port } = this.#client;
    if (host === undefined || port === undefined || this.#origin !== null) return this.#end();
    this.#request = request;
    const callback = (length: number): boolean => this.#answered(length);
    this.#origin = connect({ host, port, noDelay: true, allowHalfOpen: true, onread: { buffer, callback } });
    this.#origin.on('error', ignore);
    this.#origin.once('connect', () => this.#origin?.write(this.#request ?? ''));
  }

  #answered(length: number): boolean {
    sendLast(this.#client, this.#native, buffer.subarray(0, length));
    this.#end();
    return true;
  }

  #end(): void {
    this.#client.destroy();
    this.#origin?.destroy();
  }
}

function ignore(): void {
  // Whoever asks tells what did not come.
}

const native = await loadNativeSockets();
if (native === null) throw new Error('koffi is missing');
for (let i = 0; i < SOCKETS; i += 1) {
  const fd = native.bindTransparent(LOOPBACK, Number(process.argv[2]));
  createServer({ allowHalfOpen: true }, (client) => void new Pair(client, native)).listen({ fd, backlog: BACKLOG });
}
