/**
 * One intercepted request and its answer, byte for byte; used again for every request of a client. The client's connection has one
 * upstream connection at a time: nobody else gets it, and it ends with the client's. The client's goes on where the next request names another
 * host (steered), and behind a body that not every origin reads (requirement 61): its origin gets another connection.
 *
 *   start ─┬─ the connection is there ───┐
 *          └─ dial ─────────────────────┴─▶ head, body ─▶ origin      raw-request.ts
 *   client ◀─ the very bytes ◀─ onUpstreamData ◀─ watched ◀───────────┘      raw-response.ts
 *
 * It must not judge, and it must not answer: what fails looks as it would without us (requirement 33).
 */
import type { Origin } from '../match/host-facts.ts';
import { exactBehind } from '../lib/exact-bytes.ts';
import { UPSTREAM_ERROR } from '../observe/counters.ts';
import type { ClientPort, FlushWaiter } from './client-port.ts';
import { FAILURE, type ForwardFailure } from './connector.ts';
import type { ForwardContext } from './context.ts';
import { ExchangeDeadline } from './exchange-deadline.ts';
import type { RawDownstream } from './raw-downstream.ts';
import { RawRequest, type PassedRawRequest } from './raw-request.ts';
import { RawResponse } from './raw-response.ts';
import type { RequestBytes } from './request-sender.ts';
import { endSpent } from './spent-connection.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

/** The one line that is ever added to an answer: a client must not take an end that we make for an accident. */
const CLOSE = 'Connection: close\r\n';

export class RawExchange implements UpstreamUser, FlushWaiter {
  readonly #context: ForwardContext;
  readonly #downstream: RawDownstream;
  readonly #port: ClientPort;
  readonly #request: RawRequest;
  readonly #response: RawResponse;
  readonly #deadline: ExchangeDeadline;
  #upstream: UpstreamConnection | null = null;
  #cancelConnect: (() => void) | null = null;
  /** The head has gone out, and the answer is not complete. */
  #isAnswerDue = false;
  #isAnswering = false;
  /** The answer says that the connection ends behind it. */
  #hasAnnouncedEnd = false;
  /** The connection carries no other request. */
  #isSpent = false;
  /** The client sends nothing behind this request. */
  #isEnding = false;
  /** Precise time from which on the time that the filter adds counts. */
  #startedAt = 0;
  /** Precise time at which the request went out; 0: its answer has come, or it has not gone out. */
  sentAt = 0;

  constructor(context: ForwardContext, downstream: RawDownstream) {
    this.#context = context;
    this.#downstream = downstream;
    this.#port = downstream.port;
    this.#request = new RawRequest(context);
    this.#response = new RawResponse(context);
    this.#deadline = new ExchangeDeadline(context, downstream.port, true);
  }

  // ── Asked and told by the session ──

  /** The request's own bytes have all come. */
  get requestComplete(): boolean {
    return this.#request.done;
  }

  /** They are with the origin's system, too. */
  get isRequestSent(): boolean {
    return this.#request.done && this.#upstream !== null && this.#upstream.unsent === 0;
  }

  /** No other request goes to the origin behind this one. */
  get isLast(): boolean {
    return this.#request.isLast || this.#response.endsWithConnection;
  }

