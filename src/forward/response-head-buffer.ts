/**
 * Keeps the start of an answer that has not come whole, and repairs heads that the strict parser refuses. Cold: most
 * answers bring their head in the first read. It must not judge what it keeps.
 */
import { HEADLESS, repairResponseHead } from '../wire/response-repair.ts';

const EMPTY: Buffer = Buffer.alloc(0);
/** Up to here each byte may show that there is no status line: `HTTP/1.1 200`. */
const STATUS_CODE_END = 12;

export class ResponseHeadBuffer {
  readonly #maxBytes: number;
  #kept: Buffer = EMPTY;
  /** What `#kept` is the beginning of. */
  #store: Buffer = EMPTY;
  /** How far it has been searched for the end of a head. */
  #searched = 0;
  /** `repair` has found that the head is not complete. */
  waiting = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get empty(): boolean {
    return this.#kept.length === 0;
  }

  clear(): void {
    this.#kept = this.#store = EMPTY;
    this.#searched = 0;
    this.waiting = false;
  }

  /** What was kept, and behind it buffer[0, length). Room doubles: what comes byte by byte is not copied anew each time. */
  append(buffer: Buffer, length: number): Buffer {
    const kept = this.#kept.length;
    if (kept + length > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow((kept + length) * 2);
      this.#kept.copy(larger);
      this.#store = larger;
    }
    buffer.copy(this.#store, kept, 0, length);
    this.#kept = this.#store.subarray(0, kept + length);
    return this.#kept;
  }

  /** @returns false as long as a head that came in pieces cannot be complete: an origin that drips costs one step a byte. */
  worthParsing(source: Buffer, start: number, end: number): boolean {
    if (source !== this.#kept || this.#searched < STATUS_CODE_END) return true;
    for (let i = Math.max(this.#searched - 3, start); i < end; i++) {
      if (source[i] === 0x0a && (source[i + 1] === 0x0a || (source[i + 1] === 0x0d && source[i + 2] === 0x0a)))
        return true;
    }
    this.#searched = end;
    return false;
  }

  /** Keeps source[start, end) for later. @returns false if it is over the limit */
  keep(source: Buffer, start: number, end: number): boolean {
    if (end - start > this.#maxBytes) return false;
    if (source !== this.#kept || start > 0) this.#kept = this.#store = Buffer.from(source.subarray(start, end));
    this.#searched = this.#kept.length;
    return true;
  }

  /**
   * Repairs a head that the strict parser refuses.
   * @returns the bytes with the repaired head; unchanged with `waiting` set if the head is not complete; null if it is malformed
   * `mayBeHeadless`: an answer without a status line is believed (only as the first thing on a new connection).
   */
  repair(source: Buffer, start: number, end: number, mayBeHeadless: boolean): Buffer | null {
    const repaired = repairResponseHead(source.toString('latin1', start, end), this.#maxBytes);
    this.waiting = repaired.kind === 'need-more';
    switch (repaired.kind) {
      case 'need-more':
        return Buffer.from(source.subarray(start, end));
      case 'head':
        return Buffer.concat([Buffer.from(repaired.head, 'latin1'), source.subarray(start + repaired.consumed, end)]);
      case 'headless':
        return mayBeHeadless ? Buffer.concat([Buffer.from(HEADLESS, 'latin1'), source.subarray(start, end)]) : null;
      case 'malformed':
        return null;
    }
  }
}
