/** Relays a request's body: by length as it comes, chunked with its framing checked and made canonical (wire/chunked.ts). */
import type { Socket } from 'node:net';
import { ChunkedReader, type ChunkSink } from '../wire/chunked.ts';
import { CHUNKED, type RequestHead } from '../wire/request-head.ts';
import type { ForwardContext } from './context.ts';

export class RequestBody implements ChunkSink {
  readonly #chunks: ChunkedReader;
  #chunked = false;
  #remaining = 0;
  #socket: Socket | null = null;
  #buf: Buffer | null = null;

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

  /** Relays what of buf[start, end) is body; returns the offset behind it, or -1: malformed. */
  relay(socket: Socket, buf: Buffer, start: number, end: number): number {
    if (this.#chunked) return this.#relayChunks(socket, buf, start, end);
    const take = Math.min(this.#remaining, end - start);
    if (take > 0) socket.write(buf.subarray(start, start + take));
    this.#remaining -= take;
    return start + take;
  }

  raw(start: number, end: number): void {
    this.#socket!.write(this.#buf!.subarray(start, end));
  }

  text(bytes: string): void {
    this.#socket!.write(bytes, 'latin1');
  }

  #relayChunks(socket: Socket, buf: Buffer, start: number, end: number): number {
    this.#socket = socket;
    this.#buf = buf;
    socket.cork();
    const at = this.#chunks.read(buf, start, end, this);
    socket.uncork();
    this.#socket = this.#buf = null;
    return at;
  }
}
