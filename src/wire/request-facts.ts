/**
 * What an intercepted request is, in offsets into the bytes that came: who is asked for what, and where it ends. Filled in by
 * `observed-request.ts`, from a strict head or from an odd one; nothing here is for writing, the very bytes travel.
 *
 *   GET http://a.example:80/x?y HTTP/1.1\r\nHost: b.example:8080\r\nUpgrade: websocket\r\n
 *       │      └─ named ─┘  └path┘               └─ host ─┘            └─ upgrade ─┘
 *       └────── target ─────────┘                           └────── upgradeLine ────────┘
 */
import { COLON, SLASH, TARGET, endOfClass } from './bytes.ts';
import { CONNECTION } from './connection-field.ts';
import { isValidHost } from './host-field.ts';
import { METHOD, NO_BODY, type Method } from './request-head.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

export const FORM = { origin: 0, absolute: 1, asterisk: 2, authority: 3 } as const;
type Form = (typeof FORM)[keyof typeof FORM];

/** `minor` of HTTP/0.9: no fields, no body, and nothing after it on the connection. */
export const VERSION_09 = -1;

const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Before the `//` of an absolute target: `http:`, or whatever a server skips there. */
const SCHEME: Uint8Array = schemeBytes();

export class RequestFacts {
  /** A value of METHOD. */
  method: Method = METHOD.other;
  /** Where the method begins, behind blank lines that were sent before it, and ends. */
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** A value of FORM. */
  form: Form = FORM.origin;
  /** Host in the target, without port; -1: it names none (origin-form, asterisk-form). */
  namedStart = -1;
  namedEnd = -1;
  /** Path and query; empty where an absolute target ends with its host, and in asterisk and authority-form. */
  pathStart = 0;
  pathEnd = 0;
  /** 0: HTTP/1.0, 1: HTTP/1.1 and later, VERSION_09. */
  minor = 1;
  /** Value of Host without its port; -1: there is none, or an empty one. */
  hostStart = -1;
  hostEnd = -1;
  /** Bytes of the body, NO_BODY or CHUNKED. */
  contentLength: number = NO_BODY;
  /** Bits of CONNECTION. */
  connection = 0;
  hasUpgrade = false;
  /** Value of Upgrade, and its whole line with its end. */
  upgradeStart = -1;
  upgradeEnd = -1;
  upgradeLineStart = -1;
  upgradeLineEnd = -1;
  expectsContinue = false;
  /** A line ended with LF alone: who ends lines with CRLF only finds another end of the head, so nothing may follow. */
  hasBareLf = false;

  /** Whether another request may follow on the connection (RFC 9112 §9.3). */
  get keepsAlive(): boolean {
    const closes = (this.connection & CONNECTION.close) !== 0;
    if (closes || this.hasBareLf || this.minor === VERSION_09) return false;
    return this.minor === 1 || (this.connection & CONNECTION.keepAlive) !== 0;
  }

  reset(): void {
    this.contentLength = NO_BODY;
    this.connection = 0;
    this.minor = 1;
    this.method = METHOD.other;
    this.hasUpgrade = this.expectsContinue = this.hasBareLf = false;
    this.hostStart = this.hostEnd = -1;
    this.upgradeStart = this.upgradeEnd = this.upgradeLineStart = this.upgradeLineEnd = -1;
  }

  /** @returns false where servers differ in what the target means, or none takes it. Wants method and target set. */
  readTarget(buf: Uint8Array): boolean {
    const { targetStart: start, targetEnd: end } = this;
    this.namedStart = this.namedEnd = -1;
    this.pathStart = this.pathEnd = end;
    if (endOfClass(buf, start, end, TARGET) !== end || endsInLooseBlank(buf, start, end)) return false;
    if (this.method === METHOD.connect) return this.#readAuthority(buf, start, end, FORM.authority);
    if (buf[start] === SLASH) {
      this.form = FORM.origin;
      this.pathStart = start;
      return true;
    }
    if (end - start === 1 && buf[start] === 0x2a) {
      this.form = FORM.asterisk;
      return this.method === METHOD.options;
    }
    return this.#readAbsolute(buf, start, end);
  }

  /** @returns false where the value of Host is none. */
  readHost(buf: Uint8Array, start: number, end: number): boolean {
    if (!isValidHost(buf, start, end)) return false;
    this.hostStart = start;
    this.hostEnd = withoutPort(buf, start, end);
    return true;
  }

  /** @returns false if there was one: whoever looks at one of two must not be shown the other. */
  takeUpgrade(line: number, start: number, end: number, lineEnd: number): boolean {
    if (this.hasUpgrade) return false;
    this.hasUpgrade = true;
    this.upgradeLineStart = line;
    this.upgradeStart = start;
    this.upgradeEnd = end;
    this.upgradeLineEnd = lineEnd;
    return true;
  }

  #readAbsolute(buf: Uint8Array, start: number, end: number): boolean {
    let i = start;
    while (i < end && SCHEME[buf[i]!] === 1) i++;
    if (i === start || buf[i] !== COLON || buf[i + 1] !== SLASH || buf[i + 2] !== SLASH) return false;
    const authority = i + 3;
    if (authority > end) return false;
    i = authority;
    while (i < end && buf[i] !== SLASH && buf[i] !== QUESTION) i++;
    // HAProxy finds the path at the first slash, others a query before it.
    if (buf[i] === QUESTION && hasSlash(buf, i, end)) return false;
    this.pathStart = i;
    return this.#readAuthority(buf, authority, i, FORM.absolute);
  }

  #readAuthority(buf: Uint8Array, start: number, end: number, form: Form): boolean {
    this.form = form;
    if (!isValidHost(buf, start, end)) return false;
    this.namedStart = start;
    this.namedEnd = withoutPort(buf, start, end);
    return true;
  }
}

function hasSlash(buf: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (buf[i] === SLASH) return true;
  return false;
}

/** The end of the host in a valid `host[:port]`. */
function withoutPort(buf: Uint8Array, start: number, end: number): number {
  let i = start;
  if (buf[start] === OPEN) while (buf[i] !== CLOSE) i++;
  while (i < end && buf[i] !== COLON) i++;
  return i;
}

/**
 * Whether the target ends in a byte 85 or A0 that is no part of UTF-8: Python takes it for white space, and finds a shorter
 * target before it.
 */
function endsInLooseBlank(buf: Uint8Array, start: number, end: number): boolean {
  const last = buf[end - 1]!;
  if (last !== 0x85 && last !== 0xa0) return false;
  let lead = end - 2;
  while (lead > start && (buf[lead]! & 0xc0) === 0x80) lead--;
  const length = end - lead;
  const first = lead < start ? 0 : buf[lead]!;
  return !(
    (first >> 5 === 6 && length === 2) ||
    (first >> 4 === 14 && length === 3) ||
    (first >> 3 === 30 && length === 4)
  );
}

function schemeBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++)
    table[byte] = /[a-z\d+.-]/i.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0;
  return table;
}
