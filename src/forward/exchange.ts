/**
 * One request and its answer. A client's session has one exchange, used again for every request.
 *
 *   start ─┬─ idle connection ───────────────┐
 *          └─ connect ── upstreamReady ──▶ head ─▶ body ─▶ … origin        upstream-supply.ts, request-sender.ts, request-body.ts
 *   client ◀─ answer head + body ◀─ ResponseRelay ◀─ onUpstreamData        response-relay.ts
 *
 * It must not judge: what comes here has passed. It takes events and acts on the ports it was given (client, upstream): it
 * sees no socket.
 */
import { exactBehind } from '../lib/exact-bytes.ts';
import { DIRECTION, UPSTREAM_ERROR } from '../observe/counters.ts';
import { METHOD, NO_BODY, type RequestHead } from '../wire/request-head.ts';
import type { ClientPort, FlushWaiter } from './client-port.ts';
import { FAILURE, type ForwardFailure } from './connector.ts';
import type { ForwardContext } from './context.ts';
import type { Downstream } from './downstream.ts';
import { ExchangeDeadline } from './exchange-deadline.ts';
import { RequestBody } from './request-body.ts';
import { RequestSender, type PassedRequest, type RequestBytes } from './request-sender.ts';
import { ResponseRelay } from './response-relay.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { UpstreamSupply, type UpstreamTaker } from './upstream-supply.ts';

/** Methods that may be sent again when no byte of an answer was received (RFC 9110 §9.2.2). */
const IDEMPOTENT = methodSet(METHOD.get, METHOD.head, METHOD.put, METHOD.delete, METHOD.options);
/** Methods whose body an origin reads. That of any other has no defined meaning (RFC 9110 §9.3.1), so that many read none. */
const WITH_BODY = methodSet(METHOD.post, METHOD.put, METHOD.patch);

export class Exchange implements UpstreamUser, UpstreamTaker, FlushWaiter {
  readonly #context: ForwardContext;
  readonly #downstream: Downstream;
  readonly #port: ClientPort;
  readonly #request: RequestSender;
  readonly #body: RequestBody;
  readonly #response: ResponseRelay;
  readonly #supply: UpstreamSupply;
  readonly #deadline: ExchangeDeadline;
  #upstream: UpstreamConnection | null = null;
  #retriable = false;
  /** What carries this request carries no other one. */
  #isLastOnConnection = false;
  /** Precise time from which on the time that the proxy adds counts. */
  #startedAt = 0;
  /** What it has added before a connection had to be made. */
  #addedMs = 0;
  /** Precise time at which the request went out; 0: its answer has come, or it has not gone out. */
  sentAt = 0;

  constructor(context: ForwardContext, downstream: Downstream) {
    this.#context = context;
    this.#downstream = downstream;
    this.#port = downstream.port;
    this.#request = new RequestSender(context, downstream.host.client.address);
    this.#body = new RequestBody(context);
    this.#response = new ResponseRelay(context, downstream);
    this.#supply = new UpstreamSupply(context, downstream.host, this);
    this.#deadline = new ExchangeDeadline(context, downstream.port);
  }

  // ── Asked and told by the session ──

  /** The request's own bytes have all come. */
  get requestComplete(): boolean {
    return this.#body.done;
  }

  /** A final head has been sent to the client, and more is to come. Before a request has its origin the answer before is remembered. */
  get answering(): boolean {
    return this.#upstream !== null && this.#response.begun;
  }

  /** The upstream connection has not taken everything yet: the client should wait. */
  get congested(): boolean {
    return this.#upstream !== null && this.#upstream.isCongested;
  }

