/**
 * Lines to a descriptor whose reader may stand still: written at once where there is room, kept (bounded) where there is
 * none, dropped and counted beyond that and where a disk is full. It never waits, but for a moment at the end of the process.
 *
 * The descriptor must be non-blocking where it is a pipe or a socket; another process that shares it may change that (`prepare`). Writing it from libuv's thread pool would not help: a
 * write that blocks there keeps even exit() waiting for it.
 */
import { writeSync } from 'node:fs';
import { DEADLINES } from '../lib/deadlines.ts';
import { errnoOf } from '../lib/errors.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';

/** Bytes kept while the reader stands still. */
const MAX_PENDING = 1024 * 1024;
/** Milliseconds between two attempts at the end of the process. */
const PAUSE_MS = 10;

/** The reader is gone for good, and nobody is told what is lost by it. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);
const END_OF_LINE = Buffer.from('\n');

interface Pending {
  readonly bytes: Buffer;
  readonly severity: number;
  readonly isBegun: boolean;
}

export class LineWriter {
  readonly #descriptor: number;
  readonly #onLost: (lines: number, severity: number) => void;
  readonly #prepare: () => void;
  readonly #time: Time;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #lost = 0;
  #lostSeverity = 0;
  /** The file ends with a part of a line, of which the rest found no room. */
  #isTorn = false;
  /** Nothing could be written last. */
  #isFailing = false;
  #retry: Timer | null = null;

  /**
   * @param onLost is told, once lines can be written again, how many were lost, and the severity of the gravest of them.
   * @param prepare is called before each write.
   */
  constructor(
    descriptor: number,
    onLost: (lines: number, severity: number) => void,
    prepare: () => void = () => {},
    time = systemTime,
  ) {
    this.#descriptor = descriptor;
    this.#onLost = onLost;
    this.#prepare = prepare;
    this.#time = time;
  }

  /** @param severity from 0; a higher one is graver. */
  write(line: string, severity: number): void {
    const bytes = Buffer.from(line);
    if (this.#pendingBytes + bytes.length > MAX_PENDING) return this.#lose(severity);
    this.#pending.push({ bytes, severity, isBegun: false });
    this.#pendingBytes += bytes.length;
    if (this.#retry === null) this.#drain();
  }

  /** At the end: writes what is pending, with a bound on how long it waits for the reader; what is left then is lost. */
  flush(): void {
    // The thread waits, so that only the system's clock goes on.
    const deadline = performance.now() + DEADLINES.log.flushMs;
    while (!this.#writePending() && performance.now() < deadline) pause(PAUSE_MS);
    this.#retry?.cancel();
    this.#retry = null;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #drain(): void {
    this.#retry = null;
    if (!this.#writePending()) {
      this.#retry = this.#time.after(DEADLINES.log.retryMs, () => this.#drain()).unref();
      return;
    }
    if (this.#isFailing) return;
    const [lost, severity] = [this.#lost, this.#lostSeverity];
    this.#lost = 0;
    this.#lostSeverity = 0;
    if (lost > 0) this.#onLost(lost, severity);
  }

  /** @returns false if the descriptor takes no more for now. */
  #writePending(): boolean {
    for (;;) {
      const [first] = this.#pending;
      if (first === undefined) return true;
      this.#prepare();
      try {
        if (this.#isTorn) writeSync(this.#descriptor, END_OF_LINE);
        this.#isTorn = false;
        this.#written(first, writeSync(this.#descriptor, first.bytes));
        this.#isFailing = false;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'EAGAIN') return false;
        // A full disk or a closed pipe must not take the filter down.
        this.#isFailing = true;
        this.#isTorn ||= first.isBegun;
        if (!GONE.has(errno)) this.#lose(first.severity);
        this.#written(first, first.bytes.length);
      }
    }
  }

  #lose(severity: number): void {
    this.#lost += 1;
    this.#lostSeverity = Math.max(this.#lostSeverity, severity);
  }

  #written({ bytes, severity }: Pending, length: number): void {
    this.#pendingBytes -= length;
    if (length === bytes.length) this.#pending.shift();
    else this.#pending[0] = { bytes: bytes.subarray(length), severity, isBegun: true };
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
