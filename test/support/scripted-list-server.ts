/**
 * A server of lists over HTTPS whose every byte a test decides: for answers that no decent server gives. One request a
 * connection. `cut` ends the connection as a lost one ends: no chunk, no length and no close_notify says that all was there.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { CERTIFICATE, PRIVATE_KEY } from './localhost-certificate.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

export class ListExchange {
  /** Of the request, by lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly #socket: TLSSocket;

  constructor(head: string, socket: TLSSocket) {
    this.fields = new Map(head.split('\r\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
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
    const tls = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY, ALPNProtocols: ['http/1.1'] });
    tls.on('tlsClientError', () => {});
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket)).on('error', () => {});
      const give = this.answer();
      if (give === null) return void socket.destroy();
      tls.once('secureConnection', (secure: TLSSocket) => void serve(secure, give));
      tls.emit('connection', socket);
    });
    writeFileSync(this.#directory.file('ca.pem'), CERTIFICATE);
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/list.txt`;
  }

  get environment(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: this.#directory.file('ca.pem') };
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

async function serve(socket: TLSSocket, give: NonNullable<GiveList>): Promise<void> {
  socket.on('error', () => {});
  let head = '';
  socket.setEncoding('latin1');
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    head += String(piece);
    if (head.includes('\r\n\r\n')) break;
  }
  socket.resume();
  await give(new ListExchange(head.slice(0, head.indexOf('\r\n\r\n')), socket));
}
