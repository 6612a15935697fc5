/**
 * The requests of one client on an explicit listener, one after the other, each judged and then refused, answered, forwarded
 * or turned into a tunnel.
 *
 *   head ──▶ judge ──┬─ exchange (body, answer) ──▶ head …
 *    ▲               ├─ local response, block page ──▶ head … or Closing
 *    └── input ◀──── └─ ConnectSession, TunnelSession
 *
 * Bytes wait in the input until the state can take them: later pipelined requests stay unparsed, and are never looked for
 * inside a body. It takes events and acts on the port it was given; it must not see a socket or read a clock. It is longer than others: each step
 * reads and sets the same few fields, and parts with a state of their own would be so many objects more for every idle connection.
 */
import { LOCAL_RESPONSES, type LocalResponseKind } from '../../block/local-responses.ts';
import type { ClientPort } from '../../forward/client-port.ts';
import type { ForwardFailure } from '../../forward/connector.ts';
import type { Downstream, HeadBytes } from '../../forward/downstream.ts';
import { Exchange } from '../../forward/exchange.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import { DROPPED, VERDICT, type DroppedCode, type VerdictCode } from '../../observe/counters.ts';
import { NEED_MORE } from '../../wire/field-section.ts';
import type { ClientInput } from './client-input.ts';
import { Closing } from '../closing.ts';
import { ConnectSession } from '../connect-session.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import { InputFlow, type InputTaker } from './input-flow.ts';
import { judgeRequest, type Decision } from './judge-request.ts';
import { LastRequest } from './last-request.ts';
import { malformedResponse } from './malformed-head.ts';
import { readerOf } from './reader-of.ts';
import { RequestCount } from './request-count.ts';
import { RequestTrace } from './request-trace.ts';
import { LAST_REQUEST_MS, isClientLate } from './client-lateness.ts';
import { TunnelSession } from '../tunnel-session.ts';
import type { WorkerContext } from '../worker-context.ts';

const NO_HEAD: HeadBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 };
const STATE = { head: 0, exchange: 1, over: 2 } as const;
type State = (typeof STATE)[keyof typeof STATE];

