/**
 * What goes to the origin for an intercepted request: the very bytes. Where its body ends is observed. One line may be missing: an
 * Upgrade to another version of HTTP, which nobody could judge behind it. One may be added, where a listener is configured so.
 *
 *   bytes: | blank lines … head (─ Upgrade: h2c) … (+ X-Forwarded-For) | body … |
 *
 * It knows what is needed of the head, since the thread's parser may have read other heads by the time a connection is made.
 * It must not write a head of its own.
 */
import { exactBytes } from '../lib/exact-bytes.ts';
import type { Origin } from '../match/host-facts.ts';
import { DIRECTION } from '../observe/counters.ts';
import { endOfLines } from '../wire/end-of-lines.ts';
import { ObservedBody } from '../wire/observed-body.ts';
import { VERSION_09 } from '../wire/request-facts.ts';
import { METHOD, NO_BODY, type Method } from '../wire/request-head.ts';
import { offersHttp } from '../wire/upgrade-offer.ts';
import type { ForwardContext } from './context.ts';
import type { RequestBytes } from './request-sender.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A request that has passed, its head in `context.rawRequest`. Valid during the call. */
export interface PassedRawRequest {
  readonly destination: Origin;
  /** Some list has entries for single paths of a host that it names: no request to it may go unjudged. */
  readonly hasPathEntries: boolean;
}

/** Body bytes that go out in one write with the head. */
const JOINED_BODY = 16 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

export class RawRequest {
  readonly #context: ForwardContext;
  readonly #body: ObservedBody;
  #bytes: Buffer = EMPTY;
  #headStart = 0;
  #headEnd = 0;
  /** What is left out; -1: nothing. */
  #cutStart = -1;
  #cutEnd = -1;
  #contentLength = NO_BODY;
  destination: Origin | null = null;
  isHead = false;
  isConnect = false;
  /** HTTP/0.9. */
  hasNoVersion = false;
  asksForUpgrade = false;
  hasBody = false;
  /** Its client sends no other one. */
  isLast = false;
  /** The origin is to get no other request on its connection (requirement 61). */
  isOnlyOne = false;

  constructor(context: ForwardContext) {
    this.#context = context;
    this.#body = new ObservedBody(context.config.limits);
  }

  begin({ destination, hasPathEntries }: PassedRawRequest, { bytes, headStart, pos }: RequestBytes): void {
    const head = this.#context.rawRequest;
    this.destination = destination;
    this.#bytes = bytes;
    this.#headStart = headStart;
    this.#headEnd = pos;
    this.#contentLength = head.contentLength;
    this.hasBody = head.contentLength !== NO_BODY;
    this.isHead = head.method === METHOD.head;
    this.isConnect = head.method === METHOD.connect;
    this.hasNoVersion = head.minor === VERSION_09;
    this.isLast = !head.keepsAlive;
    this.isOnlyOne = this.hasBody && (hasPathEntries || !this.#mayFollow(head.method));
    this.#body.begin(head.contentLength);
    this.#cutStart = this.#cutEnd = -1;
    this.asksForUpgrade = head.hasUpgrade;
    if (head.hasUpgrade && offersHttp(bytes, head.upgradeStart, head.upgradeEnd)) {
      this.asksForUpgrade = false;
      this.#cutStart = head.upgradeLineStart;
      this.#cutEnd = head.upgradeLineEnd;
    }
  }

  /** Another request may follow one with a body. */
  #mayFollow(method: Method): boolean {
    return hasDefinedBody(method) && this.#context.config.upstream.pool.idleTimeoutAfterBodyMs > 0;
  }

  /** All of it has gone out. */
  get done(): boolean {
    return this.#body.done;
  }

  /**
   * Sends the head.
   * @param mayJoin with the body bytes that came with it, up to a bound.
   * @param line to be added as its last; '': none
   * @returns how many bytes behind the head went out with it
   */
  send(upstream: UpstreamConnection, mayJoin: boolean, line: string): number {
    const { batch, counters } = this.#context;
    const writer = batch.begin();
    const linesEnd = line === '' || this.hasNoVersion ? this.#headEnd : endOfLines(this.#bytes, this.#headEnd);
    if (this.#cutStart < 0) writer.copy(this.#bytes, this.#headStart, linesEnd);
    else {
      writer.copy(this.#bytes, this.#headStart, this.#cutStart);
      writer.copy(this.#bytes, this.#cutEnd, linesEnd);
    }
    if (linesEnd < this.#headEnd) {
      writer.text(line);
      writer.copy(this.#bytes, linesEnd, this.#headEnd);
    }
    const joined = mayJoin ? this.#joinable() : 0;
    if (joined > 0)
      writer.copy(this.#bytes, this.#headEnd, this.#body.read(this.#bytes, this.#headEnd, this.#headEnd + joined));
    counters.bytes(DIRECTION.upstream_out, batch.length);
    if (this.#body.done) batch.sendLater(upstream);
    else batch.send(upstream);
    return joined;
  }

  #joinable(): number {
    return this.#contentLength > 0 ? Math.min(this.#contentLength, this.#bytes.length - this.#headEnd, JOINED_BODY) : 0;
  }

  /** Relays what of buffer[start, end) is body; returns the offset behind it, or -1: malformed, and none of it is sent. */
  relay(upstream: UpstreamConnection, buffer: Buffer, start: number, end: number): number {
    const at = this.#body.read(buffer, start, end);
    if (at <= start) return at;
    this.#context.counters.bytes(DIRECTION.upstream_out, at - start);
    upstream.write(buffer, start, at);
    return at;
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

/** The body of any other method has no defined meaning (RFC 9110 §9.3.1), so that many origins read none. */
function hasDefinedBody(method: Method): boolean {
  return method === METHOD.post || method === METHOD.put || method === METHOD.patch;
}
