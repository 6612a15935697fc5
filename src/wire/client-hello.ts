/**
 * The ClientHello that a TLS client begins with (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2): the server names it asks for (RFC 6066 §3),
 * and whether part of it is encrypted (ECH). Pure and total: any bytes give an offset, NEED_MORE, MALFORMED or TOO_LONG.
 *
 *   TCP pieces ─▶ records  16 03 01 len │ 01 len version random … │ 16 03 01 len │ … 00 00 len (00 len host.example) …
 *                             └─ one holds the message: read where it lies          └─ several: joined once all have come
 *
 * It reads what every server has to read to find a name, and no more: suites, groups and keys are the two sides' own business. What
 * servers could read in two ways (a length that does not fit, a record of another type in between) is malformed.
 */
import { NEED_MORE } from './field-section.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each length is compared with what is there before a byte behind it is read */

/** No ClientHello, or one that cannot be read in one way. */
export const MALFORMED = -1;
/** More bytes than permitted, records included. */
export const TOO_LONG = -2;

const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** Of SSL 3.0 and every TLS; servers look at nothing else of a record's version (RFC 8446 §5.1). */
const MAJOR = 3;
/** Of one record before encryption begins (RFC 8446 §5.1). */
const MAX_RECORD = 16_384;
/** Version and random. */
const FIXED = 34;
const SERVER_NAME = 0;
const EARLY_DATA = 42;
const SUPPORTED_VERSIONS = 43;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
/** One is permitted (RFC 6066 §3). Servers take the first, the last or none of several, so each of a few is kept. */
const MAX_NAMES = 4;
/** Bytes below which a loop is faster than a call (bench/micro/client-hello.ts). */
const SHORT_COPY = 32;

const NO_BYTES: Buffer = Buffer.alloc(0);

export class ClientHello {
  /** The version in the message: 0x0303 from TLS 1.2 on. */
  version = 0;
  /** There is an extension for ECH: the names are the outer ones. Browsers send it without a use too (GREASE). */
  hasEch = false;
  /** It speaks TLS 1.3 or later: a server may ask it to say hello again (second-hello.ts). */
  hasVersions = false;
  /** TLS 1.3 data may come behind it at once. */
  hasEarlyData = false;
  nameCount = 0;
  readonly #starts = new Int32Array(MAX_NAMES);
  readonly #ends = new Int32Array(MAX_NAMES);
  /** What the names lie in. */
  #bytes: Buffer = NO_BYTES;
  #start = 0;
  #maxBytes = 0;
  /** The record that is being read, and how much of the message lies before it. */
  #record = 0;
  #before = 0;
  /** Bytes of the message's header that were read, and what they give: its length from four on. */
  #headed = 0;
  #length = 0;

  /** `maxBytes`: of all records that it takes, from `start` on. */
  begin(start: number, maxBytes: number): void {
    this.#start = this.#record = start;
    this.#maxBytes = maxBytes;
    this.#before = this.#headed = this.#length = 0;
    this.#clear();
  }

  /**
   * Reads on in buf[start, received), where `start` was given to `begin`. The outcome is the same however the bytes came.
   *
   * @returns the offset behind the message, NEED_MORE, MALFORMED or TOO_LONG.
   */
  parse(buf: Buffer, received: number): number {
    const limit = this.#start + this.#maxBytes;
    const outcome = this.#readRecords(buf, Math.min(received, limit));
    return outcome === NEED_MORE && received >= limit ? TOO_LONG : outcome;
  }

  /** A name as it came; a byte string. */
  name(index: number): string {
    return this.#bytes.toString('latin1', this.#starts[index], this.#ends[index]);
  }

  /** A client's bytes are not kept. */
  forget(): void {
    this.#bytes = NO_BYTES;
  }

