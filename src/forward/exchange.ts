/**
 * One request and its answer. A client connection has one exchange, used again for every request.
 *
 *   start ─┬─ idle connection ───────────────┐
 *          └─ connect ── requestWanted ──▶ head ─▶ body ─▶ … origin
 *   client ◀─ answer head + body ◀─ ResponseRelay ◀─ onUpstreamData
 *
 * It must not judge: what comes here has passed. It sends what was judged: the head is written from the bytes that were
 * parsed, path and query byte for byte.
 */
import type { Origin } from '../match/host-facts.ts';
import { DIRECTION, UPSTREAM_ERROR } from '../observe/counters.ts';
import { METHOD, NO_BODY, type RequestHead } from '../wire/request-head.ts';
import { upgradeOffer, writeRequest, type RequestRewrite } from '../wire/write-request.ts';
import type { ClientPort, FlushWaiter } from './client-port.ts';
import { ClientUpstream } from './client-upstream.ts';
import { FAILURE, type ForwardFailure } from './connector.ts';
import type { ForwardContext } from './context.ts';
import type { Downstream } from './downstream.ts';
import { RequestBody } from './request-body.ts';
import { ResponseRelay } from './response-relay.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

export interface ExchangeRequest {
  readonly destination: Origin;
  /** The buffer the head was parsed from; it is not overwritten while the exchange lasts. */
  readonly source: Buffer;
  readonly headStart: number;
  readonly headEnd: number;
  /** End of the bytes received so far; those behind the head are body or the next request. */
  readonly end: number;
  /** Some list has entries for single paths of the host: no request to it may go unjudged. */
  readonly hasPathEntries: boolean;
  /** `performance.now()` when the head was complete. */
  readonly startedAt: number;
}

/** Methods that may be sent again when no byte of an answer was received (RFC 9110 §9.2.2). */
const IDEMPOTENT = methodSet(METHOD.get, METHOD.head, METHOD.put, METHOD.delete, METHOD.options);
/** Methods whose body an origin reads. That of any other has no defined meaning (RFC 9110 §9.3.1), so that many read none. */
const WITH_BODY = methodSet(METHOD.post, METHOD.put, METHOD.patch);

/** Body bytes that go out in one write with the head. */
const JOINED_BODY = 16 * 1024;

export class Exchange implements UpstreamUser, FlushWaiter {
  readonly #context: ForwardContext;
  readonly #downstream: Downstream;
  readonly #body: RequestBody;
  readonly #response: ResponseRelay;
  readonly #output: ClientPort;
  readonly #rewrite: RequestRewrite;
  /** What this client's connection keeps for itself between two requests. */
  readonly #own: ClientUpstream;
  #request: ExchangeRequest | null = null;
  #upstream: UpstreamConnection | null = null;
  #cancelConnect: (() => void) | null = null;
  #retriable = false;
  /** Body bytes that were composed with the head. */
  #joined = 0;
  /** Bytes written on the connection before the request; -1: more of it follows than was composed. */
  #writtenBefore = -1;
  /** The request has been composed before, and nothing of that was written. */
  #isCounted = false;
  /** What carries this request carries no other one. */
  #isLastOnConnection = false;
  #addedMs = 0;
  #sentAt = 0;
  /** Bytes of the request's body since its time began anew. */
  #progress = 0;
  /** Coarse time by which something has to happen. */
  deadline = Infinity;

