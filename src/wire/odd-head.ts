/**
 * Reads the heads of intercepted requests that the strict parser refuses, as tolerantly as any server we know, and refuses what
 * servers would read in more than one way: where the next request begins, whom it asks, what for. Cold, one pass, one step a byte.
 *
 *   taken:    blank lines before the request · bare LF · several spaces or tabs · any method · HTTP/0.9, HTTP/1.x in any case ·
 *             no Host, an empty one, equal ones · folded lines · names that are none · controls in values
 *   refused:  bare CR, NUL, what else some reader takes for the end of a line · Host, Content-Length, Transfer-Encoding and
 *             Upgrade that are folded, spelled loosely, or stand behind a line that ends the fields for some reader · anything
 *             behind a line without colon · two framings ·
 *             Hosts and lengths that differ · a body behind a head that mixes LF and CRLF · other versions
 *
 * It must not choose between two readings.
 */
import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE, BYTE_CLASS } from './bytes.ts';
import { endOfClass, equalsIgnoreCase, parseDecimal, startsWithIgnoreCase } from './bytes.ts';
import { readConnection } from './connection-field.ts';
import { FIELD, fieldId } from './field-names.ts';
import { NEED_MORE } from './field-section.ts';
import { MAX_LIST_ELEMENTS, listElements } from './list-elements.ts';
import { VERSION_09 } from './request-facts.ts';
import type { RequestFacts } from './request-facts.ts';
import { CHUNKED, METHOD, NO_BODY, methodOf } from './request-head.ts';
import type { RequestHeadLimits } from './request-head.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

const MALFORMED = -400;
const OTHER_VERSION = -505;
const GO_ON = 0;
/** Neither is ASCII; Python takes both for white space. */
const NEL = 0x85;
const NBSP = 0xa0;
/** NUL, and what one reader or another takes for the end of a line (Python's `splitlines`). CR is looked at with what follows. */
const FAULTS: Uint8Array = marked([0x00, 0x0b, 0x0c, 0x1c, 0x1d, 0x1e]);
/** What a request is judged and framed by. */
const CRITICAL: Uint8Array = marked([FIELD.host, FIELD.contentLength, FIELD.transferEncoding, FIELD.upgrade]);

export class OddHead {
  readonly #maxLine: number;
  readonly #maxBytes: number;
  readonly #maxCount: number;
  /** Where the current line begins, and how far the last call came. */
  #line = 0;
  #scan = 0;
  /** No head goes on from here. */
  #limit = 0;
  #isInFields = false;
  #count = 0;
  #hasBareLf = false;
  /** The last line was a field of CRITICAL: what is folded onto it would change it. */
  #isLastCritical = false;
  /** A line that is no field was there: Python reads no fields behind it. */
  #hasJunk = false;
  /** A line without colon was there: PHP takes it for the beginning of the next line's name. */
  #hasBareName = false;
  #elements = 0;
  /** Value of the first Host, -1: none yet. */
  #hostStart = -1;
  #hostEnd = -1;
  #length = -1;
  #isChunked = false;

  constructor({ requestLineBytes, headerBytes, headerCount }: RequestHeadLimits) {
    this.#maxLine = requestLineBytes;
    this.#maxBytes = headerBytes;
    this.#maxCount = headerCount;
  }

  begin(start: number): void {
    this.#line = this.#scan = start;
    this.#limit = start + this.#maxLine + 2;
    this.#count = this.#elements = 0;
    this.#isInFields = this.#hasBareLf = this.#isLastCritical = this.#hasJunk = false;
    this.#hasBareName = this.#isChunked = false;
    this.#hostStart = this.#hostEnd = this.#length = -1;
  }

  /** As ObservedRequest.parse. */
  parse(buf: Buffer, end: number, facts: RequestFacts): number {
    for (let i = this.#scan; i < end; i++) {
      if (i >= this.#limit) return this.#isInFields ? -431 : -414;
      const byte = buf[i]!;
      if (FAULTS[byte] === 1) return MALFORMED;
      if (byte === CR) {
        if (i + 1 === end) return this.#wait(i);
        if (buf[i + 1] !== LF) return MALFORMED;
      }
      if (byte !== LF) continue;
      const outcome = this.#endLine(buf, i, end, facts);
      if (outcome !== GO_ON) return outcome;
      this.#line = i + 1;
    }
    return this.#wait(end);
  }

  #wait(scan: number): number {
    this.#scan = scan;
    return NEED_MORE;
  }

