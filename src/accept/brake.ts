/**
 * The brake on enumeration (requirement 52): who collects refusals of many different entries in a short time is looking for what is on the
 * list. From then on each refusal, a repeated one too, holds up the client for a while: no head
 * of it is read, whatever it asks for, so that a refusal cannot be told by its being late.
 *
 *   refusal ─▶ keyed hash of client and entry ─▶ a bit in the client's field ─▶ many bits ─▶ held ─▶ sweep ─▶ read again
 *
 * Nothing is asked of it before a verdict but whether anybody is held at all. What is kept says nothing of anybody without the key, which
 * is dropped with all of it when the window ends; who is held is known by his prefix, for that time. It must not count what passes.
 */
import { randomBytes } from 'node:crypto';
import type { BrakeConfig } from '../config/types.ts';
import { HalfSipHash } from '../match/half-sip-hash.ts';

/** Whose connections count together. */
export interface BrakedClient {
  /** Bytes, not text. */
  readonly prefix: string;
  /** One customer or few. Addresses that many share, and this machine's own, are never held up. */
  readonly isOneClient: boolean;
}

interface Hit {
  readonly list: number;
  readonly entry: bigint;
}

/** Clients that are remembered in a window; beyond, the oldest is forgotten. */
const MAX_CLIENTS = 4096;
/** Bits of a client. So many entries set so few of them that their number can be told from it. */
const BITS = 256;
const WORDS = BITS / 32;

export class Brake {
  readonly #slowed: () => void;
  #config: BrakeConfig;
  #hash = newHash();
  /** By the keyed hash of a client. */
  readonly #seen = new Map<number, Int32Array>();
  #windowEnds = 0;
  /** Whose heads are not read, and what waits for that. */
  readonly #held = new Map<string, Held>();

  /** @param slowed is called each time a client is held. */
  constructor(config: BrakeConfig, slowed: () => void) {
    this.#config = config;
    this.#slowed = slowed;
  }

  configure(config: BrakeConfig): void {
    this.#config = config;
  }

  /** The client was refused an entry. `now`: coarse time of the thread. */
  hit(client: BrakedClient, hit: Hit, now: number): void {
    const { differentHits, windowMs, pauseMs } = this.#config;
    if (differentHits === 0 || !client.isOneClient) return;
    if (now >= this.#windowEnds) this.#begin(now + windowMs);
    if (this.#different(client.prefix, hit) > differentHits) this.#hold(client.prefix, now + pauseMs);
  }

  /** Called before each head: one comparison as long as nobody is held. */
  holds({ prefix }: BrakedClient): boolean {
    return this.#held.size > 0 && this.#held.has(prefix);
  }

  /** Calls back once the client is held no more. */
  wait({ prefix }: BrakedClient, readOn: () => void): void {
    this.#held.get(prefix)?.waiting.push(readOn);
  }

  /** Called by the thread's timer. */
  sweep(now: number): void {
    for (const [prefix, { until, waiting }] of this.#held) {
      if (until > now) continue;
      this.#held.delete(prefix);
      // The first may be refused again, and then holds the others.
      for (const readOn of waiting) readOn();
    }
  }

  #hold(prefix: string, until: number): void {
    const held = this.#held.get(prefix);
    if (held === undefined) this.#held.set(prefix, { until, waiting: [] });
    else held.until = until;
    this.#slowed();
  }

  /** @returns about how many different entries the client has been refused, this one included. */
  #different(prefix: string, { list, entry }: Hit): number {
    const [client, bit] = this.#hash(prefix, list, entry);
    const field = this.#fieldOf(client);
    const word = bit >>> 5;
    field[word] = (field[word] ?? 0) | (1 << (bit & 31));
    return countFrom(field);
  }

  #fieldOf(client: number): Int32Array {
    const known = this.#seen.get(client);
    if (known !== undefined) return known;
    const [oldest] = this.#seen.size < MAX_CLIENTS ? [] : this.#seen.keys();
    if (oldest !== undefined) this.#seen.delete(oldest);
    const field = new Int32Array(WORDS);
    this.#seen.set(client, field);
    return field;
  }

  #begin(end: number): void {
    this.#windowEnds = end;
    this.#seen.clear();
    this.#hash = newHash();
  }
}

interface Held {
  until: number;
  readonly waiting: (() => void)[];
}

/** Gives of a client and an entry a number for the client, and a bit for both together. */
type HitHash = (prefix: string, list: number, entry: bigint) => readonly [number, number];

function newHash(): HitHash {
  const hash = new HalfSipHash(randomBytes(8));
  const cuts = new Int32Array(2);
  const out = { low: new Int32Array(2), high: new Int32Array(2) };
  return (prefix, list, entry) => {
    const bytes = Buffer.alloc(prefix.length + 9);
    bytes.write(prefix, 'latin1');
    cuts[0] = prefix.length;
    bytes[prefix.length] = list;
    bytes.writeBigUInt64LE(BigInt.asUintN(64, entry), prefix.length + 1);
    cuts[1] = bytes.length;
    hash.hashPrefixes(bytes, cuts, 2, out);
    // 53 bits: as many as a number holds.
    const client = (out.low[0] ?? 0) * 0x20_0000 + ((out.high[0] ?? 0) >>> 11);
    return [client, (out.low[1] ?? 0) & (BITS - 1)];
  };
}

/** Linear counting (Whang, Vander-Zanden, Taylor 1990): entries that share a bit are reckoned in. */
function countFrom(field: Int32Array): number {
  let set = 0;
  for (const word of field) set += bitsIn(word);
  return set === BITS ? Infinity : BITS * Math.log(BITS / (BITS - set));
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