  #clear(): void {
    this.version = this.nameCount = 0;
    this.hasEch = this.hasVersions = this.hasEarlyData = false;
    this.#bytes = NO_BYTES;
  }

  #readRecords(buf: Buffer, end: number): number {
    for (;;) {
      const record = this.#record;
      if (!isRecord(buf, record, end)) return MALFORMED;
      const body = record + RECORD_HEADER;
      if (body > end) return NEED_MORE;
      const bodyEnd = body + uint16(buf, body - 2);
      const received = Math.min(bodyEnd, end);
      const fault = this.#readHeader(buf, body, received);
      if (fault < 0) return fault;
      const messageEnd = body + this.#length - this.#before;
      // What begins behind it in its record is another message, which nobody sends there (RFC 8446 §5.1) and some servers read.
      if (this.#headed === MESSAGE_HEADER && messageEnd < bodyEnd) return MALFORMED;
      if (this.#headed === MESSAGE_HEADER && messageEnd <= received) return this.#readMessage(buf, body, messageEnd);
      if (received < bodyEnd) return NEED_MORE;
      this.#before += bodyEnd - body;
      this.#record = bodyEnd;
    }
  }

  /** Type and length, which may lie in four records. Bad bytes are not waited for. */
  #readHeader(buf: Buffer, body: number, received: number): number {
    while (this.#headed < MESSAGE_HEADER) {
      const at = body + this.#headed - this.#before;
      if (at >= received) return NEED_MORE;
      if (this.#headed === 0 && buf[at] !== CLIENT_HELLO) return MALFORMED;
      // The type is 1 and shifted out: it must not count as length.
      this.#length = this.#headed === 0 ? 0 : (this.#length << 8) | buf[at]!;
      this.#headed += 1;
      if (this.#headed === MESSAGE_HEADER) this.#length += MESSAGE_HEADER;
    }
    return this.#length + RECORD_HEADER > this.#maxBytes ? TOO_LONG : 0;
  }

  /** The message ends at `end`, in the record whose body begins at `body`. */
  #readMessage(buf: Buffer, body: number, end: number): number {
    const isWhole = this.#before === 0;
    const bytes = isWhole ? buf : this.#joined(buf);
    const start = isWhole ? body : 0;
    this.#bytes = bytes;
    if (this.#readHello(bytes, start + MESSAGE_HEADER, start + this.#length)) return end;
    this.#clear();
    return MALFORMED;
  }

  /** The message without the headers of its records. */
  #joined(buf: Buffer): Buffer {
    const message = Buffer.allocUnsafe(this.#length);
    let record = this.#start;
    let have = 0;
    while (have < this.#length) {
      const body = record + RECORD_HEADER;
      const next = body + uint16(buf, body - 2);
      // A hello may come in thousands of records of one byte: no call for each.
      if (next - body >= SHORT_COPY) have += buf.copy(message, have, body, next);
      else for (let at = body; at < next && have < message.length; at++) message[have++] = buf[at]!;
      record = next;
    }
    return message;
  }

  #readHello(bytes: Buffer, start: number, end: number): boolean {
    let at = start + FIXED;
    if (at >= end) return false;
    this.version = uint16(bytes, start);
    // The session's id.
    at += 1 + bytes[at]!;
    if (at + 2 > end) return false;
    // Cipher suites.
    at += 2 + uint16(bytes, at);
    if (at >= end) return false;
    // Compression methods.
    at += 1 + bytes[at]!;
    // Before there were extensions it ended here (RFC 5246 §7.4.1.2).
    if (at === end) return true;
    return at + 2 <= end && at + 2 + uint16(bytes, at) === end && this.#readExtensions(bytes, at + 2, end);
  }

  #readExtensions(bytes: Buffer, start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      if (at + 4 > end) return false;
      const type = uint16(bytes, at);
      const next = at + 4 + uint16(bytes, at + 2);
      if (next > end) return false;
      if (type === SERVER_NAME && !this.#readNames(bytes, at + 4, next)) return false;
      if (type === ENCRYPTED_CLIENT_HELLO) this.hasEch = true;
      else if (type === SUPPORTED_VERSIONS) this.hasVersions = true;
      else if (type === EARLY_DATA) this.hasEarlyData = true;
      at = next;
    }
    return true;
  }

  /**
   * An empty extension, list or name is not valid; it names nobody, whoever reads it. There is one type of name, for hosts, and Tomcat looks at no type:
   * what has another one is a name too.
   */
  #readNames(bytes: Buffer, start: number, end: number): boolean {
    if (start === end) return true;
    if (start + 2 > end || start + 2 + uint16(bytes, start) !== end) return false;
    let at = start + 2;
    while (at < end) {
      if (at + 3 > end) return false;
      const name = at + 3;
      const next = name + uint16(bytes, at + 1);
      if (next > end) return false;
      if (next > name && !this.#keepName(name, next)) return false;
      at = next;
    }
    return true;
  }

  #keepName(start: number, end: number): boolean {
    if (this.nameCount === MAX_NAMES) return false;
    this.#starts[this.nameCount] = start;
    this.#ends[this.nameCount] = end;
    this.nameCount += 1;
    return true;
  }
}

/** Whether what has come of a record's header can begin one with part of a handshake message, which is never empty (RFC 8446 §5.1). */
function isRecord(buf: Buffer, record: number, end: number): boolean {
  const received = end - record;
  if (received > 0 && buf[record] !== HANDSHAKE) return false;
  if (received > 1 && buf[record + 1] !== MAJOR) return false;
  if (received < RECORD_HEADER) return true;
  const length = uint16(buf, record + 3);
  return length > 0 && length <= MAX_RECORD;
}

function uint16(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