  /** A line has ended with the LF at `at`. */
  #endLine(buf: Buffer, at: number, end: number, facts: RequestFacts): number {
    const line = this.#line;
    const isCrlf = at > line && buf[at - 1] === CR;
    const lineEnd = isCrlf ? at - 1 : at;
    // Blank lines before a request are nothing.
    if (!this.#isInFields && lineEnd === line) return GO_ON;
    this.#hasBareLf ||= !isCrlf;
    if (this.#isInFields) {
      if (lineEnd === line) return this.#finish(at + 1, facts);
      if (++this.#count > this.#maxCount) return -431;
      return this.#hasBareName ? MALFORMED : this.#field(buf, line, lineEnd, facts);
    }
    const outcome = requestLine(buf, line, lineEnd, facts);
    if (outcome < 0) return outcome;
    if (facts.minor === VERSION_09) return afterBlankLine(buf, at + 1, end);
    this.#isInFields = true;
    this.#limit = at + 1 + this.#maxBytes + 2;
    return GO_ON;
  }

  #field(buf: Buffer, line: number, end: number, facts: RequestFacts): number {
    const nameEnd = endOfClass(buf, line, end, TOKEN);
    if (nameEnd === line || nameEnd === end || buf[nameEnd] !== COLON) return this.#noField(buf, line, end);
    const id = fieldId(buf, line, nameEnd);
    this.#isLastCritical = CRITICAL[id] === 1;
    if (id === FIELD.other) return GO_ON;
    if (this.#isLastCritical && this.#hasJunk) return MALFORMED;
    const start = skipBlank(buf, nameEnd + 1, end);
    let valueEnd = end;
    while (valueEnd > start && isBlank(buf[valueEnd - 1]!)) valueEnd--;
    return this.#known(buf, id, start, valueEnd, facts) ? GO_ON : MALFORMED;
  }

  #known(buf: Buffer, id: number, start: number, end: number, facts: RequestFacts): boolean {
    switch (id) {
      case FIELD.host:
        return this.#host(buf, start, end, facts);
      case FIELD.contentLength:
        return this.#contentLength(parseDecimal(buf, start, end));
      case FIELD.transferEncoding:
        if (this.#isChunked || !equalsIgnoreCase(buf, start, end, 'chunked')) return false;
        this.#isChunked = true;
        return true;
      case FIELD.connection:
        facts.connection |= readConnection(buf, start, end);
        return this.#list(buf, start, end);
      case FIELD.upgrade:
        return this.#list(buf, start, end) && facts.takeUpgrade(this.#line, start, end, lineEndAfter(buf, end));
      case FIELD.expect:
        facts.expectsContinue ||= equalsIgnoreCase(buf, start, end, '100-continue');
        return true;
      default:
        return true;
    }
  }

  /** Hosts that are equal but for letter case are one (requirement 2). An empty one names nobody. */
  #host(buf: Buffer, start: number, end: number, facts: RequestFacts): boolean {
    if (this.#hostStart >= 0) return equalRanges(buf, this.#hostStart, this.#hostEnd, start, end);
    this.#hostStart = start;
    this.#hostEnd = end;
    return start === end || facts.readHost(buf, start, end);
  }

  #contentLength(length: number): boolean {
    if (length < 0 || (this.#length >= 0 && length !== this.#length)) return false;
    this.#length = length;
    return true;
  }

  #list(buf: Buffer, start: number, end: number): boolean {
    this.#elements += listElements(buf, start, end);
    return this.#elements <= MAX_LIST_ELEMENTS;
  }

  /** A fold, a name with something before the colon, or no colon at all. */
  #noField(buf: Buffer, line: number, end: number): number {
    if (CRITICAL[looseId(buf, line, end)] === 1) return MALFORMED;
    if (isBlank(buf[line]!)) {
      // White space alone is a fold to some, and the end of the head to others.
      return this.#isLastCritical || skipBlank(buf, line, end) === end ? MALFORMED : GO_ON;
    }
    this.#isLastCritical = false;
    const colon = buf.subarray(line, end).indexOf(COLON);
    this.#hasBareName = colon < 0;
    this.#hasJunk ||= isJunk(buf, line, colon < 0 ? end : line + colon);
    return GO_ON;
  }

