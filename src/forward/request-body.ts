/**
 * Relays a request's body: by length as it comes, chunked with its framing checked and made canonical (wire/chunked.ts).
 * It must not relay a byte beyond the body's end.
 */
import { ChunkedReader, type ChunkSink } from '../wire/chunked.ts';
import { CHUNKED, type RequestHead } from '../wire/request-head.ts';
import type { ForwardContext } from './context.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Where the body goes. */
type BodyOutput = Pick<UpstreamConnection, 'write' | 'writeText' | 'cork' | 'uncork'>;

const EMPTY = Buffer.alloc(0);

export class RequestBody implements ChunkSink {
  readonly #chunks: ChunkedReader;
  #chunked = false;
  #remaining = 0;
  /** While chunks are read. */
  #output: BodyOutput | null = null;
  #buffer: Buffer = EMPTY;

  constructor(context: ForwardContext) {
    this.#chunks = new ChunkedReader(context.config.limits);
  }

  begin(head: RequestHead): void {
    this.#chunked = head.contentLength === CHUNKED;
    this.#remaining = this.#chunked ? 0 : head.contentLength;
    if (this.#chunked) this.#chunks.begin(true);
  }

  /** All of it has been relayed. */
  get done(): boolean {
    return this.#chunked ? this.#chunks.done : this.#remaining === 0;
  }

  /** `length` bytes of a body by length are sent by the caller; returns `length`. */
  count(length: number): number {
    this.#remaining -= length;
    return length;
  }

  /** Relays what of buffer[start, end) is body; returns the offset behind it, or -1: malformed. */
  relay(output: BodyOutput, buffer: Buffer, start: number, end: number): number {
    if (this.#chunked) return this.#relayChunks(output, buffer, start, end);
    const take = Math.min(this.#remaining, end - start);
    if (take > 0) output.write(buffer, start, start + take);
    this.#remaining -= take;
    return start + take;
  }

  raw(start: number, end: number): void {
    this.#output?.write(this.#buffer, start, end);
  }

  text(bytes: string): void {
    this.#output?.writeText(bytes);
  }

  #relayChunks(output: BodyOutput, buffer: Buffer, start: number, end: number): number {
    this.#output = output;
    this.#buffer = buffer;
    output.cork();
    const at = this.#chunks.read(buffer, start, end, this);
    output.uncork();
    this.#output = null;
    this.#buffer = EMPTY;
    return at;
  }
}
