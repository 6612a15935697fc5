/**
 * Queries on their way to a resolver and back: sent, sent again, answered, given up.
 *
 *   ask ─▶ in flight ─▶ port of an upstream ─▶ answer of that port, id and question ─▶ the client's id ─▶ back
 *            │  a third of the time-out, or ICMP: another upstream as well; an answer of any of them counts
 *            └─ time-out: SERVFAIL, network error
 *
 * What goes out is queued until `flush`, so that what was read in one go is sent in one go. It must not judge.
 */
import type { WorkerContext } from '../accept/worker-context.ts';
import { ROOMS, type Arena, type DatagramEnd, type Datagrams } from './datagrams/datagrams.ts';
import { DNS_DROPPED, DNS_UPSTREAM_ERROR } from '../observe/counters.ts';
import { RCODE, REASON, type OwnAnswer } from '../wire/dns-answer.ts';
import { hasSignature } from '../wire/dns-signature.ts';
import { InFlight, type Asked } from './in-flight.ts';
import type { RandomNumbers } from './random-numbers.ts';
import type { PortTerms, Upstream, UpstreamPort } from './upstream.ts';
import { Upstreams } from './upstreams.ts';

/** After each of these parts of the time-out another upstream is asked; after the last it is over. */
const PARTS = 3;
/** Of all that may wait, what one look at the deadlines deals with at most; there are some in each third of the shortest time-out. */
const LATE_SHARE = 0.5;
const MIN_LATE = 2048;
/** Of a resolver that is down; one is sent each second. */
const MAX_PROBES = 8;
const HEADER_BYTES = 12;
const RESPONSE = 0x80;
const TRUNCATED = 0x02;

const NO_ANSWER: OwnAnswer = { rcode: RCODE.servFail, addresses: [], ttl: 0, reason: REASON.networkError };

/** Where answers go. Places are of the arena. */
export interface Clients {
  /** @param peer offset of who asked. Queued until `flush`. */
  readonly send: (at: number, length: number, peer: number) => void;
  /** @param place in whose room the answer is written */
  readonly answer: (slot: number, answer: OwnAnswer, place: number) => void;
  readonly flush: () => void;
}

export class Exchanges {
  readonly inFlight: InFlight;
  readonly upstreams: Upstreams;
  readonly #context: WorkerContext;
  readonly #bytes: Buffer;
  readonly #rooms: readonly number[];
  readonly #clients: Clients;
  /** Ports on which something waits to be sent. */
  readonly #queued: UpstreamPort[] = [];
  /** Which flush comes next, and for each slot the one that sends its kept query. */
  #flushes = 1;
  readonly #flushOf: Uint32Array;
  /** Of this read; 0: not looked at yet. */
  #now = 0;

  constructor(
    context: WorkerContext,
    parts: {
      readonly arena: Arena;
      readonly datagrams: Datagrams;
      readonly random: RandomNumbers;
      readonly clients: Clients;
      readonly capacity: number;
    },
  ) {
    const { arena, datagrams, random, clients, capacity } = parts;
    this.#context = context;
    this.#bytes = arena.bytes;
    this.#rooms = arena.rooms;
    this.#clients = clients;
    this.inFlight = new InFlight(capacity, arena.bytes, arena.own, random);
    this.#flushOf = new Uint32Array(capacity);
    this.upstreams = new Upstreams({
      datagrams,
      random,
      events: (port) => ({
        received: (at, length) => this.#answered(port, at, length),
        afterRead: () => this.#endRead(),
        unreachable: () => this.#unreachable(port),
      }),
    });
  }

