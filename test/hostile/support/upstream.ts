/**
 * The origin that every server should not be: takes anything, understands as little as possible, records the exact bytes
 * of each connection, and answers what the test says. Its idea of where a request ends is deliberately simple; what it
 * recorded is what counts.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { Changes } from './changes.ts';
import { Connection } from './connection.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export class UpstreamConnectionRecord extends Connection {
  /** Requests seen so far. */
  requests: string[] = [];
  consumed = 0;
  /** Up to here heads have been announced. */
  heads = 0;
}

export type Answer = string | ((connection: UpstreamConnectionRecord, request: string) => void);

export class Upstream {
  readonly connections: UpstreamConnectionRecord[] = [];
  /** What is sent for a request that has come whole (head, and body where it has a length or chunks). */
  answer: Answer = OK;
  /** Called when the head of a request has come, before its body. */
  onHead: ((connection: UpstreamConnectionRecord) => void) | null = null;
  /** False: nothing is answered by itself. */
  automatic = true;
  readonly #server: Server;
  #taken = 0;
  readonly #offsets: number[] = [];
  #last: UpstreamConnectionRecord | null = null;
  readonly #changes = new Changes();

  constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true });
    this.takesFrom(this.#server);
  }

  /** A server that somebody else has opened, and closes. Half-open is allowed. */
  takesFrom(server: Server): void {
    server.on('connection', (socket) => {
      const connection = new UpstreamConnectionRecord(socket);
      this.connections.push(connection);
      socket.on('data', () => this.#read(connection));
      socket.on('end', () => {
        if (this.automatic) socket.end();
      });
      socket.on('close', () => this.#changes.tell());
      this.#last ??= connection;
      this.#changes.tell();
    });
  }

  async listen(address = '127.0.0.1', port = 0): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, address, resolve);
    });
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get authority(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    return `http://${this.authority}`;
  }

  /** Since `reset`. */
  get requests(): string[] {
    return this.connections.flatMap(({ requests }) => requests);
  }

  /** Everything received since the last `take`, over all connections in the order they were opened. */
  get bytes(): string {
    return this.connections.map(({ received }, index) => received.slice(this.#offsets[index] ?? 0)).join('');
  }

  /** The connection that bytes came in on last. */
  get last(): UpstreamConnectionRecord {
    return this.#last!;
  }

  take(): string {
    const { bytes } = this;
    for (const [index, { received }] of this.connections.entries()) this.#offsets[index] = received.length;
    return bytes;
  }

  /** Back to the defaults; what was recorded is forgotten, idle connections stay. */
  reset(): void {
    this.answer = OK;
    this.onHead = null;
    this.automatic = true;
    this.take();
    for (const connection of this.connections) connection.requests = [];
    this.#taken = this.connections.length;
  }

  /** Forgets the connections that have ended, and what was recorded of them. */
  forget(): void {
    this.take();
    const open = this.connections.filter(({ closed }) => !closed);
    this.connections.splice(0, this.connections.length, ...open);
    this.#offsets.splice(0, this.#offsets.length, ...open.map(({ received }) => received.length));
    this.#taken = 0;
    if (this.#last?.closed === true) this.#last = open.at(-1) ?? null;
  }

  /** Connections opened since `reset`. */
  get fresh(): readonly UpstreamConnectionRecord[] {
    return this.connections.slice(this.#taken);
  }

  /** Resolves once the condition holds. */
  async until(holds: (upstream: this) => boolean): Promise<this> {
    await this.#changes.until(
      () => holds(this),
      () => `${this.requests.length} requests, at last ${JSON.stringify(this.bytes.slice(-200))}`,
    );
    return this;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #read(connection: UpstreamConnectionRecord): void {
    this.#last = connection;
    if (connection.heads <= connection.consumed && connection.received.includes('\r\n\r\n', connection.consumed)) {
      connection.heads = connection.received.length;
      this.onHead?.(connection);
    }
    for (let end = requestEnd(connection); end > 0; end = requestEnd(connection)) {
      const request = connection.received.slice(connection.consumed, end);
      connection.consumed = end;
      connection.requests.push(request);
      if (!this.automatic) continue;
      if (typeof this.answer === 'string') connection.send(this.answer);
      else this.answer(connection, request);
    }
    this.#changes.tell();
  }
}

/** Offset behind the first whole request that was not consumed, or 0. */
function requestEnd({ received, consumed }: UpstreamConnectionRecord): number {
  const rest = received.slice(consumed);
  const head = rest.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const bodyStart = head + 4;
  const fields = rest.slice(0, bodyStart).toLowerCase();
  if (fields.includes('\r\ntransfer-encoding: chunked\r\n')) {
    const last = rest.slice(bodyStart - 2).indexOf('\r\n0\r\n\r\n');
    return last < 0 ? 0 : consumed + bodyStart + last + 5;
  }
  const length = Number(/\r\ncontent-length: (\d+)\r\n/.exec(fields)?.[1] ?? 0);
  return rest.length >= bodyStart + length ? consumed + bodyStart + length : 0;
}
