/**
 * The requests of a client that speaks to an origin, one after the other, each judged; what passes travels as it came.
 *
 *   head ──▶ judge ──┬─ passed: raw exchange (the very bytes, both ways) ──▶ head …
 *    ▲               └─ blocked: the page, refused: 400 ──▶ Closing
 *    └── input ◀────────── 101, CONNECT ──▶ TunnelSession, FirstBytes
 *
 * Pipelined requests wait, unparsed and bounded, until the answer before has ended: so a page is never put into the middle of
 * one, nor before one that is owed. It must not see a socket or read a clock. It is longer than others, as http-session.ts is and for the same
 * reason: its steps share a few fields, and a part with a state of its own is one object more for each idle connection.
 */
import type { LocalResponseKind } from '../../block/local-responses.ts';
import type { ClientPort } from '../../forward/client-port.ts';
import type { ConnectDone, ForwardFailure } from '../../forward/connector.ts';
import type { RawDownstream } from '../../forward/raw-downstream.ts';
import { RawExchange } from '../../forward/raw-exchange.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { Origin } from '../../match/host-facts.ts';
import { DROPPED, VERDICT, type DroppedCode } from '../../observe/counters.ts';
import { NEED_MORE } from '../../wire/field-section.ts';
import { METHOD } from '../../wire/request-head.ts';
import { Closing } from '../closing.ts';
import type { ConnectionHost, ConnectionPart } from '../connection-part.ts';
import type { ClientInput } from '../http/client-input.ts';
import { InputFlow, type InputTaker } from '../http/input-flow.ts';
import { malformedResponse } from '../http/malformed-head.ts';
import { readerOf } from '../http/reader-of.ts';
import { RequestCount } from '../http/request-count.ts';
import { LAST_REQUEST_MS, isClientLate } from '../http/client-lateness.ts';
import type { WorkerContext } from '../worker-context.ts';
import { clientLine } from './client-line.ts';
import type { EarlyDial } from './early-dial.ts';
import { isLastGet, judgeRaw, type RawDecision } from './judge-raw.ts';
import type { BegunArrival, OriginSide } from './origin-side.ts';
import { RawHead } from './raw-head.ts';
import { RawSwitch, type RawParts } from './raw-switch.ts';

const STATE = { head: 0, exchange: 1, over: 2 } as const;
type State = (typeof STATE)[keyof typeof STATE];

export class RawHttpSession implements ConnectionPart, RawDownstream, InputTaker {
  readonly port: ClientPort;
  readonly clientLine: string;
  readonly connectsAnew: boolean;
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #originSide: OriginSide;
  readonly #switch: RawSwitch;
  readonly #count: RequestCount;
  readonly #exchange: RawExchange;
  readonly #flow: InputFlow;
  readonly #input: ClientInput;
  readonly #head = new RawHead();
  #state: State = STATE.head;
  /** It has begun before the first request was whole. */
  #dial: EarlyDial | null = null;
  /** While no exchange is under way: coarse time by which a head has to come, or come to its end. */
  #waitsUntil = 0;
  /** Part of a head has come. */
  #isInsideHead = false;
  /** Of the time of the first head. */
  #spentMs = 0;
  #requests = 0;
  /** The answer has no body. */
  #isHeadRequest = false;
  #isLastGet = false;
  /** The client sends no more. */
  #hasEnded = false;

  constructor(parts: RawParts, originSide: OriginSide) {
    const { context, host, port } = parts;
    this.#context = context;
    this.#host = host;
    this.port = port;
    this.#originSide = originSide;
    this.connectsAnew = !parts.isSwitched;
    this.clientLine = clientLine(originSide.clientField, host.client.address);
    this.#count = new RequestCount(context.counters, host);
    this.#flow = new InputFlow(context, host, port, this);
    this.#input = this.#flow.input;
    this.#exchange = new RawExchange(context, this);
    this.#switch = new RawSwitch(parts, originSide);
  }

  begin({ bytes, hasEnded, upstream, dial, spentMs }: BegunArrival): void {
    this.#hasEnded = hasEnded;
    this.#spentMs = spentMs;
    if (upstream !== null) this.#exchange.adopt(upstream);
    if (dial) this.#await(dial);
    this.#waitUntil(this.#context.clock.now + this.#context.config.timeouts.idle);
    this.port.resumeReads();
    this.#flow.add(bytes);
  }

