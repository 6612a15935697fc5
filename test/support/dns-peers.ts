/** Both ends around a DNS front: a resolver that answers as the test says, over UDP, and a client with a port of its own. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Came {
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
}

/** @param answers the datagrams that go back to whoever sent one; by default the answer of `answerTo` */
export async function startResolver(
  answers: (message: Buffer, from: RemoteInfo) => readonly Buffer[] = (message) => [answerTo(message)],
  at: { readonly address?: string; readonly port?: number } = {},
): Promise<ScriptedResolver> {
  const { address = '127.0.0.1', port = 0 } = at;
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

  static async of(port: number, address = '127.0.0.1'): Promise<DnsClient> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new DnsClient(socket, { address, port });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(message: Buffer): void {
    this.#socket.send(message, this.#to.port, this.#to.address);
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

async function closed(socket: Socket): Promise<void> {
  const done = once(socket, 'close');
  socket.close();
  await done;
}
