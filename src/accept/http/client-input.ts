/**
 * What a client has sent and nobody has taken yet, and the head that is being read from it.
 *
 *   bytes: | taken … pos | head, body, or pipelined requests … |
 *
 * Nearly always a head comes in one piece: the thread's parser reads it and nothing is kept. A head that is split keeps a
 * parser of its own, which goes on where it stopped. It must not change a byte of the input.
 */
import { exactBytes } from '../../lib/exact-bytes.ts';
import { CR, LF } from '../../wire/bytes.ts';
import { NEED_MORE } from '../../wire/field-section.ts';
import { RequestHead, type RequestHeadLimits } from '../../wire/request-head.ts';

const EMPTY: Buffer = Buffer.alloc(0);
/** Empty lines that are let pass before a request line (RFC 9112 §2.2). */
const MAX_EMPTY_LINES = 4;

export class ClientInput {
  bytes: Buffer = EMPTY;
  pos = 0;
  /** Where the head that was read begins; it ends at `pos`. */
  headStart = 0;
  #split: RequestHead | null = null;
  /** Before the head that is to come, however they came. */
  #emptyLines = 0;
  /** What `bytes` are the beginning of, where it is ours. */
  #store: Buffer | null = null;

  get empty(): boolean {
    return this.pos >= this.bytes.length;
  }

  get length(): number {
    return this.bytes.length - this.pos;
  }

  /** Part of a head has come. */
  get isInsideHead(): boolean {
    return this.#split !== null || !this.empty;
  }

  /** All that is left is one blank line, or half of one. */
  get isBlankLine(): boolean {
    const { bytes, pos, length } = this;
    const isHalf = length === 1 && (bytes[pos] === CR || bytes[pos] === LF);
    return isHalf || (length === 2 && bytes[pos] === CR && bytes[pos + 1] === LF);
  }

  /**
   * Joined to what is left; a split head keeps its offsets, because it begins at the start of the bytes. The buffer doubles, so
   * that bytes that come one by one are not copied anew each time. What an exchange still refers to is never overwritten.
   */
  add(chunk: Buffer): void {
    if (this.empty) {
      this.bytes = chunk;
      this.#store = null;
    } else {
      const kept = this.length;
      const store = this.#reserve(kept, chunk.length);
      chunk.copy(store, kept);
      this.bytes = store.subarray(0, kept + chunk.length);
    }
    this.pos = 0;
  }

  #reserve(kept: number, more: number): Buffer {
    const store = this.#store;
    if (store !== null && this.pos === 0 && kept + more <= store.length) return store;
    const larger = Buffer.allocUnsafeSlow((kept + more) * 2);
    this.bytes.copy(larger, 0, this.pos);
    this.#store = larger;
    return larger;
  }

  /** Everything that is left. */
  takeAll(): Buffer {
    const rest = this.bytes.subarray(this.pos);
    this.pos = this.bytes.length;
    return rest;
  }

  /** What is left has to wait: until now it may lie in memory that others' bytes lie in too. */
  keep(): void {
    this.bytes = exactBytes(this.bytes);
  }

  /** What was taken need not be kept; what is left has to wait. */
  forget(): void {
    if (!this.empty) return this.keep();
    this.bytes = EMPTY;
    this.#store = null;
    this.pos = 0;
  }

  clear(): void {
    this.bytes = EMPTY;
    this.#store = null;
    this.pos = 0;
    this.#split = null;
  }

  /** Reads a head into `shared` and takes it: the offset behind it, NEED_MORE, or a negated status (RequestHead.parse). */
  readHead(shared: RequestHead, limits: RequestHeadLimits): number {
    const after = this.#parseHead(shared, limits);
    if (after > 0) this.pos = after;
    return after;
  }

  #parseHead(shared: RequestHead, limits: RequestHeadLimits): number {
    if (this.#split === null) return this.#skipEmptyLines() ? this.#readWhole(shared, limits) : NEED_MORE;
    const after = this.#split.parse(this.bytes, this.bytes.length);
    if (after === NEED_MORE) return NEED_MORE;
    this.#split = null;
    if (after < 0) return after;
    // From here on all heads are alike: in the thread's parser. A reload may have made the limits narrower meanwhile.
    shared.begin(0);
    return shared.parse(this.bytes, after) === after ? after : -431;
  }

  #readWhole(shared: RequestHead, limits: RequestHeadLimits): number {
    this.headStart = this.pos;
    shared.begin(this.pos);
    const after = shared.parse(this.bytes, this.bytes.length);
    if (after === NEED_MORE) this.#splitAt(limits);
    return after;
  }

  /** What is left begins at the start of `bytes` from now on, and stays there until some of it is taken. */
  rebase(): void {
    if (this.pos > 0) this.#store = null;
    this.bytes = this.bytes.subarray(this.pos);
    this.pos = this.headStart = 0;
  }

  #splitAt(limits: RequestHeadLimits): void {
    this.rebase();
    this.#split = new RequestHead(limits);
    this.#split.begin(0);
    this.#split.parse(this.bytes, this.bytes.length);
  }

  /** @returns false if nothing but empty lines has come, or the first half of one */
  #skipEmptyLines(): boolean {
    const { bytes } = this;
    for (
      ;
      this.#emptyLines < MAX_EMPTY_LINES && bytes[this.pos] === CR && bytes[this.pos + 1] === LF;
      this.#emptyLines++
    )
      this.pos += 2;
    if (this.empty || (bytes[this.pos] === CR && this.length === 1)) return false;
    this.#emptyLines = 0;
    return true;
  }
}