  /** One that fails before a request is whole is tried again for it: a verdict does not wait for an origin. */
  #await(dial: EarlyDial): void {
    this.#dial = dial;
    dial.handTo((_failure, opened) => {
      this.#dial = null;
      if (opened !== null) this.#exchange.adopt(opened);
    });
  }

  // ── Events of the client ──

  clientBytes(bytes: Buffer): void {
    this.#flow.add(bytes);
  }

  /** Its half of the connection has ended: what is owed still comes, as without us. */
  clientEnd(): void {
    this.#hasEnded = true;
    this.#carryEnd();
  }

  clientClosed(hadError: boolean): void {
    this.#count.abandoned();
    this.#exchange.close(hadError);
    this.#leave();
    this.#input.clear();
  }

  deadline(now: number): void {
    if (this.#state === STATE.exchange) return this.#exchangeIsLate();
    if (this.#isIdle && this.#context.state.draining) return this.#finish();
    // Not idle: it is still taking the last answer.
    if (this.port.unsent > 0 && now < this.#waitsUntil + this.#context.config.timeouts.body) return;
    this.#drop(this.#hasPartOfHead ? DROPPED.header_timeout : DROPPED.idle_timeout);
  }

  #exchangeIsLate(): void {
    if (isClientLate(this.#exchange, this.port.unsent)) this.#drop(DROPPED.body_timeout);
    else this.#exchange.expire();
  }

  get isUnderWay(): boolean {
    return this.#state === STATE.exchange && this.#exchange.answering;
  }

  get isSent(): boolean {
    return this.#exchange.isRequestSent;
  }

  tick(): void {
    this.#exchange.keepRequest();
  }

  holdBack(): void {
    if (this.#state === STATE.head && !this.#hasEnded) this.#flow.holdBack();
  }

  drain(): void {
    if (this.#isIdle) this.#waitUntil(Math.min(this.#waitsUntil, this.#context.clock.now + LAST_REQUEST_MS));
  }

  // ── What the exchange asks and reports ──

  get isFromClientsPort(): boolean {
    return this.#originSide.isFromClientsPort;
  }

  connect(destination: Origin, done: ConnectDone): () => void {
    const dial = this.#dial;
    this.#dial = null;
    return dial?.take(destination, done) ?? this.#originSide.connect(destination, done);
  }

  get isLastAnswer(): boolean {
    return this.#requests >= this.#context.config.limits.requestsPerConnection || this.#context.state.draining;
  }

  requestWanted(): void {
    this.#flow.resume();
  }

  answerBegun(): void {
    this.#count.begun();
    // Nothing may follow it, perhaps.
    if (this.#hasEnded && this.#exchange.requestComplete) this.#carryEnd();
  }

  exchangeDone(keepAlive: boolean): void {
    // Of HTTP/0.9 an answer may be nothing but its end.
    this.#count.abandoned();
    if (!keepAlive || this.isLastAnswer) return this.#finish(this.#isLastGet);
    this.#state = STATE.head;
    this.#waitUntil(this.#context.clock.now + this.#context.config.timeouts.tunnelIdle);
    this.#flow.resume();
  }

  /** As without us: no page of ours says what became of the origin (requirement 33). */
  exchangeFailed({ response }: ForwardFailure): void {
    this.#count.failed(response === 'destination_denied' ? VERDICT.refuse : VERDICT.error);
    this.#leave();
    this.port.reset();
  }

  originEnded(): void {
    this.#count.failed(VERDICT.error);
    this.#finish();
  }

  maySwitch(protocol: string | null): boolean {
    return this.#switch.may(protocol);
  }

  switched(upstream: UpstreamConnection): void {
    this.#leave();
    this.#switch.become(this.#input.takeAll(), this.#hasEnded, upstream);
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
    if (this.#hasEnded) this.#carryEnd();
  }

  takeHead(beganAt: number): boolean {
    const wasInside = this.#isInsideHead;
    const { rawRequest: head, config, clock } = this.#context;
    const headEnd = this.#head.read(this.#input, head, config.limits);
    this.#isInsideHead = headEnd === NEED_MORE && this.#hasPartOfHead;
    if (headEnd === NEED_MORE) {
      // Counted from the first byte of the head: later ones do not move it.
      if (this.#isInsideHead && !wasInside) this.#waitUntil(clock.now + config.timeouts.header - this.#spentMs);
      return false;
    }
    this.#spentMs = 0;
    this.#isHeadRequest = headEnd > 0 && head.method === METHOD.head;
    if (headEnd < 0) this.#refuse(malformedResponse(-headEnd));
    else this.#request(beganAt);
    return true;
  }

  /** The head is in the thread's parser. */
  #request(startedAt: number): void {
    this.#requests++;
    this.#isLastGet = isLastGet(this.#context.rawRequest);
    this.#act(judgeRaw(this.#context, this.#host, this.#originSide, this.#input), startedAt);
  }

  #act(decision: RawDecision, startedAt: number): void {
    switch (decision.kind) {
      case 'refuse':
        return this.#refuse('bad_request');
      case 'block':
        this.#count.count(VERDICT.block);
        this.port.write(decision.page);
        return this.#finish();
      case 'forward':
        this.#count.judged(decision.verdict);
        this.#state = STATE.exchange;
        this.#switch.begin(decision.destination, this.#input.bytes);
        this.#input.pos += this.#exchange.start(decision, this.#input, startedAt);
    }
  }

  takeBody(): boolean {
    if (this.#state === STATE.over || this.#exchange.requestComplete) return false;
    const { bytes, pos } = this.#input;
    const at = this.#exchange.requestBytes(bytes, pos, bytes.length);
    if (at < 0) {
      this.#bodyIsBroken();
      return true;
    }
    this.#input.pos = at;
    if (this.#exchange.congested) {
      this.port.pauseReads();
      this.#exchange.awaitDrain();
    }
    return at > pos;
  }

  /** The origin has part of a body that will never be whole: it is cut off, not ended (RFC 9112 §8). */
  #bodyIsBroken(): void {
    const { answering } = this.#exchange;
    this.#exchange.close(true);
    if (!answering) return this.#refuse('bad_request');
    // Half an answer is no place for another one.
    this.#leave();
    this.port.reset();
  }

  // ── Answers of our own, and ends ──

  #refuse(kind: LocalResponseKind): void {
    const { bytes, headStart: start } = this.#input;
    const reader = readerOf({ bytes, start, end: bytes.length });
    this.#count.count(VERDICT.refuse);
    this.port.write(this.#context.responses.response(kind, { head: this.#isHeadRequest, close: true, reader }));
    this.#finish();
  }

  /** What the client has sent is taken, and it sends no more. */
  #carryEnd(): void {
    if (this.#state === STATE.head && !this.#flow.isWaiting) return this.#finish();
    if (this.#state !== STATE.exchange) return;
    const { requestComplete, isLast, maySwitch } = this.#exchange;
    const isEmpty = this.#input.empty;
    // What is left is no request, or one that goes nowhere any more.
    const isForNobody = isEmpty || (!maySwitch && (isLast || !this.#hasPartOfHead));
    if (requestComplete && isForNobody) return this.#exchange.endRequests();
    if (requestComplete || !isEmpty) return;
    // Not all of its body has come. An answer that has begun is cut short with it (requirement 15).
    const { answering } = this.#exchange;
    this.#exchange.close(true);
    if (answering) this.port.reset();
    else this.port.close();
  }

  /** Between two requests. */
  get #isIdle(): boolean {
    return this.#state === STATE.head && !this.#hasPartOfHead;
  }

  /** Some clients send a blank line behind a body, with nothing to follow (RFC 9112 §2.2). */
  get #hasPartOfHead(): boolean {
    return !this.#input.empty && !this.#input.isBlankLine;
  }

  #waitUntil(time: number): void {
    this.#waitsUntil = time;
    this.port.deadlineAt(time);
  }

  /** No further request on this connection. `closeAtOnce`: it is closed as soon as the kernel has the whole answer. */
  #finish(closeAtOnce = false): void {
    this.#leave();
    const closing = new Closing(this.#context, this.port);
    this.#host.become(closing);
    closing.begin(this.#hasEnded ? 0 : this.#input.takeAll().length, closeAtOnce);
  }

  #drop(reason: DroppedCode): void {
    this.#context.counters.dropped(reason);
    // What is cut short must not look complete (requirement 15).
    const isCutShort = this.port.unsent > 0 || this.#state === STATE.exchange;
    this.#exchange.close(isCutShort);
    if (isCutShort) this.port.reset();
    else this.port.close();
  }

  #leave(): void {
    this.#state = STATE.over;
    this.#dial?.cancel();
    this.#flow.stop();
    this.#exchange.close(false);
  }
}
