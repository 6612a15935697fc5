/**
 * Between a client and a server: passes bytes on as they come, and loses connections as networks do. It looks into nothing.
 *
 *   client ◀── at most so many bytes, then the connection is cut, or nothing more comes ── server
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What becomes of connections when nothing is left: `pass`: all passes again. */
type End = 'cut' | 'stall' | 'pass';

export class TcpShim implements AsyncDisposable {
  /** Bytes that the server may still send, on all connections together; Infinity: all. */
  left = Infinity;
  #end: End = 'cut';
  /** Bytes that the server has sent. */
  passed = 0;
  /** Nobody listens. */
  isAway = false;
  #whenEmpty: (() => void) | null = null;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  static async start(port: number): Promise<TcpShim> {
    const shim = new TcpShim(port);
    shim.#server.listen(0, '127.0.0.1');
    await once(shim.#server, 'listening');
    return shim;
  }

  constructor(port: number) {
    this.#server = createServer((client) => this.#accept(client, port));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** So many bytes pass. @returns resolves when they have. */
  async after(bytes: number, end: End): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
      this.#end = end;
      this.left = bytes;
    });
  }

  /** From now on everything passes, on connections that are new: those that there are have lost something. */
  heal(): void {
    this.left = Infinity;
    this.#whenEmpty = null;
    this.isAway = false;
    this.cutAll();
  }

  cutAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket, port: number): void {
    if (this.isAway) return void client.destroy();
    const server = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(one);
      one
        .on('error', () => {})
        .on('close', () => {
          this.#open.delete(one);
          other.destroy();
        });
    }
    client.pipe(server);
    server.on('data', (piece: Buffer) => this.#pass(piece, client));
    server.on('end', () => client.end());
  }

  #pass(piece: Buffer, client: Socket): void {
    const given = piece.subarray(0, this.#end === 'pass' ? piece.length : this.left);
    this.left -= given.length;
    this.passed += given.length;
    if (given.length > 0) client.write(given);
    if (this.left > 0) return;
    if (this.#end === 'pass') this.left = Infinity;
    // What was written is on its way before the end is.
    if (this.#end === 'cut') client.end(() => client.destroy());
    this.#whenEmpty?.();
    this.#whenEmpty = null;
  }
}
