/**
 * A client's TCP connection to a DNS listener: questions one after the other without waiting, answers in whatever order they come (RFC 7766).
 *
 *   client ─▶ frames ─▶ question ─▶ judge ─┬─ answer ──────────────────────────────────▶ client
 *                                          └─ StreamExchange ─▶ resolver ─▶ answer ────▶ client
 *
 * What passes goes on and back as it came. At most so many questions wait; then nothing is read, nor from a client that does not read
 * its answers. It must not know resolvers.
 */
import type { ConnectionHost, ConnectionPart } from '../accept/connection-part.ts';
import type { WorkerContext } from '../accept/worker-context.ts';
import type { ClientPort, FlushWaiter } from '../forward/client-port.ts';
import { DNS_VERDICT, DROPPED } from '../observe/counters.ts';
import { MAX_OWN_ANSWER, RCODE, REASON, writeAnswer, writeBareError, type OwnAnswer } from '../wire/dns-answer.ts';
import { DnsFrames, LENGTH_BYTES } from '../wire/dns-frames.ts';
import { Question, readQuestion } from '../wire/dns-question.ts';
import { hasSignature } from '../wire/dns-signature.ts';
import type { NameJudge } from './name-judge.ts';
import { StreamExchange, type StreamAsker, type StreamUpstreams } from './stream-exchange.ts';
import { StreamQuery } from './stream-query.ts';

/** Questions of one connection that wait. */
const MAX_WAITING = 64;
/** Bytes of them, from which on nothing more is read: as many as 64 that are padded far (RFC 8467) have. A longer one waits alone, or nearly. */
const MAX_WAITING_BYTES = 32 * 1024;
/** Bytes of answers that a client has not taken, from which on it is asked nothing more. */
const MAX_UNSENT = 64 * 1024;
const NO_ANSWER: OwnAnswer = { rcode: RCODE.servFail, addresses: [], ttl: 0, reason: REASON.networkError };

/** What a session is made with. */
export interface SessionTerms {
  readonly judge: NameJudge;
  readonly upstreams: StreamUpstreams;
  readonly closed: () => void;
}

