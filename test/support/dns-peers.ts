/** Both ends around a DNS front: a resolver that answers as the test says, over UDP, and a client with a port of its own. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { DnsFrames } from '../../src/wire/dns-frames.ts';
import { freePort } from './free-port.ts';

interface Came {
  readonly message: Buffer;
  readonly from: RemoteInfo;
}

export interface ScriptedResolver extends AsyncDisposable {
  readonly server: string;
  readonly port: number;
  /** All that came, in order. */
  readonly asked: readonly Came[];
  /** From its own port. */
  send(message: Buffer, to: { readonly address: string; readonly port: number }): void;
  /** As `send`; resolves when the system has it. */
  sent(message: Buffer, to: { readonly address: string; readonly port: number }): Promise<void>;
}

/**
 * On a port that nobody else is given once it is closed, as one of those of outgoing connections may be.
 * @param answers the datagrams that go back to whoever sent one; by default the answer of `answerTo`
 */
export async function startResolver(
  answers: (message: Buffer, from: RemoteInfo) => readonly Buffer[] = (message) => [answerTo(message)],
  at: { readonly address?: string; readonly port?: number } = {},
): Promise<ScriptedResolver> {
  const { address = '127.0.0.1' } = at;
  const port = at.port ?? (await freePort(address));
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const asked: Came[] = [];
  socket.on('message', (message, from) => {
    asked.push({ message, from });
    for (const answer of answers(message, from)) socket.send(answer, from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  const { port: own } = socket.address();
  return {
    server: address.includes(':') ? `[${address}]:${own}` : `${address}:${own}`,
    port: own,
    asked,
    send: (message, to) => socket.send(message, to.port, to.address),
    sent: async (message, to) =>
      await new Promise((resolve) => socket.send(message, to.port, to.address, () => resolve())),
    [Symbol.asyncDispose]: async () => await closed(socket),
  };
}

/** What a resolver says: the query's bytes as a response, with marks in bits that nobody sets, so that a changed byte is seen. */
export function answerTo(query: Buffer, rcode = 0): Buffer {
  const answer = Buffer.concat([query, Buffer.from('behind the message')]);
  answer.writeUInt16BE(query.readUInt16BE(2) | 0x8080 | rcode, 2);
  return answer;
}

export class DnsClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #to: { readonly address: string; readonly port: number };
  readonly came: Buffer[] = [];
  readonly #waiting: ((message: Buffer) => void)[] = [];

  private constructor(socket: Socket, to: { readonly address: string; readonly port: number }) {
    this.#socket = socket;
    this.#to = to;
    socket.on('message', (message) => {
      this.came.push(message);
      this.#waiting.shift()?.(message);
    });
  }

  /** @param from its own address */
  static async of(port: number, address = '127.0.0.1', from = address): Promise<DnsClient> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, from);
    await once(socket, 'listening');
    return new DnsClient(socket, { address, port });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(message: Buffer): void {
    this.#socket.send(message, this.#to.port, this.#to.address);
  }

  /** As `send`; resolves when the system has it. */
  async sent(message: Buffer): Promise<void> {
    await new Promise((resolve) => this.#socket.send(message, this.#to.port, this.#to.address, resolve));
  }

  /** @returns the next message that comes. */
  async ask(message: Buffer): Promise<Buffer> {
    const answer = this.next();
    this.send(message);
    return await answer;
  }

  async next(): Promise<Buffer> {
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closed(this.#socket);
  }
}

/** The message with its length before it. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

export interface StreamResolver extends AsyncDisposable {
  readonly server: string;
  readonly port: number;
  /** Of each connection, the messages that came, after `skip` bytes. */
  readonly connections: readonly { readonly socket: TcpSocket; readonly asked: Buffer[]; head: Buffer }[];
}

/**
 * On a port as that of `startResolver`.
 * @param headBytes come first on each connection and are no message
 */
export async function startStreamResolver(
  answers: (message: Buffer, socket: TcpSocket) => readonly Buffer[] = (message) => [answerTo(message)],
  { headBytes = 0 }: { readonly headBytes?: number } = {},
): Promise<StreamResolver> {
  const connections: { socket: TcpSocket; asked: Buffer[]; head: Buffer }[] = [];
  const server: Server = createServer((socket) => {
    const connection = { socket, asked: [] as Buffer[], head: Buffer.alloc(0) };
    connections.push(connection);
    const frames = new DnsFrames();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const missing = headBytes - connection.head.length;
      connection.head = Buffer.concat([connection.head, chunk.subarray(0, missing)]);
      frames.add(chunk.subarray(missing));
      for (let frame = frames.next(); frame !== null; frame = frames.next()) {
        const message = frame.subarray(2);
        connection.asked.push(message);
        for (const answer of answers(message, socket)) socket.write(framed(answer));
      }
    });
  });
  server.listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    server: `127.0.0.1:${own}`,
    port: own,
    connections,
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of connections) socket.destroy();
      const done = once(server, 'close');
      server.close();
      await done;
    },
  };
}

/** A client over TCP. */
export class StreamClient implements AsyncDisposable {
  readonly socket: TcpSocket;
  readonly came: Buffer[] = [];
  readonly ended: Promise<unknown>;

  private constructor(socket: TcpSocket) {
    this.socket = socket;
    const frames = new DnsFrames();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      frames.add(chunk);
      for (let frame = frames.next(); frame !== null; frame = frames.next()) this.came.push(frame.subarray(2));
    });
    this.ended = new Promise((resolve) => socket.once('close', resolve));
  }

  /** @param from its own address */
  static async of(port: number, from = '127.0.0.1'): Promise<StreamClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const client = new StreamClient(socket);
    // One that is turned away may never have been open.
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), client.ended]);
    return client;
  }

  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }
}

async function closed(socket: Socket): Promise<void> {
  const done = once(socket, 'close');
  socket.close();
  await done;
}