  /** What comes behind it may be for whoever the origin is asked to become. */
  get maySwitch(): boolean {
    return (this.#request.isConnect || this.#request.asksForUpgrade) && !this.#response.begun;
  }

  /** Part of an answer has been sent to the client. */
  get answering(): boolean {
    return this.#isAnswering;
  }

  /** The origin has not taken everything yet: the client should wait. */
  get congested(): boolean {
    return this.#upstream !== null && this.#upstream.isCongested;
  }

  /** A connection that is open already, and goes to where the first request goes. */
  adopt(upstream: UpstreamConnection): void {
    this.#upstream = upstream;
    this.#isSpent = false;
    upstream.user = this;
  }

  /**
   * Starts with the head in `context.rawRequest`.
   * @param startedAt precise time at which the bytes that complete the head were looked at
   * @returns how many of the bytes behind the head were taken as body
   */
  start(passed: PassedRawRequest, bytes: RequestBytes, startedAt: number): number {
    this.#startedAt = startedAt;
    this.#isAnswering = this.#hasAnnouncedEnd = false;
    this.#request.begin(passed, bytes);
    this.#response.begin(this.#request.isHead, this.#request.isConnect, passed.hasPathEntries);
    const upstream = this.#upstream;
    if (upstream !== null && upstream.key === passed.destination.key && !this.#isSpent)
      return this.#send(upstream, true);
    // The answer before has ended: that connection has served. Another host may have the same address.
    this.#upstream = null;
    const { destination } = passed;
    this.#deadline.ofRoute();
    if (!this.#downstream.isFromClientsPort) upstream?.destroy();
    else if (upstream !== null)
      this.#cancelConnect = endSpent(upstream, this.#context.native.sockets, () => this.#connect(destination));
    if (this.#cancelConnect === null) this.#connect(destination);
    return 0;
  }

  /** Takes request body from buffer[start, end); returns the offset it came to, or -1: malformed framing. */
  requestBytes(buffer: Buffer, start: number, end: number): number {
    const upstream = this.#upstream;
    if (upstream === null || !this.#isAnswerDue) return start;
    const at = this.#request.relay(upstream, exactBehind(upstream, buffer), start, end);
    if (this.#request.done) this.#deadline.ofFirstByte();
    else this.#deadline.requestBytes(at - start);
    return at;
  }

  /** Called about four times a second, also between two requests. What is short-lived is not copied. */
  keepRequest(): void {
    this.#request.keep();
  }

  /** The client sends nothing behind this request: its half of the connection ends, and the origin hears of it. */
  endRequests(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#isAnswerDue) this.#upstream?.end();
  }

  /** Asks for more of the body when congestion is over. */
  awaitDrain(): void {
    this.#upstream?.awaitDrain();
  }

  /** The client is gone, or makes no further request. `hadError`: it is gone by a reset, or its request broke. */
  close(hadError: boolean): void {
    this.#cancelConnect?.();
    this.#cancelConnect = null;
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#clear();
    if (hadError) upstream?.reset();
    else upstream?.destroy();
  }

  /** The deadline has passed. */
  expire(): void {
    if (!this.#isAnswerDue) return;
    if (this.#response.begun) this.#fail({ ...FAILURE.firstByteTimeout, counter: UPSTREAM_ERROR.body_timeout });
    else this.#fail(FAILURE.firstByteTimeout);
  }

  // ── The way to the origin ──

  #connect(destination: Origin): void {
    const addedMs = this.#context.clock.precise() - this.#startedAt;
    this.#cancelConnect = this.#downstream.connect(destination, (failure, upstream) => {
      this.#cancelConnect = null;
      if (failure !== null) return this.#fail(failure);
      if (upstream === null) return;
      this.adopt(upstream);
      this.#startedAt = this.#context.clock.precise() - addedMs;
      this.#send(upstream, false);
      this.#downstream.requestWanted();
    });
  }

  #send(upstream: UpstreamConnection, mayJoin: boolean): number {
    const { clock, counters } = this.#context;
    const joined = this.#request.send(upstream, mayJoin, this.#downstream.clientLine);
    if (this.#request.hasNoVersion) this.#response.beginBody();
    this.#isAnswerDue = true;
    this.sentAt = clock.precise();
    counters.requestDuration((this.sentAt - this.#startedAt) / 1000);
    if (this.#request.done) this.#deadline.ofFirstByte();
    else this.#deadline.ofRequestBody();
    if (this.#isEnding) upstream.end();
    return joined;
  }

  // ── Events of the upstream connection ──

  onUpstreamData(buffer: Buffer, length: number): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    // Nobody has asked for that, or not yet (RFC 9112 §9.2): it could be taken for another answer.
    if (!this.#isAnswerDue || upstream.waitsIn !== null) return this.#unasked();
    if (this.sentAt !== 0) this.#noteFirstByte();
    const wasBegun = this.#isAnswering && this.#response.begun;
    const outcome = this.#response.data(buffer, length);
    if (outcome === 'switched') return this.#switch(upstream, buffer, length);
    if (outcome === 'malformed') return this.#fail(FAILURE.badResponse);
    if (!wasBegun && this.#response.begun) this.#downstream.answerBegun();
    if (outcome === 'complete') return this.#finish(upstream, buffer);
    this.#deadline.ofAnswer(this.#response.begun);
    this.#isAnswering = true;
    this.#pass(upstream, buffer, length);
    this.#port.hold(upstream, length, this);
  }

  onUpstreamEnd(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#isAnswerDue && this.#response.endsWithConnection) return this.#done(upstream, false);
    this.#end();
  }

  onUpstreamClosed(code: string | null): void {
    this.#upstream = null;
    if (code === null) this.#end();
    else this.#fail(FAILURE.reset);
  }

  /** The time it took was the origin's: the client's begins anew. */
  onUpstreamDrained(): void {
    if (this.#isAnswerDue && !this.#request.done) this.#deadline.ofRequestBody();
    this.#downstream.requestWanted();
  }

  /** Until now it was the client that took its time. */
  outputFlushed(): void {
    if (this.#isAnswerDue) this.#deadline.ofAnswer(this.#response.begun);
  }

  #noteFirstByte(): void {
    this.#context.counters.upstreamDuration((this.#context.clock.precise() - this.sentAt) / 1000);
    this.sentAt = 0;
  }

  // ── Ends ──

  #finish(upstream: UpstreamConnection, buffer: Buffer): void {
    const { end } = this.#response;
    if (upstream.ownsBuffer || this.#announcesEnd) this.#pass(upstream, buffer, end);
    else {
      this.#port.compose().copy(buffer, 0, end);
      this.#port.sendComposedLater();
    }
    // What has not gone out whole may be read as the next request by an origin that has answered without it (requirement 61).
    const isSent = this.#request.done && !(this.#request.hasBody && upstream.unsent > 0);
    const { isLast, isOnlyOne } = this.#request;
    const mayFollow = !isLast && !this.#hasAnnouncedEnd && (!isOnlyOne || this.#downstream.connectsAnew);
    this.#done(upstream, this.#response.keepAlive && isSent && mayFollow);
  }

  /** The filter ends the connection for reasons of its own, and neither of the two has said so. */
  get #announcesEnd(): boolean {
    const { linesEnd, keepAlive } = this.#response;
    return linesEnd >= 0 && keepAlive && this.#downstream.isLastAnswer;
  }

  /** What was read of the answer, up to `end`. */
  #pass(upstream: UpstreamConnection, buffer: Buffer, end: number): void {
    if (!this.#announcesEnd) return this.#port.relay(upstream, buffer, 0, end);
    const { linesEnd } = this.#response;
    this.#hasAnnouncedEnd = true;
    this.#port.relay(upstream, buffer, 0, linesEnd);
    this.#port.writeText(CLOSE);
    this.#port.relay(upstream, buffer, linesEnd, end);
  }

  #done(upstream: UpstreamConnection, keepAlive: boolean): void {
    upstream.detachBuffer(this.#port);
    // Where the next connection needs the port, this one stays until then (spent-connection.ts).
    const isSpent = this.#request.isOnlyOne;
    this.#clear();
    if (!keepAlive || (isSpent && !this.#downstream.isFromClientsPort)) {
      this.#upstream = null;
      upstream.destroy();
    } else this.#isSpent = isSpent;
    this.#downstream.exchangeDone(keepAlive);
  }

  #switch(upstream: UpstreamConnection, buffer: Buffer, length: number): void {
    const protocol = this.#request.isConnect ? null : (this.#context.rawResponse.switchesTo ?? '');
    const isAsked = this.#request.isConnect || this.#request.asksForUpgrade;
    if (!isAsked || !this.#request.done || !this.#downstream.maySwitch(protocol))
      return this.#fail(FAILURE.badResponse);
    this.#downstream.answerBegun();
    // Of any size, and from a buffer that is read into again while the client takes them: a copy of their own.
    this.#port.write(Buffer.from(buffer.subarray(0, length)));
    this.#upstream = null;
    this.#clear();
    this.#downstream.switched(upstream);
  }

  #unasked(): void {
    if (this.#isAnswerDue) this.#fail(FAILURE.badResponse);
    else this.#end();
  }

  /** The origin sends no more. */
  #end(): void {
    if (this.#isAnswerDue) this.#context.counters.upstreamError(FAILURE.earlyClose.counter);
    this.close(false);
    this.#downstream.originEnded();
  }

  #fail(failure: ForwardFailure): void {
    this.#context.counters.upstreamError(failure.counter);
    this.close(true);
    this.#downstream.exchangeFailed(failure);
  }

  #clear(): void {
    this.#port.release();
    this.#request.clear();
    this.#isAnswerDue = false;
    this.sentAt = 0;
  }
}