export class HttpSession implements ConnectionPart, Downstream, InputTaker {
  readonly port: ClientPort;
  readonly #context: WorkerContext;
  readonly host: ConnectionHost;
  readonly #count: RequestCount;
  readonly #exchange: Exchange;
  readonly #flow: InputFlow;
  readonly #input: ClientInput;
  #state: State = STATE.head;
  /** While no exchange is under way: coarse time by which a head has to come, or come to its end. */
  #waitsUntil = 0;
  /** Part of a head has come. */
  #isInsideHead = false;
  readonly #last = new LastRequest();
  /** Of the request that is under way; null: it is not traced, as nearly all. */
  #trace: RequestTrace | null = null;
  /** The client sends no more. */
  #hasEnded = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort) {
    this.#context = context;
    this.host = host;
    this.port = port;
    this.#count = new RequestCount(context.counters, host);
    this.#flow = new InputFlow(context, host, port, this);
    this.#input = this.#flow.input;
    this.#exchange = new Exchange(context, this);
    this.#waitUntil(context.clock.now + context.config.timeouts.idle);
  }

  // ── Events of the client ──

  clientBytes(bytes: Buffer): void {
    this.#flow.add(bytes);
  }

  clientEnd(): void {
    this.#hasEnded = true;
    // Half a request, or none: an answer written before is still on its way.
    if (this.#state === STATE.head && !this.#flow.isWaiting) this.#finish();
    // A client that stops sending while it is owed an answer has gone, unless it is known to half-close.
    else if (this.#state === STATE.exchange && (this.#context.config.clients.abortOnFin || this.#isCutShort))
      this.#abort();
  }

  clientClosed(): void {
    this.#count.abandoned();
    this.#leave();
    this.#input.clear();
  }

  deadline(now: number): void {
    if (this.#state === STATE.exchange) return this.#exchangeIsLate();
    if (this.#isIdle && this.#context.state.draining) return this.#finish();
    // Not idle: it is still taking the last answer.
    if (this.port.unsent > 0 && now < this.#waitsUntil + this.#context.config.timeouts.body) return;
    this.#drop(this.#input.isInsideHead ? DROPPED.header_timeout : DROPPED.idle_timeout);
  }

  #exchangeIsLate(): void {
    if (isClientLate(this.#exchange, this.port.unsent)) this.#drop(DROPPED.body_timeout);
    else this.#exchange.expire();
  }

  get isUnderWay(): boolean {
    return this.#state === STATE.exchange && this.#exchange.answering;
  }

  tick(): void {
    this.#exchange.sweepIdle();
  }

  holdBack(): void {
    if (this.#state === STATE.head && !this.#hasEnded) this.#flow.holdBack();
  }

  drain(): void {
    if (this.#isIdle) this.#waitUntil(Math.min(this.#waitsUntil, this.#context.clock.now + LAST_REQUEST_MS));
  }

  // ── What the exchange asks and reports ──

  /** Asked when the answer begins: the thread may have been told to end since the request came. */
  get closing(): boolean {
    return this.#last.isLast || this.#context.state.draining;
  }

  get ownFields(): string {
    return this.#trace === null ? '' : this.#trace.line;
  }

  firstByte(waitedMs: number, reused: boolean): void {
    this.#trace?.answered(waitedMs, reused);
  }

  requestWanted(): void {
    this.#flow.resume();
  }

  answerBegun(): void {
    this.#count.begun();
  }

  exchangeDone(keepAlive: boolean): void {
    if (!keepAlive) return this.#finish();
    this.#next();
    // The client was told that its connection is kept before the thread was told to end. A lame duck waits for its next request.
    if (this.#context.state.closed) this.drain();
  }

  exchangeFailed({ response }: ForwardFailure, request: HeadBytes): void {
    this.#respond(response, response === 'destination_denied' ? VERDICT.refuse : VERDICT.error, request);
  }

  exchangeBroken(): void {
    this.#leave();
    this.port.reset();
  }

  switchToTunnel(upstream: UpstreamConnection): void {
    const tunnel = new TunnelSession(this.#context, this.port, upstream, {
      firstMs: this.#context.config.timeouts.tunnelIdle,
    });
    this.#become(tunnel).begin(this.#input.takeAll(), this.#hasEnded);
  }

  // ── The input, step by step ──

  get sentAt(): number {
    return this.#exchange.sentAt;
  }

  get awaitsHead(): boolean {
    return this.#state === STATE.head;
  }

  inputTaken(): void {
    if (this.#state === STATE.exchange) this.#flow.bound();
    if (!this.#hasEnded) return;
    // A client that half-closed has had its last answer: what is left is no request, or half of one.
    if (this.#state === STATE.head && !this.#flow.isWaiting) this.#finish();
    else if (this.#isCutShort) this.#abort();
  }

  takeHead(beganAt: number): boolean {
    const wasInside = this.#isInsideHead;
    const { request: head, config, clock } = this.#context;
    const headEnd = this.#input.readHead(head, config.limits);
    this.#isInsideHead = headEnd === NEED_MORE && this.#input.isInsideHead;
    if (headEnd === NEED_MORE) {
      // Counted from the first byte of the head: later ones do not move it.
      if (this.#isInsideHead && !wasInside) this.#waitUntil(clock.now + config.timeouts.header);
      return false;
    }
    // Whatever was traced was the request before.
    this.#trace = null;
    if (headEnd < 0) this.#refuse(malformedResponse(-headEnd), this.#headBytes(this.#input.bytes.length));
    else this.#request(beganAt);
    return true;
  }

  /** The head is in the thread's parser. */
  #request(startedAt: number): void {
    const { request: head, config } = this.#context;
    this.#last.read(head, config.limits.requestsPerConnection);
    if (this.#context.trace === null) this.#act(judgeRequest(this.#context, this.host, this.#input.bytes), startedAt);
    else this.#traced(startedAt);
  }

  /** Somebody is traced: perhaps this one. */
  #traced(startedAt: number): void {
    const { bytes } = this.#input;
    const trace = RequestTrace.begin(this.#context, this.host, bytes, startedAt);
    const decision = judgeRequest(this.#context, this.host, bytes);
    trace?.judged(decision, bytes);
    this.#trace = trace;
    this.#act(decision, startedAt);
  }

  #act(decision: Decision, startedAt: number): void {
    switch (decision.kind) {
      case 'local':
        return this.#respond(decision.response, decision.verdict, this.#headBytes(this.#input.pos));
      case 'block':
        return this.#write(decision.page(this.#closes()), VERDICT.block, this.#closes());
      case 'tunnel':
        this.#count.judged(decision.verdict);
        return this.#become(new ConnectSession(this.#context, this.host, this.port, this.#count, this.#trace)).connect(
          decision.destination,
          this.#input.takeAll(),
          this.#hasEnded,
        );
      case 'forward':
        this.#count.judged(decision.verdict);
        this.#state = STATE.exchange;
        this.#input.pos += this.#exchange.start(decision, this.#input, startedAt);
    }
  }

  takeBody(): boolean {
    if (this.#state === STATE.over || this.#exchange.requestComplete) return false;
    const { bytes, pos } = this.#input;
    const at = this.#exchange.requestBytes(bytes, pos, bytes.length);
    if (at < 0) {
      // The origin has part of a body that will never be whole: it is cut off, not ended (RFC 9112 §8).
      const { answering } = this.#exchange;
      this.#exchange.abort();
      // Half an answer is no place for another one.
      if (answering) this.exchangeBroken();
      else this.#refuse('bad_request', NO_HEAD);
      return true;
    }
    this.#input.pos = at;
    if (this.#exchange.congested) {
      this.port.pauseReads();
      this.#exchange.awaitDrain();
    }
    return at > pos;
  }

  // ── Answers of our own ──

  #refuse(kind: LocalResponseKind, request: HeadBytes): void {
    this.#last.malformed();
    this.#respond(kind, VERDICT.refuse, request);
  }

  #respond(kind: LocalResponseKind, verdict: VerdictCode, request: HeadBytes): void {
    this.#trace?.responded(kind);
    const close = this.#closes() || LOCAL_RESPONSES[kind].closes;
    const { isHeadRequest: head } = this.#last;
    this.#write(this.#context.responses.response(kind, { head, close, reader: readerOf(request) }), verdict, close);
  }

  #headBytes(end: number): HeadBytes {
    return { bytes: this.#input.bytes, start: this.#input.headStart, end };
  }

  /** An answer while the request's body is under way ends the connection: where the next request starts is unknown. */
  #closes(): boolean {
    if (this.closing || this.#last.isHttp10) return true;
    return this.#state === STATE.exchange ? !this.#exchange.requestComplete : this.#last.hasBody;
  }

  #write(bytes: Buffer, verdict: VerdictCode, close: boolean): void {
    this.#count.count(verdict);
    this.port.write(this.#trace === null ? bytes : this.#trace.in(bytes));
    this.#trace = null;
    if (close) this.#finish();
    else this.#next();
  }

  // ── From one request to the next, and to the end ──

  /** Between two requests, or before the first. */
  get #isIdle(): boolean {
    return this.#state === STATE.head && !this.#input.isInsideHead;
  }

  /** A client that sends no more has not sent all of its body. */
  get #isCutShort(): boolean {
    return this.#state === STATE.exchange && this.#input.empty && !this.#exchange.requestComplete;
  }

  #waitUntil(time: number): void {
    this.#waitsUntil = time;
    this.port.deadlineAt(time);
  }

  #next(): void {
    this.#state = STATE.head;
    this.#waitUntil(this.#context.clock.now + this.#context.config.timeouts.idle);
    this.#flow.resume();
  }

  /** No further request on this connection. */
  #finish(): void {
    const closing = this.#become(new Closing(this.#context, this.port));
    closing.begin(this.#hasEnded ? 0 : this.#input.takeAll().length, this.#last.closeWithoutLinger);
  }

  #become<Part extends ConnectionPart>(part: Part): Part {
    this.#leave();
    this.host.become(part);
    return part;
  }

  #drop(reason: DroppedCode): void {
    this.#context.counters.dropped(reason);
    this.#abort();
  }

  /** What is cut short must not look complete (requirement 15), to a client that has ended its side either. */
  #abort(): void {
    if (this.isUnderWay || this.port.unsent > 0) this.port.reset();
    else this.port.close();
  }

  #leave(): void {
    this.#state = STATE.over;
    this.#flow.stop();
    this.#exchange.close();
  }
}
