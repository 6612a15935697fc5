/**
 * One client's connection on an explicit listener: requests in, one after the other, each judged and then refused,
 * answered, forwarded or turned into a tunnel.
 *
 *   head ──▶ judge ──┬─ exchange (body, answer) ──▶ head …
 *    ▲               ├─ own answer, block page ──▶ head … or drain and close
 *    └── input ◀──── └─ tunnel
 *
 * Bytes wait in `input` until the state can take them: later pipelined requests stay unparsed, and are never looked for
 * inside a body. Everything kept per client is bounded.
 */
import type { Socket } from 'node:net';
import { OWN_ANSWERS, type OwnAnswerKind } from '../block/own-answers.ts';
import type { ForwardFailure } from '../forward/connector.ts';
import type { Downstream } from '../forward/downstream.ts';
import { Exchange } from '../forward/exchange.ts';
import type { EndWaiter, FlushWaiter } from '../forward/client-port.ts';
import { ClientOutbox } from '../forward/client-outbox.ts';
import type { Route } from '../forward/route.ts';
import { Tunnel } from '../forward/tunnel.ts';
import type { UpstreamConnection } from '../forward/upstream-connection.ts';
import type { Origin } from '../match/host-facts.ts';
import { DIRECTION, DROPPED, VERDICT, type DroppedCode, type VerdictCode } from '../observe/counters.ts';
import { NEED_MORE } from '../wire/field-section.ts';
import { METHOD } from '../wire/request-head.ts';
import { ClientInput } from './client-input.ts';
import type { Client } from './client-registry.ts';
import { judgeRequest, type Decision } from './judge-request.ts';
import type { ListenerView, OpenConnection, WorkerContext } from './worker-context.ts';

const STATE = { head: 0, exchange: 1, connecting: 2, tunnel: 3, draining: 4, closed: 5 } as const;

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');
/** Answers written but not taken by the client: beyond this no further pipelined request is looked at. */
const ANSWER_BACKLOG = 64 * 1024;
/** Milliseconds a client may go on sending after the last answer of its connection. */
const LINGER_MS = 2000;
/**
 * Milliseconds an idle connection stays when the thread is to end: a request may be on its way, above all the first one of
 * a connection that was accepted a moment ago. It is answered, and the answer says that it is the last.
 */
const LAST_REQUEST_MS = 1000;

export class ClientConnection implements Downstream, OpenConnection, FlushWaiter, EndWaiter {
  readonly socket: Socket;
  readonly listener: ListenerView;
  client: Client;
  place = -1;
  readonly #context: WorkerContext;
  readonly output: ClientOutbox;
  readonly #exchange: Exchange;
  readonly #input = new ClientInput();
  #state: number = STATE.head;
  #deadline: number;
  /** Part of a head has come. */
  #isInsideHead = false;
  #requests = 0;
  #drained = 0;
  #verdict: VerdictCode = VERDICT.pass;
  /** A request has been judged and its verdict is not counted yet. */
  #uncounted = false;
  #tunnel: Tunnel | null = null;
  #cancelConnect: (() => void) | null = null;
  #headRequest = false;
  /** The request came as HTTP/1.0. */
  #isOld = false;
  #closing = false;
  /** A GET or HEAD without a body that the client has called its last, or that 1.0 makes its last: nothing comes after it (RFC 9112 §9.6). */
  #isFarewell = false;
  #ended = false;
  #pumping = false;
  #paused = false;
  /** For its turn (head-turns.ts). */
  #isWaiting = false;

