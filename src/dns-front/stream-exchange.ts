/**
 * Questions of one client's TCP connection on their way to resolvers: asked, asked elsewhere too, answered, given up.
 *
 *   ask ─▶ connection to a resolver ─▶ message with id and question ─▶ the asker
 *            │  a third of the time-out without an answer, or lost: another resolver as well; an answer of any of them counts
 *            └─ time-out: failed
 *
 * A zone transfer is of one resolver from its first message on. It must not read from the client, nor write to it.
 */
import type { WorkerContext } from '../accept/worker-context.ts';
import type { OutputSource } from '../forward/client-port.ts';
import { DNS_UPSTREAM_ERROR } from '../observe/counters.ts';
import type { StreamQuery } from './stream-query.ts';
import type { Upstream } from './upstream.ts';
import type { StreamOwner, UpstreamStream } from './upstream-stream.ts';

/** After each of these parts of the time-out another resolver is asked as well; after the last it is over. */
const PARTS = 3;
/** Of one connection: questions that others have answered, and to which its answer may still come. */
const MAX_OVERDUE = 8;

/** Who waits for answers. */
export interface StreamAsker {
  /** Once, but for a transfer. */
  answered(query: StreamQuery, frame: Buffer): void;
  /** Nobody has answered. */
  failed(query: StreamQuery): void;
  /** The rest of a transfer does not come. */
  broken(): void;
  /** Some wait no more, or no message of their resolvers was theirs. */
  settled(): void;
}

/** Resolvers, and connections to them. */
export interface StreamUpstreams {
  /** @param tried bit i: not that one. @returns null if there is no other. */
  another(tried: number): Upstream | null;
  /** @returns one that did not answer before and is to be asked again, beside another one. */
  toProbe(now: number): Upstream | null;
  connect(upstream: Upstream, owner: StreamOwner): UpstreamStream;
  /** Nothing is owed on it. */
  release(stream: UpstreamStream): void;
  /** What is owed on it nobody waits for; that it comes tells that the resolver is there. */
  leave(stream: UpstreamStream): void;
  /** It says nothing. */
  markDown(upstream: Upstream, now: number): void;
}

export class StreamExchange implements StreamOwner, OutputSource {
  readonly ownsBuffer = true;
  readonly #context: WorkerContext;
  readonly #upstreams: StreamUpstreams;
  readonly #asker: StreamAsker;
  #waiting: StreamQuery[] = [];
  #waitingBytes = 0;
  /** At most one to each resolver; what is new goes to the last one. */
  #streams: UpstreamStream[] = [];

  constructor(context: WorkerContext, upstreams: StreamUpstreams, asker: StreamAsker) {
    this.#context = context;
    this.#upstreams = upstreams;
    this.#asker = asker;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Of all that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Coarse time at which something is late; Infinity: nothing waits. */
  get nextLook(): number {
    return this.#waiting.reduce((first, { askAgainAt, deadline }) => Math.min(first, askAgainAt, deadline), Infinity);
  }

  ask(query: StreamQuery): void {
    const { now } = this.#context.clock;
    query.deadline = now + this.#timeoutMs;
    query.askAgainAt = now + this.#timeoutMs / PARTS;
    this.#waiting.push(query);
    this.#waitingBytes += query.frame.length;
    const stream = this.#streams.at(-1) ?? this.#connected(query.tried);
    if (stream === null) return this.#fail(query);
    this.#send(stream, query);
    if (query.isTransfer) return;
    const probed = this.#upstreams.toProbe(now);
    if (probed !== null && (query.tried & (1 << probed.index)) === 0) this.#send(this.#streamTo(probed), query);
  }

  /** It is time to look. */
  late(now: number): void {
    for (const query of this.#waiting.slice()) {
      if (query.deadline <= now) this.#over(query);
      else if (query.askAgainAt <= now) this.#askAgain(query, now);
    }
    this.#giveBack();
    this.#asker.settled();
  }

  /** Nobody waits any more. */
  close(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
  }

  // ── Resolvers ──

  message(stream: UpstreamStream, frame: Buffer): void {
    const query = this.#waiting.find((each) => each.isAnsweredBy(frame));
    if (query === undefined) return this.#overdueAnswer(stream, frame);
    if (query.begunOn !== null && query.begunOn !== stream)
      return this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.unexpected_answer);
    const { now } = this.#context.clock;
    stream.lastAnswerAt = now;
    stream.upstream.isStreamDown = false;
    if (query.isTransfer) {
      query.begunOn = stream;
      query.deadline = now + this.#timeoutMs;
      query.askAgainAt = Infinity;
    } else {
      this.#forget(query, stream);
      stream.owed -= 1;
    }
    this.#asker.answered(query, frame);
    this.#giveBack();
    this.#asker.settled();
  }

