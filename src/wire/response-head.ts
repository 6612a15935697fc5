/**
 * Response head parser (RFC 9112 §4-6), strict like the request's. What it refuses but the web is full of (obs-fold,
 * bare LF, a space before the colon, ICY) goes through `response-repair.ts` once and then through here again. It must not repair anything.
 */
import { offersConnectionBound } from './bound-authentication.ts';
import { BYTE_CLASS, CR, DIGIT, LF, SP, VALUE, endOfClass, equalsIgnoreCase, parseDecimal } from './bytes.ts';
import { CONNECTION, readConnection } from './connection-field.ts';
import { FIELD } from './field-names.ts';
import { FieldSection, NEED_MORE } from './field-section.ts';
import { MAX_LIST_ELEMENTS, listElements } from './list-elements.ts';

/* oxlint-disable typescript/no-non-null-assertion -- fields below `count` have all their offsets, which lie within the buffer; a table has a row for each id */

/** `length` of a response whose body ends with the connection, and of a chunked one. */
export const UNTIL_CLOSE = -2;
export const CHUNKED_BODY = -1;

export class ResponseHead {
  readonly fields: FieldSection;
  readonly #maxBytes: number;
  minor = 1;
  status = 0;
  /** Offsets of the status code and of the end of the status line, its CRLF included. */
  statusStart = 0;
  lineEnd = 0;
  /** What Transfer-Encoding and Content-Length say: bytes, CHUNKED_BODY or UNTIL_CLOSE; see `bodyLength`. */
  length: number = UNTIL_CLOSE;
  connection = 0;
  hasUpgrade = false;
  bindsConnection = false;
  /** Framing is not beyond doubt: the connection must not carry another request. */
  suspect = false;
  /** Index of the Content-Length field that counts, -1: none; the others are dropped. */
  lengthField = -1;

  constructor(limits: { readonly responseHeadBytes: number; readonly headerCount: number }) {
    this.#maxBytes = limits.responseHeadBytes;
    this.fields = new FieldSection(limits.headerCount, limits.responseHeadBytes);
  }

