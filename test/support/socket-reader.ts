/**
 * Reads what a socket receives in the pieces a test thinks in: up to a mark, so many bytes, all until the end. It also
 * tells how the connection ended: a truncated answer must be told from a complete one.
 */
import type { Socket } from 'node:net';
import { within } from './within.ts';

/** `fin`: the other side finished in good order; otherwise the errno name (ECONNRESET …). */
export type ConnectionEnd = 'fin' | (string & {});

const EMPTY: Buffer = Buffer.alloc(0);

export class SocketReader {
  #received: Buffer = EMPTY;
  #end: ConnectionEnd | null = null;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('end', () => this.#finish('fin'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#finish(error.code ?? 'error'));
    socket.on('close', () => this.#finish('closed'));
  }

  /** Bytes that nobody has asked for yet. */
  get unread(): Buffer {
    return this.#received;
  }

  /** Up to and with the mark. Throws when the connection ends before. */
  async until(mark: string): Promise<Buffer> {
    await this.#wait(`'${mark.trim()}'`, () => this.#received.includes(mark, 0, 'latin1'));
    return this.#take(this.#received.indexOf(mark, 0, 'latin1') + mark.length);
  }

  async exactly(count: number): Promise<Buffer> {
    await this.#wait(`${count} bytes`, () => this.#received.length >= count);
    return this.#take(count);
  }

  /** All until the other side finished; throws where the connection broke instead. */
  async rest(): Promise<Buffer> {
    const end = await this.ended();
    if (end !== 'fin') throw new Error(`the connection ended with ${end}`);
    return this.#take(this.#received.length);
  }

  async ended(): Promise<ConnectionEnd> {
    while (this.#end === null) await this.#change('the end of the connection');
    return this.#end;
  }

  async #wait(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#end !== null)
        throw new Error(
          `the connection ended (${this.#end}) before ${what}; received: ${this.#received.toString('latin1', 0, 500)}`,
        );
      await this.#change(what);
    }
  }

  async #change(what: string): Promise<void> {
    await within(what, new Promise<void>((resolve) => this.#waiting.push(resolve)));
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  #finish(end: ConnectionEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