  /** Asks these from now on. Rejects if there are no sockets for that. */
  async use(upstream: readonly DatagramEnd[]): Promise<void> {
    await this.upstreams.use(upstream, this.#terms, this.#context.clock.precise());
  }

  /**
   * Where the query lies must stay as it is until `endTurn`.
   * @param most questions that may wait of its client
   */
  ask(asked: Asked, unlessSigned: OwnAnswer | null, most: number): void {
    const { inFlight } = this;
    const now = this.#time();
    const waiting = inFlight.find(asked);
    if (waiting >= 0) return this.#sendAgain(waiting);
    if (asked.share.taken >= most) return this.#context.counters.dnsDropped(DNS_DROPPED.client_limit);
    const slot = inFlight.add(asked, now);
    if (slot < 0) return this.#context.counters.dnsDropped(DNS_DROPPED.in_flight_limit);
    inFlight.unlessSigned[slot] = unlessSigned;
    const upstream = this.upstreams.first();
    if (upstream === null || !this.#send(slot, upstream, asked.at)) {
      inFlight.remove(slot);
      return this.#context.counters.dnsDropped(DNS_DROPPED.no_port);
    }
    // One that is down gets a query as well, now and then.
    const probed = this.upstreams.toProbe(now);
    if (probed === null || probed === upstream || !inFlight.isKept(slot)) return;
    if (!this.#send(slot, probed, inFlight.query(slot))) return;
    const port = inFlight.lastPort(slot);
    if (port !== null) probed.probes = [...probed.probes, { port, id: inFlight.lastId(slot) }].slice(-MAX_PROBES);
  }

  /** Sends all that was queued. What comes next goes out by another port. */
  endTurn(): void {
    this.#flush();
    this.upstreams.endTurn();
    this.#now = 0;
  }

  /** About four times a second. */
  sweep(): void {
    const now = this.#time();
    const { timeoutMs } = this.#context.config.resolver.front;
    const most = Math.max(MIN_LATE, this.inFlight.capacity * LATE_SHARE);
    for (let i = 0; i < most; i++) {
      const slot = this.inFlight.oldest;
      if (slot < 0 || now - (this.inFlight.sentAt[slot] ?? 0) < timeoutMs / PARTS) break;
      // In the rooms by turns: each is sent before it is written again.
      this.#late(slot, now, { timeoutMs, place: this.#rooms[i % ROOMS] ?? 0 });
      if (i % ROOMS === ROOMS - 1) this.#clients.flush();
    }
    this.#clients.flush();
    const drops = this.upstreams.sweep(this.#terms, now);
    if (drops > 0) this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.receive_buffer, drops);
    this.endTurn();
    this.#clients.flush();
  }

  close(): void {
    this.upstreams.close();
  }

  get #terms(): PortTerms {
    const { udpPorts, portLifeMs, timeoutMs, receiveBufferBytes } = this.#context.config.resolver.front;
    return { count: udpPorts, lifeMs: portLifeMs, waitMs: timeoutMs, receiveBuffer: receiveBufferBytes };
  }

  #time(): number {
    if (this.#now === 0) this.#now = this.#context.clock.precise();
    return this.#now;
  }

  /** @param at where the message lies. @returns false if it could not be sent. */
  #send(slot: number, upstream: Upstream, at: number): boolean {
    const port = upstream.port();
    const id = port === null ? -1 : this.inFlight.attempt(slot, port, this.#time());
    if (port === null || id < 0) return false;
    this.#queue(port, id, slot, at);
    return true;
  }

  /** As it was sent last: the client has sent it again. */
  #sendAgain(slot: number): void {
    const port = this.inFlight.lastPort(slot);
    if (port === null || !this.inFlight.isKept(slot)) return;
    this.#queue(port, this.inFlight.lastId(slot), slot, this.inFlight.query(slot));
  }

  #queue(port: UpstreamPort, id: number, slot: number, at: number): void {
    // Two copies of one query with different ids would lie at one place.
    if (at === this.inFlight.query(slot)) {
      if (this.#flushOf[slot] === this.#flushes) this.#flush();
      this.#flushOf[slot] = this.#flushes;
    }
    const bytes = this.#bytes;
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    const head = this.inFlight.headBytes[slot] ?? 0;
    port.socket.queue(at - head, head + (this.inFlight.length[slot] ?? 0), -1);
    if (port.isQueued) return;
    port.isQueued = true;
    this.#queued.push(port);
  }