export class DnsSession implements ConnectionPart, StreamAsker, FlushWaiter {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #terms: SessionTerms;
  readonly #frames = new DnsFrames();
  readonly #question = new Question();
  readonly #exchange: StreamExchange;
  /** Coarse time from which on the message that has begun is late, or there was silence for long enough. */
  #silentUntil: number;
  /** Coarse time from which on no further question is read: this client's listener ends. */
  #readsUntil = Infinity;
  #isLast = false;
  #isGone = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, terms: SessionTerms) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#terms = terms;
    this.#exchange = new StreamExchange(context, terms.upstreams, this);
    this.#silentUntil = this.#nextSilence();
    this.#port.deadlineAt(this.#silentUntil);
  }

  // ── The client ──

  clientBytes(bytes: Buffer): void {
    this.#frames.add(bytes);
    this.#readOn();
  }

  clientEnd(): void {
    this.#isLast = true;
    this.#endIfDone();
  }

  clientClosed(): void {
    this.#isGone = true;
    this.#exchange.close();
    this.#terms.closed();
  }

  deadline(now: number): void {
    if (this.#exchange.waiting > 0) return this.#exchange.late(now);
    if (this.#port.unsent > 0) this.#context.counters.dropped(DROPPED.body_timeout);
    else if (this.#frames.isWithin) this.#context.counters.dropped(DROPPED.header_timeout);
    else this.#context.counters.dropped(DROPPED.idle_timeout);
    this.#port.close();
  }

  tick(): void {
    // Deadlines do.
  }

  holdBack(): void {
    // No head comes here.
  }

  /** Who asks on and on is answered for the time of one question. */
  drain(): void {
    this.#isLast = true;
    const { clock, config } = this.#context;
    this.#readsUntil = Math.min(this.#readsUntil, clock.now + config.resolver.front.timeoutMs);
    this.#endIfDone();
  }

  get #isFull(): boolean {
    const { waiting, waitingBytes } = this.#exchange;
    return waiting >= MAX_WAITING || waitingBytes > MAX_WAITING_BYTES || this.#port.unsent > MAX_UNSENT;
  }

  get #isOver(): boolean {
    return this.#context.clock.now >= this.#readsUntil;
  }

  #nextSilence(): number {
    return this.#context.clock.now + this.#context.config.resolver.front.tcpIdleMs;
  }

  #readOn(): void {
    const wasWithin = this.#frames.isWithin;
    let count = 0;
    while (!this.#isFull && !this.#isGone && !this.#isOver) {
      const frame = this.#frames.next();
      if (frame === null) break;
      count += 1;
      this.#message(frame);
    }
    // A message that comes in small pieces is not given more time by each.
    if (count > 0 || !wasWithin) this.#silentUntil = this.#nextSilence();
    this.#lookAhead();
    if (this.#isFull || this.#isOver) this.#port.pauseReads();
    else this.#port.resumeReads();
    if (this.#port.unsent > MAX_UNSENT) this.#port.whenFlushed(this);
    if (count > 0) this.#endIfDone();
  }

  #message(frame: Buffer): void {
    const { counters } = this.#context;
    const { slot } = this.#host.listener;
    switch (readQuestion(frame, LENGTH_BYTES, frame.length, this.#question)) {
      case 'question':
        return this.#judged(frame);
      case 'other':
        counters.dnsQuery(slot, DNS_VERDICT.pass);
        return this.#pass(frame, null);
      case 'unsupported':
      case 'malformed': {
        counters.dnsQuery(slot, DNS_VERDICT.error);
        const isQuery = (this.#question.flags & 0x7800) === 0;
        return this.#write((into) => writeBareError(this.#question, isQuery ? RCODE.formErr : RCODE.notImp, into));
      }
      case 'drop':
        counters.dropped(DROPPED.client_error);
        return this.#port.close();
    }
  }

  #judged(frame: Buffer): void {
    const { judge } = this.#terms;
    const answer = judge.judge(this.#question, this.#host);
    this.#context.counters.dnsQuery(this.#host.listener.slot, judge.verdict);
    if (answer === null || judge.isUnlessSigned) return this.#pass(frame, answer);
    this.#write((into) => writeAnswer(frame, this.#question, answer, into, MAX_OWN_ANSWER));
  }

  #pass(frame: Buffer, unlessSigned: OwnAnswer | null): void {
    this.#exchange.ask(new StreamQuery(frame, this.#question, unlessSigned));
  }

  #write(write: (into: Buffer) => number): void {
    const bytes = Buffer.alloc(LENGTH_BYTES + MAX_OWN_ANSWER);
    const length = write(bytes.subarray(LENGTH_BYTES));
    bytes.writeUInt16BE(length);
    this.#port.write(bytes.subarray(0, LENGTH_BYTES + length));
    this.#silentUntil = this.#nextSilence();
  }

  #endIfDone(): void {
    if (!this.#isLast || this.#exchange.waiting > 0 || this.#isGone) return;
    // What has come and is not looked at yet is answered first.
    if (!this.#isFull || this.#frames.unread === 0 || this.#isOver) this.#port.endAndClose();
  }

  // ── Answers ──

  answered({ unlessSigned, frame: asked }: StreamQuery, frame: Buffer): void {
    this.#silentUntil = this.#nextSilence();
    if (unlessSigned !== null) {
      const isSigned = hasSignature(frame, LENGTH_BYTES, frame.length);
      if (!isSigned) return this.#answerOwn(asked, unlessSigned);
      this.#context.counters.dnsSigned();
    }
    this.#port.write(frame);
    this.#port.hold(this.#exchange, frame.length, this);
  }

  failed({ frame }: StreamQuery): void {
    this.#answerOwn(frame, NO_ANSWER);
  }

  /** What was sent must not look complete. */
  broken(): void {
    this.#port.reset();
  }

  settled(): void {
    if (this.#isGone) return;
    this.#readOn();
    this.#endIfDone();
  }

  #answerOwn(asked: Buffer, answer: OwnAnswer): void {
    readQuestion(asked, LENGTH_BYTES, asked.length, this.#question);
    this.#write((into) => writeAnswer(asked, this.#question, answer, into, MAX_OWN_ANSWER));
  }

  #lookAhead(): void {
    const late = this.#exchange.nextLook;
    this.#port.deadlineAt(late === Infinity ? this.#silentUntil : late);
  }

  /** The kernel has taken what was held back. */
  outputFlushed(): void {
    this.settled();
  }
}
