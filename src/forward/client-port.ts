/**
 * What the parts of a client's connection may do to the client: all of it, and nothing else. The parts (HTTP session, exchange,
 * tunnel, closing) are given one and never see a socket; ClientOutbox is the one that has a socket, tests have one that takes notes.
 *
 *   part ──▶ compose, write, relay ──▶ bytes, in the order of the calls
 *        ──▶ pauseReads, hold      ──▶ back-pressure, on the client and on the origin
 *        ──▶ end, close, reset     ──▶ the end, one way or the other
 *
 * No method calls the caller back before it has returned: what has to be told later (flushed, ended) comes as an event of its own.
 */
import type { HeadWriter } from '../wire/head-writer.ts';

export interface ClientPort {
  /** Bytes that the kernel has not taken. */
  readonly unsent: number;
  /** Bytes that were composed since `compose`, and that still fit. */
  readonly composedLength: number;
  readonly capacity: number;

  /** Starts a message in the thread's buffer, behind all that was written before. Nothing else may be written until it is sent. */
  compose(): HeadWriter;
  /** Writes what was composed, now. */
  sendComposed(): void;
  /** Writes what was composed, a whole message, when the event loop's turn ends. */
  sendComposedLater(): void;
  /** The bytes are read until the kernel has taken them: they must not change. */
  write(bytes: Buffer): void;
  /** A byte string. */
  writeText(text: string): void;
  /** Writes buffer[start, end), which `source` has just read: copied unless the source owns its buffer. */
  relay(source: OutputSource, buffer: Buffer, start: number, end: number): void;
  /** The writes between the two go out in one. */
  cork(): void;
  uncork(): void;

  /** Nothing is read from the client until `resumeReads`. Bytes that were read before may still come. */
  pauseReads(): void;
  resumeReads(): void;
  /** Stops `source` until the kernel has taken all, if it has not; `waiter` is told then. `length`: of the last read. */
  hold(source: OutputSource, length: number, waiter: FlushWaiter): void;
  /** What is held goes elsewhere: it is read there, and the waiter hears nothing. */
  release(): void;
  /** Tells `waiter` when the kernel has taken all that was written until now. */
  whenFlushed(waiter: FlushWaiter): void;
  /** Calls back when no write refers to a buffer any more: true if all was taken, false if the client is gone. */
  whenReleased(callback: (isTaken: boolean) => void): void;

  /**
   * Ends the output behind all that was written; `waiter` is told when the kernel has it. `closeAtOnce`: closes the whole
   * connection instead where the kernel has everything by then. Until then a second call may change that.
   */
  end(closeAtOnce: boolean, waiter: EndWaiter | null): void;
  /** Ends the output and closes when the kernel has it. */
  endAndClose(): void;
  /** Closes; where the kernel has not taken everything, with RST: what is lost must be missed. */
  close(): void;
  /** Closes with RST: what was sent must not look complete (requirement 15). */
  reset(): void;

  /** Coarse time from which on the session is to be asked what became of it. */
  deadlineAt(time: number): void;
}

/** Where the bytes of an answer come from: an upstream connection. */
export interface OutputSource {
  /** What was read stays as it is until the output has taken it. */
  readonly ownsBuffer: boolean;
  pause(): void;
  resume(): void;
  /** A large body is over. */
  shrinkBuffer(): void;
}

export interface FlushWaiter {
  outputFlushed(): void;
}

export interface EndWaiter {
  /** The kernel has all, the end included. */
  outputEnded(): void;
}