  constructor(context: WorkerContext, listener: ListenerView, socket: Socket, client: Client) {
    this.#context = context;
    this.listener = listener;
    this.socket = socket;
    this.client = client;
    this.output = new ClientOutbox(socket, context.batch, context.counters);
    this.#exchange = new Exchange(context, this, client.address);
    this.#deadline = context.clock.now + context.config.timeouts.idle;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => this.#context.counters.dropped(DROPPED.client_error));
    socket.on('close', (hadError) => this.#onClose(hadError));
  }

  sweep(now: number): void {
    this.#exchange.sweepIdle();
    if (now < this.#currentDeadline()) return;
    switch (this.#state) {
      case STATE.exchange:
        // A body that stops coming is the client's doing, unless it is the origin that does not take it.
        if (!this.#exchange.requestComplete && !this.#exchange.congested) return this.#drop(DROPPED.body_timeout);
        // So is an answer that waits for its reader: the origin is not to blame.
        if (this.#exchange.answering && this.output.unsent > 0) return this.#drop(DROPPED.body_timeout);
        return this.#exchange.expire();
      case STATE.head:
        if (this.#isIdle && this.#context.state.draining) return this.#finish();
        // Not idle: it is still taking the last answer.
        if (this.output.unsent > 0 && now < this.#deadline + this.#context.config.timeouts.body) return;
        return this.#drop(this.#input.isInsideHead ? DROPPED.header_timeout : DROPPED.idle_timeout);
      case STATE.tunnel:
        return this.#drop(DROPPED.idle_timeout);
      default:
        if (this.output.unsent > 0) return this.#drop(DROPPED.body_timeout);
        this.output.close();
    }
  }

  drain(): void {
    if (this.#isIdle) this.#deadline = Math.min(this.#deadline, this.#context.clock.now + LAST_REQUEST_MS);
  }

  /** Between two requests, or before the first. */
  get #isIdle(): boolean {
    return this.#state === STATE.head && !this.#input.isInsideHead;
  }

  /** A client that sends no more has not sent all of its body. */
  get #isCutShort(): boolean {
    return this.#state === STATE.exchange && this.#input.empty && !this.#exchange.requestComplete;
  }

  // ── What the exchange asks and reports ──

  get route(): Route {
    return this.listener.route;
  }

  /** Asked when the answer begins: the thread may have been told to end since the request came. */
  get closing(): boolean {
    return this.#closing || this.#context.state.draining;
  }

  requestWanted(): void {
    this.#resume();
    this.#pump();
  }

  answerBegun(): void {
    this.#count(this.#verdict);
  }

  exchangeDone(keepAlive: boolean): void {
    if (!keepAlive) return this.#finish();
    this.#next();
    // The client was told that its connection is kept before the thread was told to end. A lame duck waits for its next request.
    if (this.#context.state.closed) this.drain();
  }

  exchangeFailed(failure: ForwardFailure): void {
    this.#answer(failure.answer, failure.answer === 'destination_denied' ? VERDICT.refuse : VERDICT.error);
  }

  exchangeBroken(): void {
    this.#state = STATE.closed;
    this.output.reset();
  }

  switchToTunnel(upstream: UpstreamConnection): void {
    this.#openTunnel(upstream, this.#context.config.timeouts.tunnelIdle);
  }

  // ── The client's bytes ──

  #onData(chunk: Buffer): void {
    this.#context.counters.bytes(DIRECTION.client_in, chunk.length);
    if (this.#state === STATE.tunnel) return this.#tunnel!.send(chunk);
    this.#input.add(chunk);
    this.#pump();
  }

  /** Lets the state take what it can of the input. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#input.empty && this.#step());
    this.#pumping = false;
    this.#input.forget();
    this.#boundInput();
    // A client that half-closed has had its last answer: what is left is no request, or half of one.
    if (this.#ended && this.#state === STATE.head && !this.#paused) this.#finish();
    else if (this.#ended && this.#isCutShort) this.output.close();
  }

  /** One step; false: nothing more can be done with the input now. */
  #step(): boolean {
    switch (this.#state) {
      case STATE.head:
        return this.#readHead();
      case STATE.exchange:
        return this.#readBody();
      case STATE.tunnel:
        this.#tunnel!.send(this.#input.takeAll());
        return true;
      case STATE.draining:
        return this.#discard();
      default:
        return false;
    }
  }

  #readHead(): boolean {
    const { turns } = this.#context;
    if (this.output.unsent > ANSWER_BACKLOG) return this.#waitForFlush();
    if (this.#isWaiting || turns.mustWait(this.client)) return this.#waitForTurn();
    const beganAt = performance.now();
    const goesOn = this.#takeHead();
    turns.took(this.client, performance.now() - beganAt);
    return goesOn;
  }

  #takeHead(): boolean {
    const wasInside = this.#isInsideHead;
    const { request: head, config } = this.#context;
    const headEnd = this.#input.readHead(head, config.limits);
    this.#isInsideHead = headEnd === NEED_MORE && this.#input.isInsideHead;
    if (headEnd === NEED_MORE) {
      // Counted from the first byte of the head: later ones do not move it.
      if (this.#isInsideHead && !wasInside) this.#deadline = this.#context.clock.now + config.timeouts.header;
      return false;
    }
    if (headEnd < 0) this.#refuse(ANSWER_OF.get(-headEnd) ?? 'bad_request');
    else this.#request(headEnd);
    return true;
  }

  /** The head is in the thread's parser. */
  #request(headEnd: number): void {
    const startedAt = performance.now();
    const head = this.#context.request;
    this.#input.pos = headEnd;
    this.#headRequest = head.method === METHOD.head;
    this.#isOld = head.minor === 0;
    // What follows a CONNECT was meant for the tunnel: it is never read as a request (requirement 27).
    const isLast =
      head.method === METHOD.connect || ++this.#requests >= this.#context.config.limits.requestsPerConnection;
    this.#closing = !head.keepAlive || isLast;
    this.#isFarewell =
      !head.keepAlive && (head.method === METHOD.get || head.method === METHOD.head) && head.contentLength === 0;
    const decision = judgeRequest(this.#context, this, this.#input.bytes);
    this.#act(decision, headEnd, startedAt);
  }

  #act(decision: Decision, headEnd: number, startedAt: number): void {
    this.#uncounted = true;
    switch (decision.kind) {
      case 'answer':
        return this.#answer(decision.answer, decision.verdict);
      case 'block':
        return this.#write(decision.page(this.#closes()), VERDICT.block, this.#closes());
      case 'tunnel':
        this.#verdict = decision.verdict;
        return this.#connect(decision.destination);
      case 'forward': {
        this.#verdict = decision.verdict;
        this.#state = STATE.exchange;
        const { destination, hasPathEntries } = decision;
        const { bytes: source, headStart } = this.#input;
        this.#input.pos += this.#exchange.start({
          destination,
          hasPathEntries,
          source,
          headStart,
          headEnd,
          end: source.length,
          startedAt,
        });
      }
    }
  }

  #readBody(): boolean {
    if (this.#exchange.requestComplete) return false;
    const { bytes, pos } = this.#input;
    const at = this.#exchange.requestBytes(bytes, pos, bytes.length);
    if (at < 0) {
      // The origin has part of a body that will never be whole: it is cut off, not ended (RFC 9112 §8).
      const { answering } = this.#exchange;
      this.#exchange.abort();
      // Half an answer is no place for another one.
      if (answering) this.exchangeBroken();
      else this.#refuse('bad_request');
      return true;
    }
    this.#input.pos = at;
    if (this.#exchange.congested) {
      this.#pause();
      this.#exchange.awaitDrain();
    }
    return at > pos;
  }

  /** After the last answer: what still comes is thrown away, up to a bound, so that the answer is not lost to a reset. */
  #discard(): boolean {
    this.#drained += this.#input.takeAll().length;
    this.output.end(false, this);
    if (this.#drained > this.#context.config.limits.lingerBytes) {
      this.output.close();
    }
    return false;
  }

  /** Unparsed input is bounded: a client that sends on without reading answers is not read. */
  #boundInput(): void {
    if (this.#state === STATE.closed || this.#state === STATE.draining) return;
    if (this.#state !== STATE.head && this.#input.length > this.#context.config.limits.pipelineBytes) this.#pause();
  }

  // ── Answers of our own ──

  #refuse(kind: OwnAnswerKind): void {
    this.#closing = true;
    this.#headRequest = false;
    this.#answer(kind, VERDICT.refuse);
  }

  #answer(kind: OwnAnswerKind, verdict: VerdictCode): void {
    const close = this.#closes() || OWN_ANSWERS[kind].closes;
    this.#write(this.#context.answers.answer(kind, { head: this.#headRequest, close }), verdict, close);
  }

