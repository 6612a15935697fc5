/**
 * Gives the memory of buffers back in steps, with a rest between them: a list's in one go holds up a worker on the same core
 * for milliseconds. A buffer that is to be used again must be taken out before anything is written to it. It must not decide which buffers are free.
 */
import type { Rest } from '../lib/steps.ts';

/** Of a step. */
const STEP_BYTES = 2 * 1024 * 1024;

export class GradualDiscard {
  readonly #discard: (bytes: Uint8Array) => void;
  readonly #rest: Rest;
  /** The buffers, with the number of their bytes that have been given back. */
  readonly #waiting = new Map<SharedArrayBuffer, number>();
  #isRunning = false;

  /** @param discard what is in these bytes is needed no more, and their memory not before they are written to again. */
  constructor(discard: (bytes: Uint8Array) => void, rest: Rest) {
    this.#discard = discard;
    this.#rest = rest;
  }

  add(buffer: SharedArrayBuffer): void {
    this.#waiting.set(buffer, 0);
    if (!this.#isRunning) void this.#run();
  }

  /** What has not been given back stays. */
  remove(buffer: SharedArrayBuffer): void {
    this.#waiting.delete(buffer);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        this.#step(...next);
        if (this.#waiting.size > 0) await this.#rest();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #step(buffer: SharedArrayBuffer, start: number): void {
    const end = Math.min(start + STEP_BYTES, buffer.byteLength);
    this.#discard(new Uint8Array(buffer, start, end - start));
    if (end < buffer.byteLength) this.#waiting.set(buffer, end);
    else this.#waiting.delete(buffer);
  }
}
