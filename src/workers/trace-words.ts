/**
 * Which client's requests are traced, in memory that all threads share: written by the control thread, looked at by each worker when it looks at its
 * deadlines. So a worker that comes later knows it too, and it ends on time even if the control thread is gone, as a bypass does.
 *
 *   word 0  revision, odd while somebody writes        word 1  monotonic second at which it ends (process.hrtime); 0: nobody is traced
 *   then    lengths and bytes of address and token
 *
 * It must not lock: a reader sees by the revision that somebody writes.
 */
import type { ActiveTrace } from '../accept/active-trace.ts';

const REVISION = 0;
const ENDS = 1;
const ADDRESS_LENGTH = 2;
const TOKEN_LENGTH = 3;
const ADDRESS_AT = 16;
const TOKEN_AT = 80;
const BYTES = 144;

export type TraceWords = SharedArrayBuffer;

export function traceWords(): TraceWords {
  return new SharedArrayBuffer(BYTES);
}

/** @param order null: nobody is traced. `endsAt`: in seconds of `process.hrtime`. */
export function writeTrace(shared: TraceWords, order: (ActiveTrace & { readonly endsAt: number }) | null): void {
  const words = new Int32Array(shared);
  Atomics.add(words, REVISION, 1);
  words[ADDRESS_LENGTH] = put(shared, ADDRESS_AT, order?.client ?? '');
  words[TOKEN_LENGTH] = put(shared, TOKEN_AT, order?.token ?? '');
  words[ENDS] = order?.endsAt ?? 0;
  Atomics.add(words, REVISION, 1);
}

function put(shared: TraceWords, at: number, text: string): number {
  return Buffer.from(shared, at, TOKEN_AT - ADDRESS_AT).write(text, 'latin1');
}

/** A worker's view. */
export class TraceReader {
  readonly #shared: TraceWords;
  readonly #words: Int32Array;
  #revision = 0;
  #order: (ActiveTrace & { readonly endsAt: number }) | null = null;

  constructor(shared: TraceWords) {
    this.#shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** @param now seconds of `process.hrtime`. @returns null if nobody is traced. */
  look(now: number): ActiveTrace | null {
    const revision = Atomics.load(this.#words, REVISION);
    // Odd: it is being written, and is read at the next look.
    if (revision !== this.#revision && revision % 2 === 0) this.#read(revision);
    return this.#order !== null && this.#order.endsAt > now ? this.#order : null;
  }

  #read(revision: number): void {
    const endsAt = this.#words[ENDS] ?? 0;
    const client = this.#text(ADDRESS_AT, ADDRESS_LENGTH);
    const token = this.#text(TOKEN_AT, TOKEN_LENGTH);
    if (Atomics.load(this.#words, REVISION) !== revision) return;
    this.#revision = revision;
    this.#order = endsAt === 0 ? null : { client, token, endsAt };
  }

  #text(at: number, length: number): string {
    return Buffer.from(this.#shared, at, this.#words[length] ?? 0).toString('latin1');
  }
}