  /** An answer while the request's body is under way ends the connection: where the next request starts is unknown. */
  #closes(): boolean {
    // A client of 1.0 that waits for the end must not wait for `timeouts.idle`.
    if (this.closing || this.#isOld) return true;
    // Once it is under way the thread's parser may hold another client's head.
    return this.#state === STATE.exchange ? !this.#exchange.requestComplete : this.#context.request.contentLength !== 0;
  }

  #write(bytes: Buffer, verdict: VerdictCode, close: boolean): void {
    this.#count(verdict);
    this.output.write(bytes);
    if (close) this.#finish();
    else this.#next();
  }

  /** The connection waits for its next request. */
  #next(): void {
    this.#state = STATE.head;
    this.#deadline = this.#context.clock.now + this.#context.config.timeouts.idle;
    this.#resume();
    this.#pump();
  }

  /** No further request on this connection. A slow client gets the time to take what it was given; then it lingers. */
  #finish(): void {
    this.#state = STATE.draining;
    this.#deadline = this.#context.clock.now + this.#context.config.timeouts.body;
    this.output.end(this.#isFarewell && this.#input.empty, this);
    if (this.#ended) return;
    this.#resume();
    this.#pump();
  }

  outputEnded(): void {
    this.#deadline = this.#context.clock.now + LINGER_MS;
  }

  // ── Tunnels ──

  #connect(destination: Origin): void {
    this.#state = STATE.connecting;
    this.#deadline = Infinity;
    this.#cancelConnect = this.route.connect(destination, this.client, (failure, upstream) => {
      this.#cancelConnect = null;
      if (failure !== null) {
        this.#context.counters.upstreamError(failure.counter);
        return this.exchangeFailed(failure);
      }
      this.answerBegun();
      this.output.write(ESTABLISHED);
      this.#openTunnel(upstream!, this.#context.config.timeouts.tunnelFirstByte);
    });
  }

  #openTunnel(upstream: UpstreamConnection, firstMs: number): void {
    this.#state = STATE.tunnel;
    this.#tunnel = new Tunnel(this.#context, this.output, upstream, firstMs);
    this.#resume();
    this.#pump();
    if (this.#ended) this.#tunnel.endFromClient();
  }

  // ── Ends ──

  #onEnd(): void {
    this.#ended = true;
    switch (this.#state) {
      case STATE.tunnel:
        return this.#tunnel!.endFromClient();
      case STATE.head:
        // Half a request, or none: an answer written before is still on its way.
        return this.#isWaiting ? undefined : this.#finish();
      case STATE.exchange:
      case STATE.connecting:
        // A client that stops sending while it is owed an answer has gone, unless it is known to half-close.
        if (this.#context.config.clients.abortOnFin || this.#isCutShort) this.output.close();
        return;
      default:
    }
  }

  #onClose(hadError: boolean): void {
    this.#state = STATE.closed;
    // The client went away before its answer: the verdict stood all the same.
    if (this.#uncounted) this.#count(this.#verdict);
    this.#cancelConnect?.();
    this.#exchange.close();
    this.#tunnel?.close(hadError);
    this.#input.clear();
    this.#context.connections.delete(this);
    this.#context.clients.close(this.client);
    this.#context.counters.connection(this.listener.slot, -1);
  }

  #count(verdict: VerdictCode): void {
    this.#uncounted = false;
    this.#context.counters.request(this.listener.slot, verdict);
  }

  #drop(reason: DroppedCode): void {
    this.#context.counters.dropped(reason);
    // What is cut short must not look complete (requirement 15).
    if (this.output.unsent > 0 || (this.#state === STATE.exchange && this.#exchange.answering)) this.output.reset();
    else this.output.close();
  }

  #currentDeadline(): number {
    if (this.#state === STATE.exchange) return this.#exchange.deadline;
    return this.#state === STATE.tunnel ? this.#tunnel!.deadline : this.#deadline;
  }

  #waitForFlush(): boolean {
    this.#pause();
    this.output.whenFlushed(this);
    return false;
  }

  outputFlushed(): void {
    this.#resume();
    this.#pump();
  }

  /** Nothing more is read from the client meanwhile: what waits stays as small as what had come. */
  #waitForTurn(): boolean {
    if (this.#isWaiting) return false;
    this.#isWaiting = true;
    this.#pause();
    this.#context.turns.wait(() => {
      this.#isWaiting = false;
      if (this.#state !== STATE.head) return;
      this.#resume();
      this.#pump();
    });
    return false;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.output.pauseReads();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.output.resumeReads();
  }
}

const ANSWER_OF: ReadonlyMap<number, OwnAnswerKind> = new Map([
  [400, 'bad_request'],
  [414, 'uri_too_long'],
  [431, 'header_too_large'],
  [501, 'not_implemented'],
  [505, 'version_not_supported'],
]);
