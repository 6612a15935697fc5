/**
 * A client's TCP connection to a DNS listener: questions one after the other without waiting, answers in whatever order they come (RFC 7766).
 *
 *   client ─▶ frames ─▶ question ─▶ judge ─┬─ answer ────────────────▶ client
 *                                          └─ waiting ─▶ one connection to a resolver ─▶ answer with id and question ─▶ client
 *
 * What passes goes on and back as it came. At most so many questions wait; then nothing is read, nor from a client that does not read
 * its answers. It must not choose the order of upstreams.
 */
import type { ConnectionHost, ConnectionPart } from '../../accept/connection-part.ts';
import type { WorkerContext } from '../../accept/worker-context.ts';
import type { ClientPort, FlushWaiter, OutputSource } from '../../forward/client-port.ts';
import { DNS_UPSTREAM_ERROR, DNS_VERDICT, DROPPED } from '../../observe/counters.ts';
import { MAX_OWN_ANSWER, RCODE, REASON, writeAnswer, writeBareError, type OwnAnswer } from '../../wire/dns-answer.ts';
import { DnsFrames, LENGTH_BYTES } from '../../wire/dns-frames.ts';
import { Question, readQuestion } from '../../wire/dns-question.ts';
import { hasSignature } from '../../wire/dns-signature.ts';
import type { NameJudge } from './name-judge.ts';
import { StreamQuery } from './stream-query.ts';
import type { StreamOwner, UpstreamStream } from './upstream-stream.ts';

/** Questions of one connection that wait. */
const MAX_WAITING = 64;
/** Bytes of answers that a client has not taken, from which on it is asked nothing more. */
const MAX_UNSENT = 64 * 1024;
const NO_ANSWER: OwnAnswer = { rcode: RCODE.servFail, addresses: [], ttl: 0, reason: REASON.networkError };

/** What the sessions of one listener share. */
export interface SessionTerms {
  readonly judge: NameJudge;
  /** @param tried bit i: not that one. @returns null if there is no other. */
  readonly connect: (tried: number, owner: StreamOwner, host: ConnectionHost) => UpstreamStream | null;
  /** Nothing is owed on it. */
  readonly release: (stream: UpstreamStream) => void;
  readonly closed: () => void;
}