  #flush(): void {
    this.#flushes = (this.#flushes + 1) >>> 0;
    for (const port of this.#queued) {
      port.isQueued = false;
      port.socket.flush();
    }
    this.#queued.length = 0;
  }

  // ── Answers ──

  #answered(port: UpstreamPort, at: number, length: number): void {
    const { inFlight } = this;
    const { counters } = this.#context;
    const bytes = this.#bytes;
    const id = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const isResponse = length >= HEADER_BYTES && ((bytes[at + 2] ?? 0) & RESPONSE) !== 0;
    const slot = isResponse ? inFlight.slotOf(id, port) : -1;
    if (slot < 0 || !(inFlight.isOfQuestion(slot, at, length) || isBareError(bytes, at))) {
      if (isResponse && this.#isOfProbe(port, id)) return;
      port.strange += 1;
      return counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.unexpected_answer);
    }
    const now = this.#time();
    port.upstream.lastAnswerAt = now;
    port.upstream.isDown = false;
    counters.dnsUpstreamDuration((now - (inFlight.startedAt[slot] ?? now)) / 1000);
    const instead = inFlight.unlessSigned[slot] ?? null;
    // One that is cut off (TC) says nothing about signatures: the client asks over TCP.
    if (instead !== null && ((bytes[at + 2] ?? 0) & TRUNCATED) === 0 && !this.#isSigned(at, length))
      this.#clients.answer(slot, instead, at);
    else {
      const clientId = inFlight.clientId[slot] ?? 0;
      bytes[at] = clientId >>> 8;
      bytes[at + 1] = clientId;
      this.#clients.send(at, length, inFlight.peer(slot));
    }
    // Its place is not given to another one before this read is over.
    inFlight.remove(slot);
  }

  /** Another one has answered before it. Whoever would forge that has the id and the port to guess, as of any answer. */
  #isOfProbe(port: UpstreamPort, id: number): boolean {
    const { upstream } = port;
    if (!upstream.probes.some((probe) => probe.port === port && probe.id === id)) return false;
    upstream.probes = [];
    upstream.isDown = false;
    return true;
  }

  #isSigned(at: number, length: number): boolean {
    if (!hasSignature(this.#bytes, at, at + length)) return false;
    this.#context.counters.dnsSigned();
    return true;
  }

  #endRead(): void {
    this.#clients.flush();
    this.#now = 0;
  }

  // ── No answers ──

  /** Nobody listens there: what waits goes to another one at once. */
  #unreachable(port: UpstreamPort): void {
    const { inFlight } = this;
    const now = this.#time();
    this.#context.counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.unreachable);
    this.upstreams.markDown(port.upstream, now);
    let slot = port.waiting > 0 ? inFlight.oldest : -1;
    for (let left = inFlight.size; slot >= 0 && left > 0; left--) {
      const next = inFlight.after(slot);
      if (inFlight.lastPort(slot) === port) this.#askAnother(slot);
      slot = next;
    }
    this.endTurn();
  }

  #late(slot: number, now: number, { timeoutMs, place }: { readonly timeoutMs: number; readonly place: number }): void {
    const { inFlight } = this;
    const { counters } = this.#context;
    const last = inFlight.lastPort(slot);
    if (last !== null && last.upstream.lastAnswerAt < (inFlight.sentAt[slot] ?? 0)) {
      // It has said nothing at all since then.
      this.upstreams.markDown(last.upstream, now);
    }
    if (now - (inFlight.startedAt[slot] ?? 0) >= timeoutMs) {
      counters.dnsUpstreamError(DNS_UPSTREAM_ERROR.timeout);
      this.#clients.answer(slot, NO_ANSWER, place);
      return inFlight.remove(slot);
    }
    if (!this.#askAnother(slot)) inFlight.postpone(slot, now);
  }

  /** @returns false if there is nobody else to ask. One that is silent altogether is asked again: it may have been started anew. */
  #askAnother(slot: number): boolean {
    const { inFlight } = this;
    if (!inFlight.isKept(slot)) return false;
    const last = inFlight.lastPort(slot)?.upstream ?? null;
    const upstream = this.upstreams.another(inFlight.triedUpstreams(slot)) ?? (last?.isDown === true ? last : null);
    return upstream !== null && this.#send(slot, upstream, inFlight.query(slot));
  }
}

/** An error without a question, as some servers send it. */
function isBareError(bytes: Buffer, at: number): boolean {
  const hasQuestion = (bytes[at + 4] ?? 0) !== 0 || (bytes[at + 5] ?? 0) !== 0;
  const rcode = (bytes[at + 3] ?? 0) & 0xf;
  return !hasQuestion && rcode !== RCODE.ok && rcode !== RCODE.noName;
}