  /** Another one has answered before it, or it was given up: the resolver is there all the same. */
  #overdueAnswer(stream: UpstreamStream, frame: Buffer): void {
    const place = stream.overdue.findIndex((query) => query.isAnsweredBy(frame));
    if (place < 0) return this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.unexpected_answer);
    stream.overdue.splice(place, 1);
    stream.owed -= 1;
    stream.lastAnswerAt = this.#context.clock.now;
    stream.upstream.isStreamDown = false;
  }

  /** What was owed on it goes to another one. */
  lost(stream: UpstreamStream, wasConnected: boolean): void {
    this.#streams = this.#streams.filter((other) => other !== stream);
    const { upstream, isUsedAgain } = stream;
    const bit = 1 << upstream.index;
    const owed = this.#waiting.filter(({ tried }) => (tried & bit) !== 0);
    if (owed.length === 0) return;
    const { counters, clock } = this.#context;
    counters.dnsUpstreamError(wasConnected ? DNS_UPSTREAM_ERROR.reset : DNS_UPSTREAM_ERROR.unreachable);
    // One that takes connections and ends them is of no more use than one that takes none.
    const hasAnswered = isUsedAgain || stream.lastAnswerAt > -Infinity;
    if (!wasConnected || !hasAnswered) this.#upstreams.markDown(upstream, clock.now);
    for (const query of owed) {
      // Half of a transfer cannot be begun again.
      if (query.begunOn === stream) return this.#asker.broken();
      // A resolver that ended a kept connection in this moment is there all the same: it is asked by another one.
      if (isUsedAgain) query.tried &= ~bit;
      if (!this.#isAsked(query) && !this.#sendToAnother(query)) this.#fail(query);
    }
    this.#asker.settled();
  }

  // ── Back-pressure ──

  pause(): void {
    for (const stream of this.#streams) stream.pause();
  }

  resume(): void {
    for (const stream of this.#streams) stream.resume();
  }

  shrinkBuffer(): void {
    // What was read is written on as it is.
  }

  get #timeoutMs(): number {
    return this.#context.config.resolver.front.timeoutMs;
  }

  /** Whether some connection on which it was asked is there. */
  #isAsked({ tried }: StreamQuery): boolean {
    return this.#streams.some(({ upstream }) => (tried & (1 << upstream.index)) !== 0);
  }

  #askAgain(query: StreamQuery, now: number): void {
    query.askAgainAt = now + this.#timeoutMs / PARTS;
    for (const { upstream, lastAnswerAt } of this.#streams)
      if ((query.tried & (1 << upstream.index)) !== 0 && lastAnswerAt < query.askedAt)
        this.#upstreams.markDown(upstream, now);
    this.#sendToAnother(query);
  }

  /** @returns false if there is nobody else to ask. */
  #sendToAnother(query: StreamQuery): boolean {
    const stream = this.#connected(query.tried);
    if (stream === null) return false;
    this.#send(stream, query);
    return true;
  }

  #send(stream: UpstreamStream, query: StreamQuery): void {
    query.tried |= 1 << stream.upstream.index;
    query.askedAt = this.#context.clock.now;
    stream.owed += 1;
    stream.write(query.frame);
  }

  #connected(tried: number): UpstreamStream | null {
    const upstream = this.#upstreams.another(tried);
    if (upstream === null) return null;
    const stream = this.#streamTo(upstream);
    // What comes next goes there too.
    this.#streams = [...this.#streams.filter((other) => other !== stream), stream];
    return stream;
  }

  #streamTo(upstream: Upstream): UpstreamStream {
    const known = this.#streams.find((stream) => stream.upstream === upstream);
    if (known !== undefined) return known;
    const stream = this.#upstreams.connect(upstream, this);
    this.#streams.unshift(stream);
    return stream;
  }

  #over(query: StreamQuery): void {
    // All of a transfer has come, or the client sees that the end is missing: an error behind it would be an answer to nothing.
    if (query.begunOn !== null) return this.#forget(query);
    this.#fail(query);
  }

  /** Nobody has answered, in time or at all. */
  #fail(query: StreamQuery): void {
    this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.timeout);
    this.#forget(query);
    this.#asker.failed(query);
  }

  /** @param answeredBy nothing more is owed there; null: nobody has answered. */
  #forget(query: StreamQuery, answeredBy: UpstreamStream | null = null): void {
    const place = this.#waiting.indexOf(query);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      this.#waitingBytes -= query.frame.length;
    }
    if (query.isTransfer) return;
    for (const stream of this.#streams)
      if (stream !== answeredBy && (query.tried & (1 << stream.upstream.index)) !== 0)
        stream.overdue = [...stream.overdue, query].slice(-MAX_OVERDUE);
  }

  /** Once nothing waits. */
  #giveBack(): void {
    if (this.#waiting.length > 0) return;
    for (const stream of this.#streams) {
      if (stream.owed === 0) this.#upstreams.release(stream);
      else this.#upstreams.leave(stream);
    }
    this.#streams = [];
  }
}
