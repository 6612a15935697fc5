/**
 * What a TLS client sends behind its ClientHello, until it is known whether it says hello again. A server that asks for another key
 * (HelloRetryRequest, RFC 8446 §4.1.4) gets a second ClientHello, in clear, that must name whom the first one named (§4.1.2); OpenSSL and
 * others show the certificate of whom the second one names. Pure and total.
 *
 *   hello │ (ChangeCipherSpec, alerts, early data)* ─┬─ hello ─┬─ the same names ─▶ over
 *                                                    │         └─ other ones, or none that can be read ─▶ other
 *                                                    └─ anything else ──────────────────────────────────▶ over
 *
 * Bytes go on while they are read: no server acts on part of a hello. It must not judge a name.
 */
import { ClientHello } from './client-hello.ts';
import { NEED_MORE } from './field-section.ts';

export const AGAIN = {
  /** It may come. */
  open: 0,
  /** It does not come, or names the same. */
  over: 1,
  /** It came, and names somebody else. */
  other: 2,
} as const;
export type AgainState = (typeof AGAIN)[keyof typeof AGAIN];

const RECORD_HEADER = 5;
const TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;
/** Bytes of records before a second hello: servers throw no more early data away. */
const MAX_BETWEEN = 65_536;
/**
 * Type, length and the first byte of the version: by these a hello is told from what TLS 1.2 encrypts behind a ChangeCipherSpec. Of the version servers
 * ask only that it is later than SSL 3.0 (OpenSSL).
 */
const BEGINNING = 5;
const CLIENT_HELLO = 1;
const MAJOR = 3;
/** As the most significant byte of a length: none is longer (131,396 bytes), since its suites and its extensions have 64 KiB each. */
const MAX_LENGTH_BYTE = 2;
const MESSAGE_HEADER = 4;
const FIRST_BYTES = 512;
const NO_BYTES: Buffer = Buffer.alloc(0);

export class SecondHello {
  readonly #names: readonly string[];
  readonly #maxBytes: number;
  readonly #mayBeEarly: boolean;
  #state: AgainState = AGAIN.open;
  /** Bytes of the first hello, or of a record between, that are still to come. */
  #toSkip: number;
  #between = 0;
  #hasChanged = false;
  /** Part of a record's header; of a record of the handshake, and from there on, all that came: `#length` bytes. */
  #held: Buffer = NO_BYTES;
  #length = 0;
  /** It is known that what is held begins as a hello does. */
  #isHello = false;
  #second: ClientHello | null = null;

  /**
   * @param first hello, which has been read. @param length bytes of it, with the headers of its records
   * @param maxBytes of the second one, in the same way
   */
  constructor(first: ClientHello, length: number, maxBytes: number) {
    this.#names = namesOf(first);
    this.#mayBeEarly = first.hasEarlyData;
    this.#toSkip = length;
    this.#maxBytes = maxBytes;
  }

  /** Reads on: the first hello itself comes first. What has been decided stays. */
  read(bytes: Buffer): AgainState {
    for (let at = 0; this.#state === AGAIN.open && at < bytes.length;) {
      const skipped = Math.min(this.#toSkip, bytes.length - at);
      this.#toSkip -= skipped;
      at += skipped;
      const missing = RECORD_HEADER - this.#length;
      const next = missing > 0 ? Math.min(bytes.length, at + missing) : bytes.length;
      this.#hold(bytes, at, next);
      at = next;
      if (this.#length === RECORD_HEADER && this.#second === null) this.#header();
      else if (this.#second !== null) this.#readOn(this.#second);
    }
    if (this.#state !== AGAIN.open) this.#forget();
    return this.#state;
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#held.length) {
      const larger = Buffer.alloc(Math.max(FIRST_BYTES, 2 * this.#held.length, needed));
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#length, start, end);
    this.#length = needed;
  }

  #forget(): void {
    this.#held = NO_BYTES;
    this.#second = null;
  }

  /** A header has come whole. */
  #header(): void {
    const type = this.#held.readUInt8(0);
    if (type === TYPE.handshake) {
      this.#second = new ClientHello();
      this.#second.begin(0, this.#maxBytes);
      return;
    }
    const isBetween = type === TYPE.changeCipherSpec || type === TYPE.alert || (type === TYPE.data && this.#mayBeEarly);
    this.#toSkip = this.#held.readUInt16BE(RECORD_HEADER - 2);
    this.#between += RECORD_HEADER + this.#toSkip;
    this.#hasChanged ||= type === TYPE.changeCipherSpec;
    this.#length = 0;
    if (!isBetween || this.#between > MAX_BETWEEN) this.#state = AGAIN.over;
  }

  #readOn(second: ClientHello): void {
    if (!this.#isHello && !this.#beginsAsHello()) {
      this.#state = AGAIN.over;
      return;
    }
    if (this.#isCutShort()) return;
    const outcome = second.parse(this.#held, this.#length);
    if (outcome === NEED_MORE) return;
    this.#state = outcome > 0 && isSame(namesOf(second), this.#names) ? AGAIN.over : AGAIN.other;
  }

  /**
   * What TLS 1.2 encrypts may begin as a hello by chance, and has data behind it. A hello that its first record does not hold goes on in the next one: no
   * server takes data in between (RFC 8446 §5.1), but where it throws early data away. ChangeCipherSpec and warnings OpenSSL passes over there.
   * @returns whether there is nothing to be read yet, or any more
   */
  #isCutShort(): boolean {
    const end = RECORD_HEADER + this.#held.readUInt16BE(RECORD_HEADER - 2);
    if (this.#mayBeEarly || Math.min(end, this.#length) < RECORD_HEADER + MESSAGE_HEADER) return false;
    if (RECORD_HEADER + MESSAGE_HEADER + this.#held.readUIntBE(RECORD_HEADER + 1, 3) <= end) return false;
    if (this.#length <= end) return true;
    const isOver = this.#held.readUInt8(end) === TYPE.data;
    if (isOver) this.#state = AGAIN.over;
    return isOver;
  }

  /**
   * Whether what has come of the message's first bytes may be a hello's. Nobody but a hello has so few of them in a record; what stands between is none of
   * them: OpenSSL passes over a warning there, GnuTLS over a ChangeCipherSpec, and no hello is read in one way around it.
   */
  #beginsAsHello(): boolean {
    const held = this.#held;
    let count = 0;
    for (let at = 0; at + RECORD_HEADER < this.#length && count < BEGINNING;) {
      const body = at + RECORD_HEADER;
      this.#isHello = held.readUInt8(at) !== TYPE.handshake;
      if (this.#isHello) return true;
      at = body + held.readUInt16BE(body - 2);
      for (let i = body; i < Math.min(at, this.#length) && count < BEGINNING; i++, count++)
        if (!this.#mayBe(held.readUInt8(i), count)) return false;
    }
    this.#isHello = count === BEGINNING;
    return true;
  }

  #mayBe(byte: number, index: number): boolean {
    if (index === 0) return byte === CLIENT_HELLO;
    if (!this.#hasChanged) return true;
    return index === 1 ? byte <= MAX_LENGTH_BYTE : index !== BEGINNING - 1 || byte >= MAJOR;
  }
}

function namesOf(hello: ClientHello): readonly string[] {
  return Array.from({ length: hello.nameCount }, (_, index) => hello.name(index));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
