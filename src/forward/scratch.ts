/**
 * The output buffer of a thread: heads, and small bodies behind them, are composed here and written once. When the
 * kernel takes all of it at once (nearly always) the buffer is free again; when it does not, the stream still needs the
 * bytes, and the thread goes on with a fresh buffer. What is written behind others that wait is copied to its size: a
 * reader that stalls must not hold a whole buffer for each small answer, or chunk, that waits for it.
 */
import type { Socket } from 'node:net';
import { HeadWriter } from '../wire/head-writer.ts';

export class Scratch {
  readonly writer: HeadWriter;
  #size: number;

  constructor(size: number) {
    this.#size = size;
    this.writer = new HeadWriter(Buffer.allocUnsafeSlow(size));
  }

  /** Room for at least `size` bytes from the next composition on; never less than before. */
  reserve(size: number): void {
    if (size <= this.#size) return;
    this.#size = size;
    this.writer.out = Buffer.allocUnsafeSlow(size);
  }

  /** Starts composing; returns the writer. */
  begin(): HeadWriter {
    this.writer.pos = 0;
    return this.writer;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#size - this.writer.pos;
  }

  /** Writes what was composed. */
  send(socket: Socket): void {
    const { writer } = this;
    const composed = writer.out.subarray(0, writer.pos);
    if (socket.writableLength > 0) {
      socket.write(Buffer.from(composed));
      return;
    }
    socket.write(composed);
    if (socket.writableLength > 0) writer.out = Buffer.allocUnsafeSlow(this.#size);
  }
}
