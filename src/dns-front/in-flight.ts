/**
 * Queries that wait for an upstream: a table of fixed size, so that nothing is allocated for a query and a flood of them is bounded.
 *
 *   client's id, address, question ──hash──▶ slot ◀──id── answer          the same question again: the slot that waits for it
 *                                            │
 *                                            └ up to 4 attempts: an id of ours and a port each; an answer to any of them counts
 *
 * Ids are random, and each of ours is in use for one attempt at a time. Slots stand in the order in which they were last
 * sent (slot-ring.ts). It must not send anything, nor know what a question means.
 */
import { peerLength, PEER_BYTES, HEAD_BYTES } from './datagrams/datagrams.ts';
import type { OwnAnswer } from '../wire/dns-answer.ts';
import type { ClientShare } from './client-shares.ts';
import type { RandomNumbers } from './random-numbers.ts';
import { NO_SLOT as NONE, SlotRing } from './slot-ring.ts';
import type { UpstreamPort } from './upstream.ts';

/** Sent to so many upstreams, or ports of one. */
const MAX_ATTEMPTS = 4;
/** Of a query that is kept to be sent again, with room for a PROXY header before it. Longer ones are sent once. */
const KEPT_BYTES = 512 - HEAD_BYTES;
const IDS = 0x1_0000;
/** So that another random one is soon found. */
const MAX_IDS_IN_USE = 0xc000;
/** Slots of one hash that are looked at. */
const MAX_CHAIN = 32;
const HEADER_BYTES = 12;

/** A query as it lies in the arena. */
export interface Asked {
  /** Of the message, behind a header that names the client. */
  at: number;
  length: number;
  /** Bytes of header and question. */
  questionBytes: number;
  /** Who sent it. */
  peer: number;
  /** Bytes of what is to be sent before the message. */
  headBytes: number;
  /** Of the client; it takes one of it. */
  share: ClientShare;
}

export class InFlight {
  /** Of the arena, that it takes. */
  static bytes(capacity: number): number {
    return capacity * (PEER_BYTES + HEAD_BYTES + KEPT_BYTES);
  }

  readonly capacity: number;
  size = 0;
  readonly clientId: Uint16Array;
  readonly length: Uint16Array;
  readonly questionBytes: Uint16Array;
  readonly headBytes: Uint8Array;
  readonly attempts: Uint8Array;
  /** What is answered unless the resolver's answer is signed; null: whatever that says. */
  readonly unlessSigned: (OwnAnswer | null)[];
  readonly startedAt: Float64Array;
  readonly sentAt: Float64Array;
  readonly #bytes: Buffer;
  readonly #peers: number;
  readonly #queries: number;
  readonly #random: Pick<RandomNumbers, 'next'>;
  readonly #seed: number;
  #idsInUse = 0;
  readonly #slotOfId = new Int32Array(IDS).fill(NONE);
  readonly #ids: Uint16Array;
  readonly #ports: (UpstreamPort | null)[];
  readonly #buckets: Int32Array;
  readonly #shares: (ClientShare | null)[];
  readonly #nextInBucket: Int32Array;
  readonly #bucketOf: Int32Array;
  /** By the time when they were sent. */
  readonly #sent: SlotRing;
  readonly #free: Int32Array;

  /** @param from where its part of the arena begins */
  constructor(capacity: number, bytes: Buffer, from: number, random: Pick<RandomNumbers, 'next'>) {
    this.capacity = capacity;
    this.#bytes = bytes;
    this.#peers = from;
    this.#queries = from + capacity * PEER_BYTES;
    this.#random = random;
    this.#seed = random.next() * IDS + random.next();
    this.clientId = new Uint16Array(capacity);
    this.length = new Uint16Array(capacity);
    this.questionBytes = new Uint16Array(capacity);
    this.headBytes = new Uint8Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.unlessSigned = Array.from({ length: capacity }, () => null);
    this.#shares = Array.from({ length: capacity }, () => null);
    this.startedAt = new Float64Array(capacity);
    this.sentAt = new Float64Array(capacity);
    this.#ids = new Uint16Array(capacity * MAX_ATTEMPTS);
    this.#ports = Array.from({ length: capacity * MAX_ATTEMPTS }, () => null);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(NONE);
    this.#nextInBucket = new Int32Array(capacity);
    this.#bucketOf = new Int32Array(capacity);
    this.#sent = new SlotRing(capacity);
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  }

