/**
 * The output buffer of a thread: heads, and small bodies behind them, are composed here. Whole messages are written at
 * the end of the event loop's turn, all in one go: writes that follow each other find the kernel's code in the cache and
 * the peers awake, which makes each about a tenth cheaper than among reads and parsing. Where there are several, the next
 * turn is awaited, which does not sleep, and so on as long as each brings more.
 *
 *   begin ─▶ compose ─┬─▶ send                                       now
 *                     └─▶ sendLater ─▶ [ a │ b │ c │ … ] ─▶ flush    when a turn brings no more, or the buffer or the patience ends
 *
 * The order of a socket's bytes is the caller's: before it writes anything else to a socket, or destroys it, it must
 * `settle` it; to end it, it may wait too.
 *
 * When the kernel takes everything at once (nearly always) the buffer is free again; when it does not, the stream still
 * needs the bytes, and the thread goes on with a fresh buffer. What is written behind others that wait is copied to its
 * size: a reader that stalls must not hold a whole buffer for each small answer, or chunk, that waits for it.
 */
import type { Socket } from 'node:net';
import { HeadWriter } from '../wire/head-writer.ts';

/** Messages that may wait for each other. */
const MOST_WAITING = 32;
/** Milliseconds after the first turn within which another one may be awaited. */
const PATIENCE_MS = 0.25;
/** Bytes that may wait, so that they are still in the cache when the kernel copies them. */
const WAITING_BYTES = 64 * 1024;

export class Scratch {
  readonly writer: HeadWriter;
  /** Of the largest message. */
  #size: number;
  /** Where the composition began; what waits lies before it. */
  #start = 0;
  readonly #sockets: (Socket | null)[] = Array.from({ length: MOST_WAITING }, () => null);
  readonly #ends: number[] = Array.from({ length: MOST_WAITING }, () => 0);
  readonly #thens: ((() => void) | null)[] = Array.from({ length: MOST_WAITING }, () => null);
  #waiting = 0;
  #isScheduled = false;
  /** Messages that waited when the turn before ended; one alone waits for no other turn. */
  #seen = 1;
  /** `performance.now()` until which further turns are awaited. */
  #until = 0;

  constructor(size: number) {
    this.#size = size;
    this.writer = new HeadWriter(this.#fresh());
  }

  /** Room for at least `size` bytes from the next composition on; never less than before. */
  reserve(size: number): void {
    if (size <= this.#size) return;
    this.flush();
    this.#size = size;
    this.writer.out = this.#fresh();
  }

  /** Starts composing; returns the writer, whose `pos` need not be 0. */
  begin(): HeadWriter {
    if (this.#start > WAITING_BYTES) this.flush();
    this.writer.pos = this.#start;
    return this.writer;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.writer.out.length - this.writer.pos;
  }

  /** Bytes composed since `begin`. */
  get length(): number {
    return this.writer.pos - this.#start;
  }

  /** Writes what was composed. Nothing may be waiting for this socket. */
  send(socket: Socket): void {
    const { writer } = this;
    if (this.#write(socket, this.#start, writer.pos)) return;
    // What waits lies in the buffer that the stream holds now.
    this.flush();
    writer.out = this.#fresh();
  }

  /** Writes what was composed when the event loop's turn ends. Nothing may be waiting for this socket. */
  sendLater(socket: Socket): void {
    if (!this.#isScheduled) setImmediate(this.#onTurnEnd);
    this.#isScheduled = true;
    this.#sockets[this.#waiting] = socket;
    this.#start = this.#ends[this.#waiting] = this.writer.pos;
    this.#waiting++;
    if (this.#waiting === MOST_WAITING) this.flush();
  }

  /** Something waits for this socket. */
  holds(socket: Socket): boolean {
    for (let i = 0; i < this.#waiting; i++) if (this.#sockets[i] === socket) return true;
    return false;
  }

  /** What waits for this socket is written. */
  settle(socket: Socket): void {
    if (this.holds(socket)) this.flush();
  }

  /** Calls back when what waits for this socket is written: at once where nothing does. It must not write to others. */
  afterwards(socket: Socket, then: () => void): void {
    for (let i = 0; i < this.#waiting; i++) {
      if (this.#sockets[i] === socket) {
        this.#thens[i] = then;
        return;
      }
    }
    then();
  }

  /** Writes all that waits. Not while something is composed. */
  flush(): void {
    const waiting = this.#waiting;
    let isFree = true;
    let start = 0;
    for (let i = 0; i < waiting; i++) {
      const end = this.#ends[i]!;
      isFree = this.#write(this.#sockets[i]!, start, end) && isFree;
      this.#thens[i]?.();
      this.#sockets[i] = this.#thens[i] = null;
      start = end;
    }
    this.#waiting = 0;
    this.#start = 0;
    if (!isFree) this.writer.out = this.#fresh();
  }

  readonly #onTurnEnd = (): void => {
    if (this.#waiting > this.#seen && this.#isPatient()) {
      this.#seen = this.#waiting;
      setImmediate(this.#onTurnEnd);
      return;
    }
    this.#isScheduled = false;
    this.#seen = 1;
    this.flush();
  };

  /** A turn is long where large bodies are relayed in it: small answers must not wait for many of those. */
  #isPatient(): boolean {
    const now = performance.now();
    if (this.#seen === 1) this.#until = now + PATIENCE_MS;
    return now < this.#until;
  }

  /** False: the stream still needs the buffer. */
  #write(socket: Socket, start: number, end: number): boolean {
    const composed = this.writer.out.subarray(start, end);
    if (socket.writableLength > 0) {
      socket.write(Buffer.from(composed));
      return true;
    }
    socket.write(composed);
    return socket.writableLength === 0;
  }

  #fresh(): Buffer {
    return Buffer.allocUnsafeSlow(WAITING_BYTES + this.#size);
  }
}
