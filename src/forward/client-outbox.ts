/**
 * The one owner of a client's socket: nobody else writes to it, pauses it, ends or resets it. What is written goes out in
 * the order of the calls, whether it waits in the thread's batch, is composed there or is written as it is.
 *
 *   compose ─▶ batch ─┬─ sendComposed ──────┐
 *                     └─ sendComposedLater ─┴─▶ socket        write, relay: what waits in the batch goes first
 *
 * As long as the kernel has not taken everything, the upstream connection that feeds it is not read. So at most one read is
 * held per client, however slow it is. It must not know what the bytes mean.
 */
import type { Socket } from 'node:net';
import { readAgain, stopReading } from './stop-reading.ts';
import { DIRECTION } from '../observe/counters.ts';
import type { DataCounters } from '../observe/data-counters.ts';
import type { HeadWriter } from '../wire/head-writer.ts';
import type { ClientPort, EndWaiter, FlushWaiter, OutputSource } from './client-port.ts';
import { reset } from './reset.ts';
import type { NativeHolder } from './egress.ts';
import { sendLast } from './last-bytes.ts';
import type { BatchedOutput, WriteBatch } from './write-batch.ts';

const EMPTY = Buffer.alloc(0);
/** A read this short says that a burst is over: tunnels and streams of hours must not keep the large buffer of one. */
const TRICKLE_BYTES = 16 * 1024;

/** What all outboxes of a thread share. */
export interface OutboxParts {
  readonly batch: WriteBatch;
  readonly counters: DataCounters;
  readonly native: NativeHolder;
}

export class ClientOutbox implements ClientPort, BatchedOutput {
  readonly #socket: Socket;
  readonly #batch: WriteBatch;
  readonly #counters: DataCounters;
  readonly #native: NativeHolder;
  waitsIn: WriteBatch | null = null;
  /** Coarse time. */
  deadline = Infinity;
  #isPaused = false;
  /** By us, not by its stream, which is full. */
  #isStopped = false;
  #held: OutputSource | null = null;
  #flushWaiter: FlushWaiter | null = null;
  #endWaiter: EndWaiter | null = null;
  #isEnding = false;
  #closeAtOnce = false;

  constructor(socket: Socket, { batch, counters, native }: OutboxParts) {
    this.#socket = socket;
    this.#batch = batch;
    this.#counters = counters;
    this.#native = native;
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  // ── Bytes ──

  compose(): HeadWriter {
    this.#settle();
    return this.#batch.begin();
  }

  get composedLength(): number {
    return this.#batch.length;
  }

  get capacity(): number {
    return this.#batch.capacity;
  }

  sendComposed(): void {
    this.#count(this.#batch.length);
    this.#batch.send(this);
  }

  sendComposedLater(): void {
    this.#count(this.#batch.length);
    this.#batch.sendLater(this);
  }

  write(bytes: Buffer): void {
    this.#settle();
    this.#count(bytes.length);
    this.writeNow(bytes);
  }

  writeText(text: string): void {
    this.#settle();
    this.#count(text.length);
    if (!this.#socket.destroyed) this.#socket.write(text, 'latin1');
  }

  relay(source: OutputSource, buffer: Buffer, start: number, end: number): void {
    if (source.ownsBuffer) return this.write(buffer.subarray(start, end));
    this.compose().copy(buffer, start, end);
    this.sendComposed();
  }

  cork(): void {
    this.#settle();
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** What is written after the client has gone is dropped: 'close' is told a moment later. */
  writeNow(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    const isLast = this.#isEnding && this.#closeAtOnce;
    const sent = isLast ? sendLast(this.#socket, this.#native.sockets, bytes) : 0;
    if (sent < bytes.length) this.#socket.write(sent === 0 ? bytes : bytes.subarray(sent));
  }

  batchWritten(): void {
    if (this.#isEnding) this.#endNow();
  }

  // ── Back-pressure ──

  pauseReads(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
    this.#isStopped = stopReading(this.#socket);
  }

  resumeReads(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#isStopped) readAgain(this.#socket);
    this.#socket.resume();
  }

  hold(source: OutputSource, length: number, waiter: FlushWaiter): void {
    if (this.#socket.writableLength === 0) {
      if (length < TRICKLE_BYTES) source.shrinkBuffer();
      return;
    }
    if (this.#held !== null) return;
    this.#held = source;
    source.pause();
    this.whenFlushed(waiter);
  }

  release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#flushWaiter = null;
    held.resume();
  }

  whenFlushed(waiter: FlushWaiter): void {
    this.#flushWaiter = waiter;
    this.#socket.write(EMPTY, this.#onFlushed);
  }

  readonly #onFlushed = (): void => {
    const waiter = this.#flushWaiter;
    if (waiter === null) return;
    this.#flushWaiter = null;
    this.release();
    waiter.outputFlushed();
  };

  whenReleased(callback: (isTaken: boolean) => void): void {
    if (this.#socket.writable) this.#socket.write(EMPTY, (error) => callback(error === null || error === undefined));
    else this.#socket.once('close', () => callback(false));
  }

  // ── Ends ──

  end(closeAtOnce: boolean, waiter: EndWaiter | null): void {
    this.#closeAtOnce = closeAtOnce;
    this.#endWaiter = waiter;
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.waitsIn === null) this.#endNow();
  }

  #endNow(): void {
    if (this.#closeAtOnce && this.#socket.writableLength === 0) this.#socket.destroy();
    else this.#socket.end(this.#onEnded);
  }

  readonly #onEnded = (): void => this.#endWaiter?.outputEnded();

  endAndClose(): void {
    this.#settle();
    this.#socket.destroySoon();
  }

  close(): void {
    this.#settle();
    if (this.#socket.writableLength > 0) reset(this.#socket);
    else this.#socket.destroy();
  }

  reset(): void {
    this.#settle();
    reset(this.#socket);
  }

  deadlineAt(time: number): void {
    this.deadline = time;
  }

  /** What was sent before goes first. */
  #settle(): void {
    if (this.waitsIn !== null) this.#batch.flush();
  }

  #count(bytes: number): void {
    this.#counters.bytes(DIRECTION.client_out, bytes);
  }
}