  /** Offset behind the head that begins at `start`, NEED_MORE, or -502. */
  parse(buf: Buffer, start: number, end: number): number {
    const lineEnd = this.#parseLine(buf, start, end);
    if (lineEnd <= 0) return lineEnd;
    this.lineEnd = lineEnd;
    this.fields.begin(lineEnd);
    const after = this.fields.parse(buf, lineEnd, end);
    if (after <= 0) return after === NEED_MORE ? NEED_MORE : -502;
    // Whoever writes it on has a buffer for so much.
    if (after - start > this.#maxBytes) return -502;
    return this.#readFields(buf) ? after : -502;
  }

  /** The length of the body, which depends on the request (HEAD or not): RFC 9112 §6.3. */
  bodyLength(toHead: boolean): number {
    if (toHead || this.status < 200 || this.status === 204 || this.status === 304) return 0;
    return this.length;
  }

  /** Whether the upstream connection can carry another request once the body is read. */
  get keepAlive(): boolean {
    if (this.suspect || (this.connection & CONNECTION.close) !== 0) return false;
    return this.minor === 1 || (this.connection & CONNECTION.keepAlive) !== 0;
  }

  /** `HTTP/1.x SP 3DIGIT [SP reason] CRLF`; a missing reason, and its space, are let pass. */
  #parseLine(buf: Buffer, start: number, end: number): number {
    const name = 'HTTP/1.';
    for (let i = 0; i < name.length; i++) {
      if (start + i >= end) return NEED_MORE;
      if (buf[start + i] !== name.charCodeAt(i)) return -502;
    }
    if (start + 13 > end) return NEED_MORE;
    const minor = buf[start + 7]! - 0x30;
    this.status = parseDecimal(buf, start + 9, start + 12);
    if (minor < 0 || minor > 9 || buf[start + 8] !== SP || this.status < 100 || this.status > 999) return -502;
    if (buf[start + 12] !== SP && buf[start + 12] !== CR) return -502;
    const i = endOfClass(buf, start + 12, end, VALUE);
    if (i - start > this.#maxBytes) return -502;
    if (i + 1 >= end) return NEED_MORE;
    if (buf[i] !== CR || buf[i + 1] !== LF) return -502;
    this.minor = Math.min(minor, 1);
    this.statusStart = start + 9;
    return i + 2;
  }

  // Long: one pass over all fields, and what it has found so far stays in local variables, which parts of their own would not share.
  #readFields(buf: Buffer): boolean {
    const fields = this.fields;
    let codings = 0;
    let isIdentity = false;
    let elements = 0;
    this.length = UNTIL_CLOSE;
    this.lengthField = -1;
    this.connection = 0;
    this.hasUpgrade = this.bindsConnection = this.suspect = false;
    for (let k = 0; k < fields.count; k++) {
      const id = fields.ids[k]!;
      if (id === FIELD.other) continue;
      const start = fields.valueStarts[k]!;
      const end = fields.valueEnds[k]!;
      if (
        (id === FIELD.connection || id === FIELD.upgrade) &&
        (elements += listElements(buf, start, end)) > MAX_LIST_ELEMENTS
      )
        return false;
      if (id === FIELD.contentLength) {
        const length = parseDecimal(buf, start, end);
        // Equal lengths are one, different ones could split the response (RFC 9112 §6.3).
        if (length < 0 || (this.lengthField >= 0 && length !== this.length)) return false;
        this.length = length;
        if (this.lengthField < 0 || isCanonicalDecimal(buf, start, end)) this.lengthField = k;
      } else if (id === FIELD.transferEncoding) {
        if (equalsIgnoreCase(buf, start, end, 'chunked')) codings++;
        else if (equalsIgnoreCase(buf, start, end, 'identity')) isIdentity = true;
        else return false;
      } else if (id === FIELD.connection || id === FIELD.proxyConnection) {
        if (id === FIELD.connection) this.connection |= readConnection(buf, start, end);
      } else if (id === FIELD.upgrade) this.hasUpgrade = true;
      else if (id === FIELD.wwwAuthenticate) this.bindsConnection ||= mayBindConnection(buf, start, end);
    }
    // RFC 9110 §8.6: no Content-Length in a 204 or 1xx.
    if (this.status < 200 || this.status === 204) this.lengthField = -1;
    if (codings > 1 || (codings === 1 && isIdentity)) return false;
    // A body is announced where there is none: an origin that sends it all the same has spoken of the next response already.
    this.suspect = (this.status === 204 && (codings > 0 || this.length > 0)) || (this.status === 304 && codings > 0);
    // No coding (RFC 2616 §3.6, gone since): browsers go by the length beside it, others read until the connection ends.
    this.suspect ||= isIdentity;
    if (codings === 1) {
      // Both framings, or a coding from HTTP/1.0: the coding wins, and the connection is not trusted again (§6.3).
      this.suspect ||= this.lengthField >= 0 || this.minor === 0;
      this.length = CHUNKED_BODY;
      this.lengthField = -1;
    }
    return true;
  }
}

/** Bytes of one WWW-Authenticate field that are searched. Longer ones are tokens of Negotiate. */
const MAX_CHALLENGES = 8192;

/** Where there is more than is looked at, one of the challenges may bind: the connection then serves nobody else. */
function mayBindConnection(buf: Buffer, start: number, end: number): boolean {
  return end - start > MAX_CHALLENGES || offersConnectionBound(buf, start, end);
}

/** Digits without a leading zero: may be relayed as it is. */
export function isCanonicalDecimal(buf: Buffer, start: number, end: number): boolean {
  return end - start === 1 || ((BYTE_CLASS[buf[start]!]! & DIGIT) !== 0 && buf[start] !== 0x30);
}
