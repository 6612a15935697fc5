/**
 * Lines to a descriptor whose reader may stand still: written at once where there is room, kept (bounded) where there is
 * none, dropped and counted beyond that. It never waits, but for a moment at the end of the process.
 *
 * The descriptor must be non-blocking where it is a pipe or a socket. Writing it from libuv's thread pool would not help: a
 * write that blocks there keeps even exit() waiting for it.
 */
import { writeSync } from 'node:fs';
import { errnoOf } from '../lib/errors.ts';

/** Bytes kept while the reader stands still. */
const MAX_PENDING = 1024 * 1024;
const RETRY_MS = 100;
/** Milliseconds that the end of the process may be held up. */
const FLUSH_MS = 500;
const PAUSE_MS = 10;

export class LineWriter {
  readonly #descriptor: number;
  readonly #onLost: (lines: number, severity: number) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lost = 0;
  #lostSeverity = 0;
  #retry: NodeJS.Timeout | null = null;

  /** @param onLost is told, once lines can be written again, how many were lost, and the severity of the gravest of them. */
  constructor(descriptor: number, onLost: (lines: number, severity: number) => void) {
    this.#descriptor = descriptor;
    this.#onLost = onLost;
  }

  /** @param severity from 0; a higher one is graver. */
  write(line: string, severity: number): void {
    const bytes = Buffer.from(line);
    if (this.#pendingBytes + bytes.length > MAX_PENDING) {
      this.#lost += 1;
      this.#lostSeverity = Math.max(this.#lostSeverity, severity);
      return;
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#retry === null) this.#drain();
  }

  /** At the end: writes what is pending, with a bound on how long it waits for the reader; what is left then is lost. */
  flush(): void {
    const deadline = performance.now() + FLUSH_MS;
    while (!this.#writePending() && performance.now() < deadline) pause(PAUSE_MS);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #drain(): void {
    this.#retry = null;
    if (!this.#writePending()) {
      this.#retry = setTimeout(() => this.#drain(), RETRY_MS).unref();
      return;
    }
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
      try {
        this.#written(first, writeSync(this.#descriptor, first));
      } catch (error) {
        if (errnoOf(error) === 'EAGAIN') return false;
        // A full disk or a closed pipe must not take the filter down; there is nowhere left to say so.
        this.#written(first, first.length);
      }
    }
  }

  #written(first: Buffer, bytes: number): void {
    this.#pendingBytes -= bytes;
    if (bytes === first.length) this.#pending.shift();
    else this.#pending[0] = first.subarray(bytes);
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
