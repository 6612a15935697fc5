/**
 * Strict request head parser of explicit mode (RFC 9112 §2-6). Pure and total: any bytes give a length, NEED_MORE or a
 * negated status; nothing is thrown. What it accepts can be judged and forwarded without a second reading.
 *
 * One parser a thread serves all connections whose head arrives in one piece; a connection whose head is split keeps a
 * parser of its own until the head is complete.
 */
import {
  BYTE_CLASS,
  DIGIT,
  SP,
  TARGET,
  TOKEN,
  byteString,
  endOfClass,
  equalsIgnoreCase,
  parseDecimal,
} from './bytes.ts';
import { FIELD } from './field-names.ts';
import { FieldSection, NEED_MORE } from './field-section.ts';
import { CONNECTION, readConnection } from './connection-field.ts';
import { isConnectionBound } from './bound-authentication.ts';
import { isValidHost } from './host-field.ts';
import type { LineScan } from './line-scan.ts';
import { MAX_LIST_ELEMENTS, listElements } from './list-elements.ts';

/* oxlint-disable typescript/no-non-null-assertion -- bytes lie below an end that was checked before, fields below `count`; a table has a row for each byte, id and method */

export const METHOD = {
  other: 0,
  get: 1,
  head: 2,
  post: 3,
  put: 4,
  delete: 5,
  options: 6,
  connect: 7,
  trace: 8,
  patch: 9,
} as const;

export type Method = (typeof METHOD)[keyof typeof METHOD];

const METHOD_NAMES: readonly (readonly [string, Method])[] = [
  ['GET', METHOD.get],
  ['HEAD', METHOD.head],
  ['POST', METHOD.post],
  ['PUT', METHOD.put],
  ['DELETE', METHOD.delete],
  ['OPTIONS', METHOD.options],
  ['CONNECT', METHOD.connect],
  ['TRACE', METHOD.trace],
  ['PATCH', METHOD.patch],
];

export interface RequestHeadLimits {
  /** Bytes of the request line, its CRLF left out. */
  readonly requestLineBytes: number;
  readonly headerBytes: number;
  readonly headerCount: number;
}

const MAX_METHOD = 64;
/** Bytes from which on the scan is asked for the end of the target too. */
const MIN_TAKEN = 256;
/** 1: a list whose elements are read, here or behind the verdict; all of a head's together have MAX_LIST_ELEMENTS. */
const IS_LIST: Uint8Array = (() => {
  const lists = new Uint8Array(32);
  for (const id of [FIELD.connection, FIELD.via, FIELD.upgrade, FIELD.transferEncoding]) lists[id] = 1;
  return lists;
})();
/** What the request line has behind its target, without CRLF: ` HTTP/1.1`. */
const AFTER_TARGET = 9;
const ANY_DIGIT = 0x30;
/** As bytes, which are read faster than a string (bench/micro/request-head.ts); `0` stands for any digit. */
const VERSION_LINE: Uint8Array = Buffer.from('HTTP/0.0\r\n', 'latin1');

/** `contentLength` of a request without a body, and of one that is chunked. */
export const NO_BODY = 0;
export const CHUNKED = -1;

export class RequestHead {
  readonly fields: FieldSection;
  readonly #maxLine: number;
  /** A value of METHOD. */
  method: Method = METHOD.other;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  minor = 1;
  /** Bytes of the body, NO_BODY or CHUNKED. */
  contentLength: number = NO_BODY;
  /** A Content-Length was given, 0 included. */
  hasLength = false;
  /** Bits of CONNECTION. */
  connection = 0;
  hasUpgrade = false;
  hasVia = false;
  /** X-Forwarded-For or Forwarded is there. */
  hasForwarded = false;
  /** The request carries connection-bound authentication (NTLM, Negotiate): RFC 4559. */
  bindsConnection = false;
  #start = 0;
  #fieldsStart = 0;
  /** How far into the request line the last call came; that was its target. */
  #scan = 0;
  #isInTarget = false;

  /** @param lineScan left out: the thread's; null: none */
  constructor(limits: RequestHeadLimits, lineScan?: LineScan | null) {
    this.fields = new FieldSection(limits.headerCount, limits.headerBytes, lineScan);
    this.#maxLine = limits.requestLineBytes;
  }