  constructor(context: ForwardContext, downstream: Downstream, client: string) {
    this.#context = context;
    this.#downstream = downstream;
    this.#own = new ClientUpstream(context.kept);
    this.#body = new RequestBody(context);
    this.#output = downstream.output;
    this.#response = new ResponseRelay(context, downstream);
    this.#rewrite = {
      host: '',
      via: context.via[1],
      forwarded: context.config.forwarded.policy,
      client,
      upgrade: null,
    };
  }

  get active(): boolean {
    return this.#request !== null;
  }

  /** The request's own bytes have all come. */
  get requestComplete(): boolean {
    return this.#body.done;
  }

  /** A final head has been sent to the client. */
  get answering(): boolean {
    return this.#response.begun;
  }

  /** Starts with the head in `context.request`; returns how many of the bytes behind it were taken as body. */
  start(request: ExchangeRequest): number {
    const head = this.#context.request;
    this.#request = request;
    this.#addedMs = 0;
    this.#joined = 0;
    this.#isCounted = false;
    this.#body.begin(head);
    this.#retriable = IDEMPOTENT[head.method]! && this.#body.done;
    const { destination, hasPathEntries } = request;
    const upstream =
      this.#own.take(destination.key, hasPathEntries, this.#idleAfter) ?? this.#downstream.route.take(destination);
    if (upstream !== null) return this.#sendOn(upstream);
    this.#connect();
    return 0;
  }

  /** Takes request body from buf[start, end); returns the offset it came to, or -1: malformed framing. */
  requestBytes(buf: Buffer, start: number, end: number): number {
    const upstream = this.#upstream;
    if (upstream === null) return start;
    const before = upstream.bytesWritten;
    const at = this.#body.relay(upstream, buf, start, end);
    this.#context.counters.bytes(DIRECTION.upstream_out, upstream.bytesWritten - before);
    this.#progress += at - start;
    if (this.#body.done) this.#awaitAnswer();
    else if (this.#progress >= this.#context.config.limits.minBodyProgress) this.#expectBody();
    return at;
  }

  /** The upstream connection has not taken everything yet: the client should wait. */
  get congested(): boolean {
    return this.#upstream !== null && this.#upstream.isCongested;
  }

  /** Asks for more of the body when congestion is over. */
  awaitDrain(): void {
    this.#upstream?.awaitDrain();
  }

  /** Called about four times a second, also between two requests. */
  sweepIdle(): void {
    this.#own.sweep(this.#idleAfter);
  }

  /** The client is gone. */
  close(): void {
    this.abort();
    this.#own.close();
  }

  /** The client is gone, or will get an answer from elsewhere: nothing is finished cleanly. */
  abort(): void {
    this.#cancelConnect?.();
    const upstream = this.#upstream;
    this.#clear();
    upstream?.destroy();
  }

  /** The deadline has passed. */
  expire(): void {
    const upstream = this.#upstream;
    if (this.#response.begun) {
      this.#context.counters.upstreamError(UPSTREAM_ERROR.body_timeout);
      this.abort();
      this.#downstream.exchangeBroken();
    } else if (upstream !== null) this.#fail(FAILURE.firstByteTimeout);
  }

  /** The time it took was the origin's: the client's begins anew. */
  onUpstreamDrained(): void {
    if (!this.#body.done) this.#expectBody();
    this.#downstream.requestWanted();
  }

  onUpstreamData(buffer: Buffer, length: number): void {
    const upstream = this.#upstream!;
    // The request is not written yet: what came before it is no answer to it (RFC 9112 §9.2).
    if (upstream.reused && upstream.waitsIn !== null) return this.#closedEarly(FAILURE.earlyClose);
    this.#retriable = false;
    if (!this.#response.begun) this.#noteFirstByte();
    const outcome = this.#response.data(upstream, buffer, length, this.#body.done);
    switch (outcome) {
      case 'more':
        this.#expectMore();
        this.#output.hold(upstream, length, this);
        return;
      case 'complete':
        return this.#finish(upstream);
      case 'malformed':
        return this.#broken(FAILURE.badResponse);
      case 'switched':
        return this.#switch(upstream);
    }
  }

  onUpstreamEnd(): void {
    if (this.#response.endsWithConnection) this.#finish(this.#upstream!);
    else this.#closedEarly(FAILURE.earlyClose);
  }

  onUpstreamClosed(code: string | null): void {
    this.#closedEarly(code === null ? FAILURE.earlyClose : FAILURE.reset);
  }

  #connect(): void {
    const now = performance.now();
    this.#addedMs += now - this.#request!.startedAt;
    this.deadline = Infinity;
    this.#cancelConnect = this.#downstream.route.connect(
      this.#request!.destination,
      this.#downstream.client,
      (failure, upstream) => {
        this.#cancelConnect = null;
        if (failure !== null) return this.#fail(failure);
        this.#sendInTurn(upstream!);
      },
    );
  }

  /** Hundreds of connections may be made in one go, for as many long heads of one client. */
  #sendInTurn(upstream: UpstreamConnection): void {
    const { turns } = this.#context;
    const { client } = this.#downstream;
    if (turns.mustWait(client)) return this.#waitForTurn(upstream);
    if (!upstream.usable) {
      upstream.destroy();
      return this.#fail(FAILURE.reset);
    }
    const beganAt = performance.now();
    this.#sendAfterConnect(upstream);
    turns.took(client, performance.now() - beganAt);
  }

  #waitForTurn(upstream: UpstreamConnection): void {
    let isCancelled = false;
    this.#cancelConnect = () => {
      isCancelled = true;
      upstream.destroy();
    };
    this.#context.turns.wait(() => {
      if (isCancelled) return;
      this.#cancelConnect = null;
      this.#sendInTurn(upstream);
    });
  }

  /** Meanwhile the thread's parser has read other heads: this one is read again, from the same bytes. */
  #sendAfterConnect(upstream: UpstreamConnection): void {
    const { source, headStart, headEnd } = this.#request!;
    const { request, target } = this.#context;
    const resumedAt = performance.now() - this.#addedMs;
    request.begin(headStart);
    // A reload made the limits narrower meanwhile: what cannot be read again is not sent.
    if (request.parse(source, headEnd) !== headEnd) {
      upstream.destroy();
      return this.#fail(FAILURE.reset);
    }
    target.parseAbsolute(source, request.targetStart, request.targetEnd);
    // What was taken of the body with a head that never went out stands behind it; the rest comes when it is asked for.
    if (this.#joined > 0) this.#body.begin(request);
    this.#request = { ...this.#request!, end: headEnd + this.#joined, startedAt: resumedAt };
    this.#sendOn(upstream);
    this.#downstream.requestWanted();
  }

  #sendOn(upstream: UpstreamConnection): number {
    const { source, headEnd, end, startedAt } = this.#request!;
    const { batch, request: head, counters } = this.#context;
    this.#upstream = upstream;
    upstream.user = this;
    this.#mark(upstream, head);
    this.#response.begin(head, this.#offer(source, head));
    const writer = batch.begin();
    writeRequest(writer, source, head, this.#context.target, this.#rewrite);
    const joined = head.contentLength > 0 ? Math.min(head.contentLength, end - headEnd, JOINED_BODY) : 0;
    if (joined > 0) writer.copy(source, headEnd, headEnd + this.#body.count(joined));
    this.#joined = joined;
    this.#writtenBefore = this.#body.done ? upstream.bytesWritten : -1;
    if (!this.#isCounted) counters.bytes(DIRECTION.upstream_out, batch.length);
    if (this.#body.done) batch.sendLater(upstream);
    else batch.send(upstream);
    this.#sentAt = performance.now();
    counters.requestDuration((this.#sentAt - startedAt) / 1000);
    this.#awaitAnswer();
    return joined;
  }

  /** What may become of the connection after this request: requirements 24 and 61. */
  #mark(upstream: UpstreamConnection, head: RequestHead): void {
    const hasBody = head.contentLength !== NO_BODY;
    this.#isLastOnConnection = hasBody && (!WITH_BODY[head.method]! || this.#request!.hasPathEntries);
    if (hasBody) upstream.carriedBody = true;
    if (head.bindsConnection) upstream.isBound = true;
  }

  /** Coarse time before which a connection that has carried a body must not have come to rest. */
  get #idleAfter(): number {
    return this.#context.clock.now - this.#context.config.upstream.pool.idleTimeoutAfterBodyMs;
  }

  #offer(source: Buffer, head: RequestHead): string | null {
    this.#rewrite.forwarded = this.#context.config.forwarded.policy;
    this.#rewrite.via = this.#context.via[head.minor === 0 ? 0 : 1];
    this.#rewrite.host = this.#request!.destination.authority;
    this.#rewrite.upgrade = upgradeOffer(source, head, this.#context.config.upgrade.protocols);
    return this.#rewrite.upgrade;
  }

  #awaitAnswer(): void {
    if (this.#body.done) this.deadline = this.#context.clock.now + this.#context.config.timeouts.firstByte;
    else this.#expectBody();
  }

  /** By the deadline `limits.minBodyProgress` bytes must have come, or the rest of the body: one byte a minute is an attack (R-U-Dead-Yet). */
  #expectBody(): void {
    this.#progress = 0;
    this.deadline = this.#context.clock.now + this.#context.config.timeouts.body;
  }

  /** Until now it was the client that took its time. */
  outputFlushed(): void {
    this.#expectMore();
  }

  /** An interim answer, or part of a head, does not shorten the wait for the final one. */
  #expectMore(): void {
    const { clock, config } = this.#context;
    const next = clock.now + config.timeouts.body;
    this.deadline = this.#response.begun ? next : Math.max(this.deadline, next);
  }

  #noteFirstByte(): void {
    if (this.#sentAt === 0) return;
    this.#context.counters.upstreamDuration((performance.now() - this.#sentAt) / 1000);
    this.#sentAt = 0;
  }

  #finish(upstream: UpstreamConnection): void {
    // An origin that spoke first has answered what it has not been asked yet: that request is not to follow on its connection.
    const isEarly = !upstream.reused && upstream.waitsIn !== null;
    const reusable = this.#response.reusable && this.#isSent(upstream) && !isEarly && !this.#isLastOnConnection;
    const { keepAlive } = this.#response;
    if (this.#response.bindsConnection) upstream.isBound = true;
    upstream.detachBuffer(this.#output);
    this.#clear();
    if (reusable) this.#putToRest(upstream, keepAlive);
    else upstream.destroy();
    this.#downstream.exchangeDone(keepAlive);
  }

  /** The request's body has gone out whole: a response that is complete before it does not depend on it. */
  #isSent(upstream: UpstreamConnection): boolean {
    return this.#body.done && !(upstream.carriedBody && upstream.unsent > 0);
  }

  /** `keepAlive`: the client's connection stays. */
  #putToRest(upstream: UpstreamConnection, keepAlive: boolean): void {
    const { now } = this.#context.clock;
    if (!upstream.isBound && !upstream.carriedBody) this.#downstream.route.keep(upstream, now);
    else if (keepAlive) this.#own.keep(upstream, now);
    else upstream.destroy();
  }

  #switch(upstream: UpstreamConnection): void {
    this.#clear();
    this.#downstream.switchToTunnel(upstream);
  }

  /** The connection ended before the answer was complete. */
  #closedEarly(failure: ForwardFailure): void {
    const upstream = this.#upstream!;
    // A connection that had been idle may have been closed just as the request went out (RFC 9112 §9.3.1), or before: then
    // nothing is sent twice, whatever it is.
    const isUnwritten = upstream.bytesWritten === this.#writtenBefore;
    if (upstream.reused && (this.#retriable || isUnwritten) && !this.#response.begun) {
      upstream.destroy();
      this.#isCounted = isUnwritten;
      this.#upstream = null;
      this.#request = { ...this.#request!, startedAt: performance.now() };
      this.#connect();
    } else this.#broken(failure);
  }

  #broken(failure: ForwardFailure): void {
    if (!this.#response.begun) return this.#fail(failure);
    this.#context.counters.upstreamError(failure.counter);
    this.abort();
    this.#downstream.exchangeBroken();
  }

  #fail(failure: ForwardFailure): void {
    this.#context.counters.upstreamError(failure.counter);
    this.abort();
    this.#downstream.exchangeFailed(failure);
  }

  #clear(): void {
    this.#output.letGo();
    this.#request = null;
    this.#upstream = null;
    this.#cancelConnect = null;
    this.deadline = Infinity;
  }
}

function methodSet(...methods: readonly number[]): readonly boolean[] {
  const set = Array.from(Object.keys(METHOD), () => false);
  for (const method of methods) set[method] = true;
  return set;
}