  #finish(after: number, facts: RequestFacts): number {
    if (this.#isChunked && (this.#length >= 0 || facts.minor < 1)) return MALFORMED;
    facts.contentLength = this.#isChunked ? CHUNKED : Math.max(this.#length, NO_BODY);
    facts.hasBareLf = this.#hasBareLf;
    // Who ends lines, or a head, with CRLF only (Twisted, uWSGI) finds other fields, and reads on in the body.
    return this.#hasBareLf && facts.contentLength !== NO_BODY ? MALFORMED : after;
  }
}

/** Method, target and version, set apart by spaces and tabs: three words, or two (HTTP/0.9). */
function requestLine(buf: Buffer, start: number, end: number, facts: RequestFacts): number {
  if (endOfClass(buf, start, end, VALUE) !== end) return MALFORMED;
  facts.reset();
  facts.methodStart = skipBlank(buf, start, end);
  facts.methodEnd = skipWord(buf, facts.methodStart, end);
  facts.targetStart = skipBlank(buf, facts.methodEnd, end);
  facts.targetEnd = skipWord(buf, facts.targetStart, end);
  const version = skipBlank(buf, facts.targetEnd, end);
  const versionEnd = skipWord(buf, version, end);
  if (facts.targetStart === end || skipBlank(buf, versionEnd, end) !== end) return MALFORMED;
  if (hasLooseBlank(buf, facts.methodStart, facts.methodEnd)) return MALFORMED;
  facts.method = methodOf(buf, facts.methodStart, facts.methodEnd);
  const minor = version === end ? version09(buf, facts) : readVersion(buf, version, versionEnd);
  if (minor < VERSION_09) return minor;
  facts.minor = minor;
  return facts.readTarget(buf) ? GO_ON : MALFORMED;
}

/** Python would find a version behind the white space that is none to others. */
function version09(buf: Buffer, { method, targetStart, targetEnd }: RequestFacts): number {
  return method === METHOD.get && !hasLooseBlank(buf, targetStart, targetEnd) ? VERSION_09 : MALFORMED;
}

/** Of `HTTP/1.x`: 0 or 1; else a negated status. */
function readVersion(buf: Buffer, start: number, end: number): number {
  if (!startsWithIgnoreCase(buf, start, end, 'http/')) return MALFORMED;
  let dot = start + 5;
  while (dot < end && buf[dot] !== 0x2e) dot++;
  const major = parseDecimal(buf, start + 5, dot);
  const minor = parseDecimal(buf, dot + 1, end);
  if (major < 0 || minor < 0) return MALFORMED;
  return major === 1 ? Math.min(minor, 1) : OTHER_VERSION;
}

/** The field that a sloppy reader may take the line for: quoted, indented, with white space before the colon. */
function looseId(buf: Buffer, line: number, end: number): number {
  let start = line;
  while (start < end && (BYTE_CLASS[buf[start]!]! & TOKEN) === 0) start++;
  const nameEnd = endOfClass(buf, start, end, TOKEN);
  let i = nameEnd;
  while (i < end && buf[i] !== COLON && (BYTE_CLASS[buf[i]!]! & TOKEN) === 0) i++;
  return i === end || buf[i] !== COLON ? FIELD.other : fieldId(buf, start, nameEnd);
}

/** A name with other bytes than printable ASCII: Python's parser reads no fields from there on. */
function isJunk(buf: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i]! <= SP || buf[i]! >= 0x7f) return true;
  return false;
}

/** HTTP/0.9 has no empty line; servers that look for fields wait for one. */
function afterBlankLine(buf: Buffer, after: number, end: number): number {
  if (after < end && buf[after] === LF) return after + 1;
  return after + 1 < end && buf[after] === CR && buf[after + 1] === LF ? after + 2 : after;
}

function lineEndAfter(buf: Buffer, from: number): number {
  let i = from;
  while (buf[i] !== LF) i++;
  return i + 1;
}

function equalRanges(buf: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = 0; i < end - start; i++) if (lower(buf[start + i]!) !== lower(buf[otherStart + i]!)) return false;
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function hasLooseBlank(buf: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === NEL || buf[i] === NBSP) return true;
  return false;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function skipBlank(buf: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && isBlank(buf[i]!)) i++;
  return i;
}

function skipWord(buf: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && !isBlank(buf[i]!)) i++;
  return i;
}

function marked(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}
