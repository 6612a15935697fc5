/**
 * The output buffer of a thread: heads, and small bodies behind them, are composed here. Whole messages are written at
 * the end of the event loop's turn, all in one go: writes that follow each other find the kernel's code in the cache and
 * the peers awake, which makes each cheaper than among reads and parsing (measured: ADR 0001). Where there are several, the next
 * turn is awaited, which does not sleep, and so on as long as each brings more.
 *
 *   begin ─▶ compose ─┬─▶ send                                       now
 *                     └─▶ sendLater ─▶ [ a │ b │ c │ … ] ─▶ flush    when a turn brings no more, or the buffer or the delay ends
 *
 * An output has one message here at most, and knows it (`waitsIn`): before it writes anything else it flushes the batch.
 * It must not be flushed while something is composed.
 *
 * When the kernel takes everything at once (nearly always) the buffer is free again; when it does not, the stream still
 * needs the bytes, and the thread goes on with a fresh buffer. What is written behind others that wait is copied to its
 * size: a reader that stalls must not hold a whole buffer for each small answer, or chunk, that waits for it.
 */
import { HeadWriter } from '../wire/head-writer.ts';

/** What the batch writes to: the one owner of a socket's output. */
export interface BatchedOutput {
  /** Where a message of this output waits. Set by the batch. */
  waitsIn: WriteBatch | null;
  /** Bytes that the kernel has not taken. */
  readonly unsent: number;
  /** Writes at once. The bytes are read until the kernel has taken them. */
  writeNow(bytes: Buffer): void;
  /** The message that waited is written. The output may end its socket now; it must not write to others. */
  batchWritten(): void;
}

/** Messages that may wait for each other. */
const MAX_WAITING = 32;
/** Milliseconds after the first turn within which another one may be awaited. */
const MAX_BATCH_DELAY_MS = 0.25;
/** Bytes that may wait, so that they are still in the cache when the kernel copies them. */
const WAITING_BYTES = 64 * 1024;

export class WriteBatch {
  readonly writer: HeadWriter;
  /** Of the largest message. */
  #size: number;
  /** Where the composition began; what waits lies before it. */
  #start = 0;
  readonly #outputs: (BatchedOutput | null)[] = Array.from({ length: MAX_WAITING }, () => null);
  readonly #ends: number[] = Array.from({ length: MAX_WAITING }, () => 0);
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

  /** From the next composition on at least `size` bytes fit; never less than before. */
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
  get capacity(): number {
    return this.writer.out.length - this.writer.pos;
  }

  /** Bytes composed since `begin`. */
  get length(): number {
    return this.writer.pos - this.#start;
  }

  /** Writes what was composed. Nothing may be waiting for this output. */
  send(output: BatchedOutput): void {
    const { writer } = this;
    if (this.#write(output, this.#start, writer.pos)) return;
    // What waits lies in the buffer that the stream holds now.
    this.flush();
    writer.out = this.#fresh();
  }

  /** Writes what was composed when the event loop's turn ends. Nothing may be waiting for this output. */
  sendLater(output: BatchedOutput): void {
    if (!this.#isScheduled) setImmediate(this.#onTurnEnd);
    this.#isScheduled = true;
    output.waitsIn = this;
    this.#outputs[this.#waiting] = output;
    this.#start = this.#ends[this.#waiting] = this.writer.pos;
    this.#waiting++;
    if (this.#waiting === MAX_WAITING) this.flush();
  }

  /** Writes all that waits. Not while something is composed. */
  flush(): void {
    const waiting = this.#waiting;
    let isFree = true;
    let start = 0;
    for (let i = 0; i < waiting; i++) {
      const end = this.#ends[i] ?? start;
      const output = this.#outputs[i] ?? null;
      this.#outputs[i] = null;
      if (output !== null) {
        output.waitsIn = null;
        isFree = this.#write(output, start, end) && isFree;
        output.batchWritten();
      }
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
    if (this.#seen === 1) this.#until = now + MAX_BATCH_DELAY_MS;
    return now < this.#until;
  }

  /** @returns false if the stream still needs the buffer. */
  #write(output: BatchedOutput, start: number, end: number): boolean {
    const composed = this.writer.out.subarray(start, end);
    if (output.unsent > 0) {
      output.writeNow(Buffer.from(composed));
      return true;
    }
    output.writeNow(composed);
    return output.unsent === 0;
  }

  #fresh(): Buffer {
    return Buffer.allocUnsafeSlow(WAITING_BYTES + this.#size);
  }
}