export class DnsSession implements ConnectionPart, StreamOwner, OutputSource, FlushWaiter {
  readonly ownsBuffer = true;
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #terms: SessionTerms;
  readonly #frames = new DnsFrames();
  readonly #question = new Question();
  #waiting: StreamQuery[] = [];
  #stream: UpstreamStream | null = null;
  /** Coarse time from which on the message that has begun is late, or there was silence for long enough. */
  #silentUntil: number;
  #isLast = false;
  #isGone = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, terms: SessionTerms) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#terms = terms;
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
    this.#waiting = [];
    // Answers are on their way.
    this.#stream?.close();
    this.#stream = null;
    this.#terms.closed();
  }

  deadline(now: number): void {
    if (this.#waiting.length > 0) return this.#lookAtLate(now);
    if (now < this.#silentUntil) return this.#port.deadlineAt(this.#silentUntil);
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

  drain(): void {
    this.#isLast = true;
    this.#endIfDone();
  }

  get #isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING || this.#port.unsent > MAX_UNSENT;
  }

  #nextSilence(): number {
    return this.#context.clock.now + this.#context.config.resolver.front.tcpIdleMs;
  }

  #readOn(): void {
    const wasWithin = this.#frames.isWithin;
    let count = 0;
    while (!this.#isFull && !this.#isGone) {
      const frame = this.#frames.next();
      if (frame === null) break;
      count += 1;
      this.#message(frame);
    }
    // A message that comes in small pieces is not given more time by each.
    if (count > 0 || !wasWithin) this.#silentUntil = this.#nextSilence();
    this.#lookAhead();
    if (this.#isFull) this.#port.pauseReads();
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

  #write(write: (into: Buffer) => number): void {
    const bytes = Buffer.alloc(LENGTH_BYTES + MAX_OWN_ANSWER);
    const length = write(bytes.subarray(LENGTH_BYTES));
    bytes.writeUInt16BE(length);
    this.#port.write(bytes.subarray(0, LENGTH_BYTES + length));
    this.#silentUntil = this.#nextSilence();
  }

  #endIfDone(): void {
    if (!this.#isLast || this.#waiting.length > 0 || this.#isGone) return;
    // What has come and is not looked at yet is answered first.
    if (!this.#isFull || this.#frames.unread === 0) this.#port.endAndClose();
  }

  // ── The resolver ──

  #pass(frame: Buffer, unlessSigned: OwnAnswer | null): void {
    const { timeoutMs } = this.#context.config.resolver.front;
    const query = new StreamQuery(frame, this.#question, unlessSigned, this.#context.clock.now + timeoutMs);
    this.#waiting.push(query);
    this.#ask(query);
  }

  #ask(query: StreamQuery): void {
    this.#stream ??= this.#terms.connect(query.tried, this, this.#host);
    if (this.#stream === null) return this.#fail(query);
    query.tried |= 1 << this.#stream.index;
    this.#stream.write(query.frame);
  }

  message(frame: Buffer): void {
    const place = this.#waiting.findIndex((query) => query.isAnsweredBy(frame));
    const query = this.#waiting[place];
    if (query === undefined) return this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.unexpected_answer);
    if (query.isTransfer) query.deadline = this.#context.clock.now + this.#context.config.resolver.front.timeoutMs;
    else this.#waiting.splice(place, 1);
    this.#answer(query, frame);
    this.#silentUntil = this.#nextSilence();
    if (this.#waiting.length === 0) this.#giveBack();
    else this.#lookAhead();
    this.#readOn();
    this.#endIfDone();
  }

  #answer({ unlessSigned, frame: asked }: StreamQuery, frame: Buffer): void {
    if (unlessSigned !== null) {
      const isSigned = hasSignature(frame, LENGTH_BYTES, frame.length);
      if (!isSigned) return this.#answerOwn(asked, unlessSigned);
      this.#context.counters.dnsSigned();
    }
    this.#port.write(frame);
    this.#port.hold(this, frame.length, this);
  }

  #answerOwn(asked: Buffer, answer: OwnAnswer): void {
    readQuestion(asked, LENGTH_BYTES, asked.length, this.#question);
    this.#write((into) => writeAnswer(asked, this.#question, answer, into, MAX_OWN_ANSWER));
  }

  /** What was owed on it goes to another one. */
  lost(wasConnected: boolean): void {
    const { index, isUsedAgain } = this.#stream ?? { index: 0, isUsedAgain: false };
    this.#stream = null;
    if (this.#waiting.length === 0) return;
    this.#context.counters.dnsUpstreamError(wasConnected ? DNS_UPSTREAM_ERROR.reset : DNS_UPSTREAM_ERROR.unreachable);
    for (const query of this.#waiting.slice()) {
      // Half of a transfer cannot be begun again.
      if (query.isTransfer && wasConnected) return this.#port.reset();
      // A resolver that ended a kept connection in this moment is there all the same: it is asked by another one.
      if (isUsedAgain) query.tried &= ~(1 << index);
      this.#ask(query);
    }
    this.#endIfDone();
  }

  #fail(query: StreamQuery): void {
    this.#waiting.splice(this.#waiting.indexOf(query), 1);
    this.#answerOwn(query.frame, NO_ANSWER);
  }

  #giveBack(): void {
    if (this.#stream !== null) this.#terms.release(this.#stream);
    this.#stream = null;
    this.#lookAhead();
  }

  #lookAtLate(now: number): void {
    for (const query of this.#waiting.filter(({ deadline }) => deadline <= now)) {
      this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.timeout);
      this.#fail(query);
    }
    this.#lookAhead();
    if (this.#waiting.length === 0) {
      // An answer may still come by it.
      this.#stream?.close();
      this.#stream = null;
      this.#readOn();
    }
  }

  #lookAhead(): void {
    const deadlines = this.#waiting.map(({ deadline }) => deadline);
    this.#port.deadlineAt(deadlines.length === 0 ? this.#silentUntil : Math.min(...deadlines));
  }

  // ── Back-pressure ──

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  shrinkBuffer(): void {
    // What was read is written on as it is.
  }

  /** The source was resumed. */
  outputFlushed(): void {
    if (this.#isGone) return;
    this.#readOn();
    this.#endIfDone();
  }
}
