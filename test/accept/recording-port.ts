/**
 * A client's port that takes notes: each call is a line of the log, and what the kernel does is said by the test. With it a
 * part of a connection is tested without a socket, against a playbook.
 */
import type { ClientPort, EndWaiter, FlushWaiter, OutputSource } from '../../src/forward/client-port.ts';
import { HeadWriter } from '../../src/wire/head-writer.ts';

export class RecordingPort implements ClientPort {
  readonly log: string[] = [];
  /** What the test says that the kernel has not taken. */
  unsent = 0;
  deadline = Infinity;
  readonly #writer = new HeadWriter(Buffer.alloc(512 * 1024));
  #flushWaiter: FlushWaiter | null = null;
  #endWaiter: EndWaiter | null = null;

  /** The log since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }

  /** The kernel has taken everything. */
  flushed(): void {
    this.unsent = 0;
    const waiter = this.#flushWaiter;
    this.#flushWaiter = null;
    waiter?.outputFlushed();
  }

  /** The kernel has everything, the end included. */
  ended(): void {
    this.unsent = 0;
    this.#endWaiter?.outputEnded();
  }

  compose(): HeadWriter {
    this.#writer.pos = 0;
    return this.#writer;
  }

  get composedLength(): number {
    return this.#writer.pos;
  }

  get capacity(): number {
    return 64 * 1024;
  }

  sendComposed(): void {
    this.#note('write', this.#composed);
  }

  sendComposedLater(): void {
    this.#note('write later', this.#composed);
  }

  write(bytes: Buffer): void {
    this.#note('write', bytes.toString('latin1'));
  }

  writeText(text: string): void {
    this.#note('write', text);
  }

  relay(_source: OutputSource, buffer: Buffer, start: number, end: number): void {
    this.#note('relay', buffer.toString('latin1', start, end));
  }

  cork(): void {
    this.log.push('cork');
  }

  uncork(): void {
    this.log.push('uncork');
  }

  pauseReads(): void {
    this.log.push('pause reads');
  }

  resumeReads(): void {
    this.log.push('resume reads');
  }

  hold(_source: OutputSource, _length: number, waiter: FlushWaiter): void {
    if (this.unsent === 0) return;
    this.log.push('hold');
    this.#flushWaiter = waiter;
  }

  release(): void {
    this.#flushWaiter = null;
  }

  whenFlushed(waiter: FlushWaiter): void {
    this.log.push('wait for the flush');
    this.#flushWaiter = waiter;
  }

  whenReleased(): void {
    this.log.push('wait for the release');
  }

  end(closeAtOnce: boolean, waiter: EndWaiter | null): void {
    this.log.push(closeAtOnce ? 'end, or close at once' : 'end');
    this.#endWaiter = waiter;
  }

  endAndClose(): void {
    this.log.push('end and close');
  }

  close(): void {
    this.log.push('close');
  }

  reset(): void {
    this.log.push('reset');
  }

  deadlineAt(time: number): void {
    this.deadline = time;
    this.log.push(`deadline ${time}`);
  }

  get #composed(): string {
    return this.#writer.out.toString('latin1', 0, this.#writer.pos);
  }

  #note(what: string, text: string): void {
    this.log.push(`${what} ${text.replaceAll('\r\n', '⏎')}`);
  }
}
