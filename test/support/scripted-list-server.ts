/**
 * A server of lists over HTTPS whose every byte a test decides: for answers that no decent server gives. One request a
 * connection. `cut` ends the connection as a lost one ends: no chunk, no length and no close_notify says that all was there.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { CERTIFICATE, PRIVATE_KEY } from './localhost-certificate.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

export class ListExchange {
  /** Of the request, by lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly #socket: TLSSocket;

  constructor(head: string, socket: TLSSocket) {
    this.fields = new Map(
      head
        .split('\r\n')
        .slice(1)
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    this.#socket = socket;
  }

  /** The client has gone, or the connection was ended. */
  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  /** Resolves when the kernel has it, or nobody will read it any more. */
  async send(bytes: string | Buffer): Promise<void> {
    if (this.isOver) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', resolve);
      this.#socket.write(bytes, () => {
        this.#socket.off('close', resolve);
        resolve();
      });
    });
  }

  /** In good order, with close_notify. */
  end(): void {
    this.#socket.end();
  }

  /** Without close_notify. */
  cut(): void {
    this.#socket.destroy();
  }
}

/** Null in place of an answer: the connection is closed before TLS has begun. */
export type GiveList = ((exchange: ListExchange) => Promise<void>) | null;

export class ScriptedListServer implements AsyncDisposable {
  /** Asked once for each connection. */
  answer: () => GiveList;
  /** Connections on which the client gave up before it had asked: its patience ended, on a busy machine. */
  abandoned = 0;
  readonly #server: Server;
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #open = new Set<Socket>();

  static async start(answer: () => GiveList): Promise<ScriptedListServer> {
    const scripted = new ScriptedListServer(answer);
    scripted.#server.listen(0, '127.0.0.1');
    await once(scripted.#server, 'listening');
    return scripted;
  }

  constructor(answer: () => GiveList) {
    this.answer = answer;
    const secureContext = createSecureContext({ cert: CERTIFICATE, key: PRIVATE_KEY });
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket)).on('error', () => {});
      const give = this.answer();
      if (give === null) return void socket.destroy();
      void this.#serve(new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] }), give);
    });
    writeFileSync(this.#directory.file('ca.pem'), CERTIFICATE);
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/list.txt`;
  }

  get environment(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: this.#directory.file('ca.pem') };
  }

  async #serve(socket: TLSSocket, give: NonNullable<GiveList>): Promise<void> {
    socket.on('error', () => {});
    const head = await headOf(socket);
    if (head === null) {
      this.abandoned += 1;
      return;
    }
    socket.resume();
    await give(new ListExchange(head, socket));
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
    this.#directory[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Null: the connection ended before it was whole. */
async function headOf(socket: TLSSocket): Promise<string | null> {
  return await new Promise((resolve) => {
    let head = '';
    const onData = (piece: Buffer): void => {
      head += piece.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      resolve(head.slice(0, head.indexOf('\r\n\r\n')));
    };
    socket.on('data', onData);
    socket.once('close', () => resolve(null));
  });
}