  /** Start of the method in the buffer. */
  get start(): number {
    return this.#start;
  }

  begin(start: number): void {
    this.#start = this.#scan = start;
    this.#fieldsStart = 0;
    this.#isInTarget = false;
  }

  /**
   * Reads a head that begins at the offset given to `begin` in buf[.., end). Returns the offset behind the head,
   * NEED_MORE, or a negated status (400, 414, 431, 501, 505).
   */
  parse(buf: Buffer, end: number): number {
    let isTaken = false;
    if (this.#fieldsStart === 0) {
      // Once a head at most: what comes byte by byte would be copied again for each.
      isTaken =
        this.#scan === this.#start && end - this.#start >= MIN_TAKEN && this.fields.lineScan?.take(buf) === true;
      const outcome = this.#parseLine(buf, end, isTaken);
      if (outcome <= 0) return outcome;
      this.#fieldsStart = outcome;
      this.fields.begin(outcome);
    }
    const after = this.fields.parse(buf, this.#fieldsStart, end, isTaken);
    if (after <= 0) return after;
    const fault = this.#readFields(buf);
    return fault < 0 ? fault : after;
  }

  /** `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3); returns the offset behind it. */
  #parseLine(buf: Buffer, end: number, isTaken: boolean): number {
    const start = this.#start;
    let i = this.#scan;
    if (!this.#isInTarget) {
      i = endOfClass(buf, i, end, TOKEN);
      // RFC 9112 §3: longer than any we know.
      if (i - start > MAX_METHOD) return -501;
      if (i === end) return this.#wait(i);
      if (buf[i] !== SP || i === start) return -400;
      this.methodEnd = i;
      this.targetStart = ++i;
      this.#isInTarget = true;
    }
    const scan = isTaken ? this.fields.lineScan : null;
    i = scan === null ? endOfClass(buf, i, end, TARGET) : scan.endOfTarget(i, end);
    if (i - start + AFTER_TARGET > this.#maxLine) return -414;
    if (i === end) return this.#wait(i);
    if (buf[i] !== SP || i === this.targetStart) return -400;
    this.targetEnd = this.#scan = i;
    const version = this.#parseVersion(buf, i + 1, end);
    if (version > 0) this.method = methodOf(buf, start, this.methodEnd);
    return version;
  }

  /** A line that comes byte by byte costs one step a byte: it is not read from its start again. */
  #wait(scan: number): number {
    this.#scan = scan;
    return NEED_MORE;
  }

