/**
 * Finds where the body of a message ends, and must not change a byte of it: a length is counted down, chunks are read, or it lasts as
 * long as the connection. Chunks are read strictly (`chunked.ts`): what servers would frame differently is malformed.
 */
import { ChunkedReader } from './chunked.ts';
import type { ChunkLimits, ChunkSink } from './chunked.ts';
import { CHUNKED_BODY, UNTIL_CLOSE } from './response-head.ts';

const MALFORMED = -1;
const NOWHERE: ChunkSink = { raw: () => undefined, text: () => undefined };

export class ObservedBody {
  readonly #limits: ChunkLimits;
  /** Made for the first body in chunks: most messages have none. */
  #chunks: ChunkedReader | null = null;
  /** Bytes to come, CHUNKED_BODY or UNTIL_CLOSE. */
  #left = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** `length`: what a request or a response says of its body: bytes, CHUNKED (CHUNKED_BODY), UNTIL_CLOSE. */
  begin(length: number): void {
    this.#left = length;
    if (length !== CHUNKED_BODY) return;
    this.#chunks ??= new ChunkedReader(this.#limits);
    this.#chunks.begin(false);
  }

  /** A body until close is never done. */
  get done(): boolean {
    return this.#left === CHUNKED_BODY ? this.#chunks?.done === true : this.#left === 0;
  }

  /** Reads buf[pos, end); returns the offset it came to (`end`, or behind the body once `done`), or -1: malformed. */
  read(buf: Uint8Array, pos: number, end: number): number {
    if (this.#left === UNTIL_CLOSE) return end;
    if (this.#left === CHUNKED_BODY) return this.#chunks?.read(buf, pos, end, NOWHERE) ?? MALFORMED;
    const taken = Math.min(this.#left, end - pos);
    this.#left -= taken;
    return pos + taken;
  }
}