  /**
   * Starts with the head in `context.request`.
   * @param startedAt precise time at which the bytes that complete the head were looked at
   * @returns how many of the bytes behind the head were taken as body
   */
  start(passed: PassedRequest, bytes: RequestBytes, startedAt: number): number {
    const head = this.#context.request;
    this.#request.begin(passed, bytes);
    this.#startedAt = startedAt;
    this.#addedMs = 0;
    this.#body.begin(head);
    this.#retriable = IDEMPOTENT[head.method] === true && this.#body.done;
    const upstream = this.#supply.take(passed.destination, passed.hasPathEntries);
    if (upstream !== null) return this.#sendOn(upstream);
    this.#connect();
    return 0;
  }

  /** Takes request body from buffer[start, end); returns the offset it came to, or -1: malformed framing. */
  requestBytes(buffer: Buffer, start: number, end: number): number {
    const upstream = this.#upstream;
    if (upstream === null) return start;
    const before = upstream.bytesWritten;
    const at = this.#body.relay(upstream, exactBehind(upstream, buffer), start, end);
    this.#context.counters.bytes(DIRECTION.upstream_out, upstream.bytesWritten - before);
    if (this.#body.done) this.#deadline.ofFirstByte();
    else this.#deadline.requestBytes(at - start);
    return at;
  }

  /** Asks for more of the body when congestion is over. */
  awaitDrain(): void {
    this.#upstream?.awaitDrain();
  }

  /** Called about four times a second, also between two requests. What is short-lived is not copied. */
  sweepIdle(): void {
    this.#request.keep();
    this.#supply.sweep();
  }

  /** The client is gone, or makes no further request. */
  close(): void {
    this.abort();
    this.#supply.close();
  }

  /** The client is gone, or will get an answer from elsewhere: nothing is finished cleanly. */
  abort(): void {
    this.#supply.cancel();
    const upstream = this.#upstream;
    this.#clear();
    upstream?.destroy();
  }

  /** The deadline has passed. */
  expire(): void {
    if (this.#response.begun) this.#breakOff(UPSTREAM_ERROR.body_timeout);
    else if (this.#upstream !== null) this.#fail(FAILURE.firstByteTimeout);
  }

  // ── Events of the upstream connection ──

  onUpstreamData(buffer: Buffer, length: number): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    // The request is not written yet: what came before it is no answer to it (RFC 9112 §9.2).
    if (upstream.reused && upstream.waitsIn !== null) return this.#closedEarly(upstream, FAILURE.earlyClose);
    this.#retriable = false;
    if (!this.#response.begun) this.#noteFirstByte(upstream);
    const outcome = this.#response.data(upstream, buffer, length, this.#body.done);
    switch (outcome) {
      case 'more':
        this.#deadline.ofAnswer(this.#response.begun);
        return this.#port.hold(upstream, length, this);
      case 'complete':
        return this.#finish(upstream);
      case 'malformed':
        return this.#broken(FAILURE.badResponse);
      case 'switched':
        this.#clear();
        return this.#downstream.switchToTunnel(upstream);
    }
  }

  onUpstreamEnd(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#response.endsWithConnection) this.#finish(upstream);
    else this.#closedEarly(upstream, FAILURE.earlyClose);
  }

  onUpstreamClosed(code: string | null): void {
    if (this.#upstream !== null) this.#closedEarly(this.#upstream, code === null ? FAILURE.earlyClose : FAILURE.reset);
  }

  /** The time it took was the origin's: the client's begins anew. */
  onUpstreamDrained(): void {
    if (!this.#body.done) this.#deadline.ofRequestBody();
    this.#downstream.requestWanted();
  }

  /** Until now it was the client that took its time. */
  outputFlushed(): void {
    this.#deadline.ofAnswer(this.#response.begun);
  }

  // ── The way to the origin ──

  #connect(): void {
    const { destination } = this.#request;
    if (destination === null) return;
    this.#addedMs += this.#context.clock.precise() - this.#startedAt;
    this.#request.keep();
    this.#deadline.ofRoute();
    this.#supply.connect(destination);
  }

  upstreamReady(upstream: UpstreamConnection): void {
    this.#startedAt = this.#context.clock.precise() - this.#addedMs;
    if (!this.#request.parseAgain(this.#body)) {
      upstream.destroy();
      return this.#fail(FAILURE.reset);
    }
    this.#sendOn(upstream);
    this.#downstream.requestWanted();
  }

  upstreamFailed(failure: ForwardFailure): void {
    this.#fail(failure);
  }

  #sendOn(upstream: UpstreamConnection): number {
    const { request: head, clock, counters } = this.#context;
    this.#upstream = upstream;
    upstream.user = this;
    this.#mark(upstream, head);
    this.#response.begin(head, this.#request.offered);
    const joined = this.#request.send(upstream, this.#body);
    this.sentAt = clock.precise();
    counters.requestDuration((this.sentAt - this.#startedAt) / 1000);
    this.#awaitAnswer();
    return joined;
  }

  /** What may become of the connection after this request: requirements 24 and 61. */
  #mark(upstream: UpstreamConnection, head: RequestHead): void {
    const hasBody = head.contentLength !== NO_BODY;
    this.#isLastOnConnection = hasBody && (WITH_BODY[head.method] !== true || this.#request.hasPathEntries);
    if (hasBody) upstream.carriedBody = true;
    if (head.bindsConnection) upstream.isBound = true;
  }

  #awaitAnswer(): void {
    if (this.#body.done) this.#deadline.ofFirstByte();
    else this.#deadline.ofRequestBody();
  }

  #noteFirstByte({ reused }: UpstreamConnection): void {
    if (this.sentAt === 0) return;
    const waitedMs = this.#context.clock.precise() - this.sentAt;
    this.#context.counters.upstreamDuration(waitedMs / 1000);
    this.#downstream.firstByte(waitedMs, reused);
    this.sentAt = 0;
  }

  // ── Ends ──

  #finish(upstream: UpstreamConnection): void {
    // An origin that spoke first has answered what it has not been asked yet: that request is not to follow on its connection.
    const isEarly = !upstream.reused && upstream.waitsIn !== null;
    const reusable = this.#response.reusable && this.#isSent(upstream) && !isEarly && !this.#isLastOnConnection;
    const { keepAlive } = this.#response;
    if (this.#response.bindsConnection) upstream.isBound = true;
    upstream.detachBuffer(this.#port);
    this.#clear();
    if (reusable) this.#supply.leave(upstream, keepAlive);
    else upstream.destroy();
    this.#downstream.exchangeDone(keepAlive);
  }

  /** The request's body has gone out whole: a response that is complete before it does not depend on it. */
  #isSent(upstream: UpstreamConnection): boolean {
    return this.#body.done && !(upstream.carriedBody && upstream.unsent > 0);
  }

  /** The connection ended before the answer was complete. */
  #closedEarly(upstream: UpstreamConnection, failure: ForwardFailure): void {
    // A connection that had been idle may have been closed just as the request went out (RFC 9112 §9.3.1), or before.
    const isUnwritten = this.#request.isUnwritten(upstream);
    if (!upstream.reused || !(this.#retriable || isUnwritten) || this.#response.begun) return this.#broken(failure);
    upstream.destroy();
    this.#upstream = null;
    this.#startedAt = this.#context.clock.precise();
    this.#connect();
  }

  #broken(failure: ForwardFailure): void {
    if (this.#response.begun) this.#breakOff(failure.counter);
    else this.#fail(failure);
  }

  #breakOff(counter: ForwardFailure['counter']): void {
    this.#context.counters.upstreamError(counter);
    this.abort();
    this.#downstream.exchangeBroken();
  }

  #fail(failure: ForwardFailure): void {
    this.#context.counters.upstreamError(failure.counter);
    const head = this.#request.head;
    this.abort();
    this.#downstream.exchangeFailed(failure, head);
  }

  #clear(): void {
    this.#port.release();
    this.#request.clear();
    this.#upstream = null;
  }
}

function methodSet(...methods: readonly number[]): readonly boolean[] {
  const set = Array.from(Object.keys(METHOD), () => false);
  for (const method of methods) set[method] = true;
  return set;
}