  /** `HTTP/1.0` or `HTTP/1.1` and CRLF. Case matters (RFC 9112 §2.3). */
  #parseVersion(buf: Buffer, start: number, end: number): number {
    // Nearly all are so.
    if (isVersion11(buf, start, end)) {
      this.minor = 1;
      return start + VERSION_LINE.length;
    }
    const length = Math.min(end - start, VERSION_LINE.length);
    // Bad bytes are not waited for (requirement 19).
    for (let i = 0; i < length; i++) {
      const want = VERSION_LINE[i]!;
      if (want === ANY_DIGIT ? (BYTE_CLASS[buf[start + i]!]! & DIGIT) === 0 : buf[start + i] !== want) return -400;
    }
    if (length < VERSION_LINE.length) return NEED_MORE;
    const minor = buf[start + 7]! - ANY_DIGIT;
    if (buf[start + 5] !== ANY_DIGIT + 1 || minor > 1) return -505;
    this.minor = minor;
    return start + length;
  }

  /** Host, framing and connection options; a negated status where they break the grammar. */
  #readFields(buf: Buffer): number {
    const fields = this.fields;
    let hosts = 0;
    let lengths = 0;
    let codings = 0;
    let elements = 0;
    this.contentLength = NO_BODY;
    this.connection = 0;
    this.hasUpgrade = this.hasVia = this.hasForwarded = this.bindsConnection = false;
    const { ids, count, valueStarts, valueEnds } = fields;
    for (let k = 0; k < count; k++) {
      const id = ids[k]!;
      if (id === FIELD.other) continue;
      const start = valueStarts[k]!;
      const end = valueEnds[k]!;
      if (IS_LIST[id] === 1 && (elements += listElements(buf, start, end)) > MAX_LIST_ELEMENTS) return -400;
      if (id === FIELD.host) {
        hosts++;
        if (!isValidHost(buf, start, end)) return -400;
      } else if (id === FIELD.contentLength) {
        lengths++;
        this.contentLength = parseDecimal(buf, start, end);
        if (this.contentLength < 0) return -400;
      } else if (id === FIELD.transferEncoding) {
        codings++;
        if (!equalsIgnoreCase(buf, start, end, 'chunked')) return codingFault(buf, start, end);
      } else if (id === FIELD.connection) this.connection |= readConnection(buf, start, end);
      else if (id === FIELD.upgrade) this.hasUpgrade = true;
      else if (id === FIELD.via) this.hasVia = true;
      else if (id === FIELD.xForwardedFor || id === FIELD.forwarded) this.hasForwarded = true;
      else if (id === FIELD.authorization) this.bindsConnection ||= isConnectionBound(buf, start, end);
    }
    return this.#checkFraming(hosts, lengths, codings);
  }

  #checkFraming(hosts: number, lengths: number, codings: number): number {
    // Exactly one Host on 1.1 (RFC 9112 §3.2); one at most on 1.0.
    if (hosts > 1 || (hosts === 0 && this.minor === 1)) return -400;
    // Length against coding, repeated lengths (equal ones too), coding on 1.0: RFC 9112 §6.1, §6.3.
    if (lengths + codings > 1 || (codings === 1 && this.minor === 0)) return -400;
    this.hasLength = lengths === 1;
    if (codings === 1) this.contentLength = CHUNKED;
    return 0;
  }

  wants(bit: number): boolean {
    return (this.connection & bit) !== 0;
  }

  /** Whether the client wants the connection to stay open after the response (RFC 9112 §9.3). */
  get keepAlive(): boolean {
    if (this.minor === 1) return !this.wants(CONNECTION.close);
    return this.wants(CONNECTION.keepAlive) && !this.wants(CONNECTION.close);
  }
}

/** `HTTP/1.1` and CRLF, the whole of it: bytes that are compared one by one take half the time of a loop. */
function isVersion11(buf: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 10 &&
    buf[start] === 0x48 &&
    buf[start + 1] === 0x54 &&
    buf[start + 2] === 0x54 &&
    buf[start + 3] === 0x50 &&
    buf[start + 4] === 0x2f &&
    buf[start + 5] === 0x31 &&
    buf[start + 6] === 0x2e &&
    buf[start + 7] === 0x31 &&
    buf[start + 8] === 0x0d &&
    buf[start + 9] === 0x0a
  );
}

/** 501 for a coding that is not known, 400 where `chunked` is repeated, empty or not last. */
function codingFault(buf: Buffer, start: number, end: number): number {
  const value = byteString(buf, start, end).toLowerCase();
  const codings = value.split(',').map((coding) => coding.trim());
  const chunked = codings.filter((coding) => coding === 'chunked').length;
  const known = codings.every((coding) => /^[a-z0-9-]+$/.test(coding));
  return known && chunked <= 1 && (chunked === 0 || codings.at(-1) === 'chunked') ? -501 : -400;
}

/** A value of METHOD. Case matters (RFC 9110 §9.1). */
export function methodOf(buf: Uint8Array, start: number, end: number): Method {
  const length = end - start;
  // Nearly all are GET.
  if (length === 3 && buf[start] === 0x47 && buf[start + 1] === 0x45 && buf[start + 2] === 0x54) return METHOD.get;
  for (let i = 0; i < METHOD_NAMES.length; i++) {
    const name = METHOD_NAMES[i]![0];
    if (name.length !== length || buf[start] !== name.charCodeAt(0)) continue;
    let k = 1;
    while (k < length && buf[start + k] === name.charCodeAt(k)) k++;
    if (k === length) return METHOD_NAMES[i]![1];
  }
  return METHOD.other;
}
