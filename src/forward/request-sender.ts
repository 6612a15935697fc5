/**
 * What goes to the origin for a request: the head, written anew from the bytes that were parsed, and the body bytes that came
 * with it. Path and query go byte for byte. Once more where the connection was gone, or had to be made first: then the
 * thread's parser has read other heads meanwhile, and this one is read again, from the same bytes.
 *
 * It must not decide where a request goes; it only knows what is sent.
 */
import { exactBytes } from '../lib/exact-bytes.ts';
import type { Origin } from '../match/host-facts.ts';
import { DIRECTION } from '../observe/counters.ts';
import { upgradeOffer, writeRequest, type RequestRewrite } from '../wire/write-request.ts';
import type { ForwardContext } from './context.ts';
import type { HeadBytes } from './downstream.ts';
import type { RequestBody } from './request-body.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A request that has passed. Valid during the call. */
export interface PassedRequest {
  readonly destination: Origin;
  /** Some list has entries for single paths of the host: no request to it may go unjudged. */
  readonly hasPathEntries: boolean;
}

/** The bytes of a request, its head in `context.request`. */
export interface RequestBytes {
  /** Not overwritten while the exchange lasts. Those behind the head are body or the next request. */
  readonly bytes: Buffer;
  readonly headStart: number;
  /** Behind the head. */
  readonly pos: number;
}

/** Body bytes that go out in one write with the head. */
const JOINED_BODY = 16 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

export class RequestSender {
  readonly #context: ForwardContext;
  readonly #rewrite: RequestRewrite;
  destination: Origin | null = null;
  hasPathEntries = false;
  #bytes: Buffer = EMPTY;
  #headStart = 0;
  #headEnd = 0;
  /** Of the bytes that may be composed. */
  #end = 0;
  /** Body bytes that were composed with the head. */
  #joined = 0;
  /** Bytes written on the connection before the request; -1: more of it follows than was composed. */
  #writtenBefore = -1;
  /** The request has been composed before, and nothing of that was written. */
  #isCounted = false;

  constructor(context: ForwardContext, client: string) {
    this.#context = context;
    const { policy } = context.config.forwarded;
    this.#rewrite = { host: '', via: context.via[1], forwarded: policy, client, upgrade: null };
  }

  /** Protocols of the Upgrade field that goes out. */
  get offered(): string | null {
    return this.#rewrite.upgrade;
  }

  /** As it came from the client. */
  get head(): HeadBytes {
    return { bytes: this.#bytes, start: this.#headStart, end: this.#headEnd };
  }

  begin(passed: PassedRequest, { bytes, headStart, pos }: RequestBytes): void {
    this.destination = passed.destination;
    this.hasPathEntries = passed.hasPathEntries;
    this.#bytes = bytes;
    this.#headStart = headStart;
    this.#headEnd = pos;
    this.#end = bytes.length;
    this.#joined = 0;
    this.#isCounted = false;
    this.#prepare();
  }

  /** @returns false if it cannot be read again: a reload has made the limits narrower. Then it is not sent. */
  parseAgain(body: RequestBody): boolean {
    const { request: head, target } = this.#context;
    head.begin(this.#headStart);
    if (head.parse(this.#bytes, this.#headEnd) !== this.#headEnd) return false;
    target.parseAbsolute(this.#bytes, head.targetStart, head.targetEnd);
    // What was taken of the body with a head that never went out stands behind it; the rest comes when it is asked for.
    if (this.#joined > 0) body.begin(head);
    this.#end = this.#headEnd + this.#joined;
    this.#prepare();
    return true;
  }

  #prepare(): void {
    const { request: head, config, via } = this.#context;
    this.#rewrite.forwarded = config.forwarded.policy;
    this.#rewrite.via = via[head.minor === 0 ? 0 : 1];
    this.#rewrite.host = this.destination?.authority ?? '';
    this.#rewrite.upgrade = upgradeOffer(this.#bytes, head, config.upgrade.protocols);
  }

  /** @returns how many bytes behind the head went out with it as body */
  send(upstream: UpstreamConnection, body: RequestBody): number {
    const { batch, request: head, target, counters } = this.#context;
    const writer = batch.begin();
    writeRequest(writer, this.#bytes, head, target, this.#rewrite);
    const joined = head.contentLength > 0 ? Math.min(head.contentLength, this.#end - this.#headEnd, JOINED_BODY) : 0;
    if (joined > 0) writer.copy(this.#bytes, this.#headEnd, this.#headEnd + body.count(joined));
    this.#joined = joined;
    this.#writtenBefore = body.done ? upstream.bytesWritten : -1;
    if (!this.#isCounted) counters.bytes(DIRECTION.upstream_out, batch.length);
    if (body.done) batch.sendLater(upstream);
    else batch.send(upstream);
    return joined;
  }

  /** The whole request was composed for this connection, and nothing of it was written: whatever it is, nothing is sent twice. */
  isUnwritten(upstream: UpstreamConnection): boolean {
    this.#isCounted = upstream.bytesWritten === this.#writtenBefore;
    return this.#isCounted;
  }

  /** It has to wait: until now its bytes may lie in memory that others' bytes lie in too. */
  keep(): void {
    this.#bytes = exactBytes(this.#bytes);
  }

  clear(): void {
    this.destination = null;
    this.#bytes = EMPTY;
  }
}
