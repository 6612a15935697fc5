/**
 * An origin that knows beforehand what it will be asked, byte for byte, and what it will say. It finds what it is asked by
 * the path; bytes that are not those that were announced are a fault, and end the connection.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Exchange } from './random-exchanges.ts';
import { writeInPieces } from './random-cuts.ts';

/** Milliseconds until it is tired of an idle connection. */
const TIRED_MS = 2;

export class KnowingOrigin implements AsyncDisposable {
  readonly faults: string[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #random: () => number;
  readonly #known = new Map<string, Exchange>();
  readonly #seen = new Map<string, number>();

  constructor(random: () => number) {
    this.#random = random;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  expect(exchanges: readonly Exchange[]): void {
    for (const exchange of exchanges) this.#known.set(exchange.id, exchange);
  }

  /** How often it was asked for this. */
  asked({ id }: Exchange): number {
    return this.#seen.get(id) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    let isBusy = false;
    const answer = async (): Promise<void> => {
      for (
        let exchange = this.#request(socket, received);
        exchange !== null && socket.writable;
        exchange = this.#request(socket, received)
      ) {
        received = received.subarray(exchange.forwarded!.length);
        this.#seen.set(exchange.id, this.asked(exchange) + 1);
        await writeInPieces(socket, exchange.answered, isWhole(exchange) ? () => 0 : this.#random);
        if (exchange.afterwards === 'end') socket.end();
        else if (exchange.afterwards === 'tire') setTimeout(() => isBusy || socket.end(), TIRED_MS);
      }
    };
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (isBusy) return;
      isBusy = true;
      void answer().finally(() => (isBusy = false));
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => this.#open.delete(socket));
    this.#open.add(socket);
  }

  /** Null: it has not come whole, or it is none. */
  #request(socket: Socket, received: Buffer): Exchange | null {
    const id = /^\w+ \/(n\d+n) /.exec(received.toString('latin1', 0, 40))?.[1];
    const exchange = id === undefined ? undefined : this.#known.get(id);
    const wanted = exchange?.forwarded?.subarray(0, received.length);
    const isWanted = wanted?.equals(received.subarray(0, wanted.length)) ?? 'DELETE /n00000n '.length > received.length;
    if (!isWanted) {
      this.faults.push(`not what was announced: ${received.toString('latin1', 0, 200)}`);
      socket.destroy();
    }
    return isWanted && exchange !== undefined && received.length >= exchange.forwarded!.length ? exchange : null;
  }
}

/** Bytes behind an answer must come with it: later ones could not be told from the next answer. */
function isWhole({ afterwards, mayRepeat }: Exchange): boolean {
  return mayRepeat && afterwards === 'keep';
}