  /** Of the client that asked. */
  peer(slot: number): number {
    return this.#peers + slot * PEER_BYTES;
  }

  /** Of the query that is kept, behind its head; as it is sent, but for the id. */
  query(slot: number): number {
    return this.#queries + slot * (HEAD_BYTES + KEPT_BYTES) + HEAD_BYTES;
  }

  isKept(slot: number): boolean {
    return (this.length[slot] ?? 0) <= KEPT_BYTES;
  }

  /** @returns the slot of the same question of the same client, of whichever a balancer asks for; -1 if it does not wait. */
  find({ at, questionBytes, peer, share }: Asked): number {
    const bytes = this.#bytes;
    const id = word(bytes, at);
    let slot = this.#buckets[this.#hash(id, peer) & (this.#buckets.length - 1)] ?? NONE;
    for (let i = 0; slot !== NONE && i < MAX_CHAIN; i++) {
      if (
        this.clientId[slot] === id &&
        this.questionBytes[slot] === questionBytes &&
        this.#shares[slot] === share &&
        isSame(bytes, this.peer(slot), peer, peerLength(bytes, peer)) &&
        isSame(bytes, this.query(slot) + HEADER_BYTES, at + HEADER_BYTES, questionBytes - HEADER_BYTES)
      )
        return slot;
      slot = this.#nextInBucket[slot] ?? NONE;
    }
    return NONE;
  }

  /** Keeps the query. @returns its slot; -1 if there is none. */
  add(asked: Asked, now: number): number {
    if (this.size === this.capacity) return NONE;
    const slot = this.#free[this.capacity - 1 - this.size] ?? NONE;
    this.size += 1;
    const bytes = this.#bytes;
    const { at, length, peer, headBytes } = asked;
    const id = word(bytes, at);
    this.clientId[slot] = id;
    this.length[slot] = length;
    this.questionBytes[slot] = asked.questionBytes;
    this.headBytes[slot] = headBytes;
    this.attempts[slot] = 0;
    this.startedAt[slot] = now;
    this.#shares[slot] = asked.share;
    asked.share.taken += 1;
    bytes.copyWithin(this.peer(slot), peer, peer + PEER_BYTES);
    bytes.copyWithin(this.query(slot) - headBytes, at - headBytes, at + Math.min(length, KEPT_BYTES));
    const bucket = this.#hash(id, peer) & (this.#buckets.length - 1);
    this.#bucketOf[slot] = bucket;
    this.#nextInBucket[slot] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = slot;
    this.#sendAt(slot, now);
    return slot;
  }

