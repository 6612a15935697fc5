/**
 * One connection between a client and an origin, played by two scripts, and what each side saw of it: every byte, and how the other side ended.
 * The same scripts with and without a filter between them must leave the same.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { ConnectionEnd } from '../../support/socket-reader.ts';
import { within } from '../../support/within.ts';
import type { Namespace } from './namespace.ts';
import { listenOn } from './sockets.ts';
import type { Endpoint, SocketOptions } from './sockets.ts';

/** One side, as a script sees it. Megabytes are counted as they come, and joined once. */
export class Side {
  readonly socket: Socket;
  readonly #received: Buffer[] = [];
  #total = 0;
  /** Bytes that a script has taken. */
  #taken = 0;
  #end: ConnectionEnd | null = null;
  readonly #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#total += chunk.length;
      this.#wake();
    });
    socket.on('end', () => this.#finish('fin'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#finish(error.code ?? 'error'));
    socket.on('close', () => this.#finish('closed'));
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** All that comes up to this mark and with it. */
  async until(mark: string): Promise<string> {
    const find = (): number => this.#all().indexOf(mark, this.#taken, 'latin1');
    await this.#wait(JSON.stringify(mark), () => find() !== -1);
    return this.#take(find() + mark.length - this.#taken).toString('latin1');
  }

  async exactly(count: number): Promise<Buffer> {
    await this.#wait(`${count} bytes`, () => this.#total - this.#taken >= count);
    return this.#take(count);
  }

  async ended(): Promise<ConnectionEnd> {
    while (this.#end === null) await this.#change('the end of the connection');
    return this.#end;
  }

  /** No more will be sent. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  async seen(): Promise<SeenBy> {
    const end = await this.ended();
    const all = this.#all();
    return { received: all.length > MAX_SHOWN ? `${all.length} bytes, ${digest(all)}` : all.toString('latin1'), end };
  }

  async #wait(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#end !== null)
        throw new Error(`the connection ended (${this.#end}) before ${what}; ${await this.#told()}`);
      await this.#change(what);
    }
  }

  async #told(): Promise<string> {
    return `received: ${(await this.seen()).received}`;
  }

  async #change(what: string): Promise<void> {
    await within(what, new Promise<void>((resolve) => this.#waiting.push(resolve)));
  }

  #all(): Buffer {
    const [first] = this.#received;
    if (first !== undefined && this.#received.length === 1) return first;
    const all = Buffer.concat(this.#received);
    this.#received.splice(0, this.#received.length, all);
    return all;
  }

  #take(count: number): Buffer {
    const taken = this.#all().subarray(this.#taken, this.#taken + count);
    this.#taken += count;
    return taken;
  }

  #finish(end: ConnectionEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export interface SeenBy {
  /** What it was, or its length and digest. */
  readonly received: string;
  /** How the other side ended: FIN, or an error. */
  readonly end: ConnectionEnd;
}

export interface Outcome {
  readonly client: SeenBy;
  readonly origin: SeenBy;
}

/** @param meet resolves when both scripts have got so far, as often as they ask: without a byte between them. */
type Script = (side: Side, meet: () => Promise<void>) => Promise<void> | void;

export interface Exchange {
  readonly name: string;
  readonly port?: number;
  /** It says no host: only who keeps the address that it goes to knows where it belongs. */
  readonly isNameless?: true;
  readonly client: Script;
  readonly origin: Script;
  /** Of the origin's socket. */
  readonly listening?: SocketOptions;
  /** Of the client's. */
  readonly connecting?: SocketOptions;
}

export interface Place {
  readonly origin: Namespace;
  readonly at: Endpoint;
  readonly connect: (to: Endpoint, options?: SocketOptions) => Promise<Socket>;
}

const MAX_SHOWN = 5000;

/** Each side ends what its script has left open. */
export async function play({ client, origin, listening, connecting }: Exchange, place: Place): Promise<Outcome> {
  const server = await listenOn(place.origin, place.at, listening);
  try {
    const taken = once(server, 'connection') as Promise<[Socket]>;
    const clientSide = new Side(await place.connect(place.at, connecting));
    const meet = meeting();
    const played = run(clientSide, client, meet);
    const [socket] = await within(
      'a connection to the origin',
      Promise.race([taken, played.then(async () => await taken)]),
    );
    const originSide = new Side(socket);
    await Promise.all([run(originSide, origin, meet), played]);
    const [ofClient, ofOrigin] = await Promise.all([clientSide.seen(), originSide.seen()]);
    return { client: ofClient, origin: ofOrigin };
  } finally {
    server.close();
    await setImmediate();
  }
}

async function run(side: Side, script: Script, meet: () => Promise<void>): Promise<void> {
  try {
    await script(side, meet);
  } finally {
    if (!side.socket.destroyed) side.end();
  }
}

function meeting(): () => Promise<void> {
  let waiting: PromiseWithResolvers<void> | null = null;
  return async () => {
    const other = waiting;
    waiting = other === null ? Promise.withResolvers<void>() : null;
    other?.resolve();
    if (waiting !== null) await within('the other script', waiting.promise);
  };
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