  /** @returns the id for one more attempt by that port; -1 if there were enough. */
  attempt(slot: number, port: UpstreamPort, now: number): number {
    const attempts = this.attempts[slot] ?? 0;
    if (attempts === MAX_ATTEMPTS || this.#idsInUse === MAX_IDS_IN_USE) return NONE;
    this.#idsInUse += 1;
    let id = this.#random.next();
    while (this.#slotOfId[id] !== NONE) id = this.#random.next();
    this.#slotOfId[id] = slot;
    const place = slot * MAX_ATTEMPTS + attempts;
    this.#ids[place] = id;
    this.#ports[place] = port;
    port.waiting += 1;
    this.attempts[slot] = attempts + 1;
    this.postpone(slot, now);
    return id;
  }

  /** @returns the slot that an answer with this id, come by that port, is for; -1 if there is none. */
  slotOf(id: number, port: UpstreamPort): number {
    const slot = this.#slotOfId[id] ?? NONE;
    if (slot === NONE) return NONE;
    const first = slot * MAX_ATTEMPTS;
    for (let place = first + (this.attempts[slot] ?? 0) - 1; place >= first; place--)
      if (this.#ids[place] === id) return this.#ports[place] === port ? slot : NONE;
    return NONE;
  }

  /** Whether the message repeats the question: names in upper or lower case. */
  isOfQuestion(slot: number, at: number, length: number): boolean {
    const questionBytes = this.questionBytes[slot] ?? 0;
    if (length < questionBytes) return false;
    const bytes = this.#bytes;
    const kept = this.query(slot);
    for (let i = HEADER_BYTES; i < questionBytes; i++) {
      const a = bytes[at + i] ?? 0;
      const b = bytes[kept + i] ?? 0;
      if (a !== b && ((a ^ b) !== 0x20 || !isLetter(a))) return false;
    }
    return true;
  }

  /** The last port that it was sent by, and the id that it had there. */
  lastPort(slot: number): UpstreamPort | null {
    return this.#ports[slot * MAX_ATTEMPTS + (this.attempts[slot] ?? 0) - 1] ?? null;
  }

  lastId(slot: number): number {
    return this.#ids[slot * MAX_ATTEMPTS + (this.attempts[slot] ?? 0) - 1] ?? 0;
  }

  /** Bit i: it was sent to the upstream of that index. */
  triedUpstreams(slot: number): number {
    let tried = 0;
    const first = slot * MAX_ATTEMPTS;
    for (let place = first; place < first + (this.attempts[slot] ?? 0); place++)
      tried |= 1 << (this.#ports[place]?.upstream.index ?? 0);
    return tried;
  }

  /** The slot that waits since the longest time for what was sent last; -1 if none waits. */
  get oldest(): number {
    return this.#sent.oldest;
  }

  /** The slot that was sent next after that one. */
  after(slot: number): number {
    return this.#sent.after(slot);
  }

  /** It waits anew from now on, though nothing was sent. */
  postpone(slot: number, now: number): void {
    this.#sent.remove(slot);
    this.#sendAt(slot, now);
  }

  remove(slot: number): void {
    const first = slot * MAX_ATTEMPTS;
    for (let place = first; place < first + (this.attempts[slot] ?? 0); place++) {
      this.#slotOfId[this.#ids[place] ?? 0] = NONE;
      this.#idsInUse -= 1;
      const port = this.#ports[place];
      if (port !== undefined && port !== null) port.waiting -= 1;
      this.#ports[place] = null;
    }
    this.unlessSigned[slot] = null;
    const share = this.#shares[slot];
    if (share !== undefined && share !== null) share.taken -= 1;
    this.#shares[slot] = null;
    this.#leaveBucket(slot);
    this.#sent.remove(slot);
    this.size -= 1;
    this.#free[this.capacity - 1 - this.size] = slot;
  }

  #leaveBucket(slot: number): void {
    const bucket = this.#bucketOf[slot] ?? 0;
    const next = this.#nextInBucket[slot] ?? NONE;
    let at = this.#buckets[bucket] ?? NONE;
    if (at === slot) {
      this.#buckets[bucket] = next;
      return;
    }
    while (at !== NONE && this.#nextInBucket[at] !== slot) at = this.#nextInBucket[at] ?? NONE;
    if (at !== NONE) this.#nextInBucket[at] = next;
  }

  #sendAt(slot: number, now: number): void {
    this.sentAt[slot] = now;
    this.#sent.add(slot);
  }

  /** Clients choose ids and ports: the seed keeps them from choosing chains. */
  #hash(id: number, peer: number): number {
    const bytes = this.#bytes;
    let hash = this.#seed ^ id;
    const end = peer + peerLength(bytes, peer);
    for (let at = peer; at < end; at += 4) {
      const four = word(bytes, at) * IDS + word(bytes, at + 2);
      hash = Math.imul(hash ^ four, 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}

function word(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isSame(bytes: Buffer, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
