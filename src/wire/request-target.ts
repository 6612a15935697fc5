/**
 * Request targets of a forward proxy (RFC 9112 §3.2): absolute-form for requests, authority-form for CONNECT.
 * Pure: offsets into the head, or a refusal. It must not say whether the host is one: `url` does.
 */
import { AUTHORITY, AUTHORITY_END, BYTE_CLASS, COLON, REG_NAME, SLASH, endOfClass, parseDecimal } from './bytes.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

export class RequestTarget {
  hostStart = 0;
  hostEnd = 0;
  /** 80 where the target names none. */
  port = 80;
  /** Path and query as received; empty (start = end) where the target ends with the authority. */
  pathStart = 0;
  pathEnd = 0;
  /** The scheme is `ws`, the port that of `http` (RFC 6455 §3): right in an opening handshake alone, which the caller has to see. */
  isWebSocket = false;

  /**
   * Reads `http://host[:port][/path][?query]`, and the same with `ws:`, as libsoup and curl up to 8.20 ask proxies.
   * @returns false if the request is to be refused: wrong form or scheme, user info, fragment, empty host, bad port.
   */
  parseAbsolute(buf: Uint8Array, start: number, end: number): boolean {
    this.isWebSocket = false;
    if (end - start >= 8 && isHttpScheme(buf, start)) return this.#parseAt(buf, start + 7, end);
    if (end - start < 6 || !isWebSocketScheme(buf, start)) return false;
    this.isWebSocket = true;
    return this.#parseAt(buf, start + 5, end);
  }

  #parseAt(buf: Uint8Array, authority: number, end: number): boolean {
    // Nearly all are so: a name or an IPv4 address without a port, which is looked at once.
    const nameEnd = endOfClass(buf, authority, end, REG_NAME);
    if (nameEnd > authority && isAuthorityEnd(buf, nameEnd, end)) {
      this.hostStart = authority;
      this.hostEnd = this.pathStart = nameEnd;
      this.pathEnd = end;
      this.port = 80;
      return true;
    }
    const authorityEnd = this.#authorityEnd(buf, authority, end);
    if (authorityEnd < 0 || !this.#parseAuthority(buf, authority, authorityEnd, 80)) return false;
    this.pathStart = authorityEnd;
    this.pathEnd = end;
    return true;
  }

  /** `host:port`, both required, port 1..65535 (RFC 9110 §9.3.6). */
  parseAuthorityForm(buf: Uint8Array, start: number, end: number): boolean {
    if (this.#authorityEnd(buf, start, end) !== end) return false;
    this.pathStart = this.pathEnd = end;
    return this.#parseAuthority(buf, start, end, 0) && this.port > 0;
  }

  /** Where the authority stops; -1 where a byte (user info's `@`, a space, `\`) cannot stand in one. */
  #authorityEnd(buf: Uint8Array, start: number, end: number): number {
    const i = endOfClass(buf, start, end, AUTHORITY);
    return isAuthorityEnd(buf, i, end) ? i : -1;
  }

  #parseAuthority(buf: Uint8Array, start: number, end: number, defaultPort: number): boolean {
    let i = end;
    while (i > start && buf[i - 1]! >= 0x30 && buf[i - 1]! <= 0x39) i--;
    const hasPort = i > start && buf[i - 1] === COLON && !isInsideBrackets(buf, start, end);
    this.hostStart = start;
    this.hostEnd = hasPort ? i - 1 : end;
    // `host:` is `host` (RFC 3986 §6.2.3) in absolute-form; in authority-form defaultPort 0 refuses it.
    this.port = hasPort && i < end ? parseDecimal(buf, i, end) : defaultPort;
    if (hasPort && i < end && (this.port < 1 || this.port > 65_535)) return false;
    return this.hostEnd > start && hasPlainHost(buf, start, this.hostEnd);
  }
}

/** `http://`, its letters in either case: of all bytes, only those of the letter become it with that bit. */
function isHttpScheme(buf: Uint8Array, start: number): boolean {
  return (
    (buf[start]! | 0x20) === 0x68 &&
    (buf[start + 1]! | 0x20) === 0x74 &&
    (buf[start + 2]! | 0x20) === 0x74 &&
    (buf[start + 3]! | 0x20) === 0x70 &&
    buf[start + 4] === COLON &&
    buf[start + 5] === SLASH &&
    buf[start + 6] === SLASH
  );
}

/** `ws://`, its letters in either case. */
function isWebSocketScheme(buf: Uint8Array, start: number): boolean {
  return (
    (buf[start]! | 0x20) === 0x77 &&
    (buf[start + 1]! | 0x20) === 0x73 &&
    buf[start + 2] === COLON &&
    buf[start + 3] === SLASH &&
    buf[start + 4] === SLASH
  );
}

function isAuthorityEnd(buf: Uint8Array, at: number, end: number): boolean {
  return at === end || (BYTE_CLASS[buf[at]!]! & AUTHORITY_END) !== 0;
}

/** A bracketed literal whose `]` is the last byte: colons inside belong to the address. */
function isInsideBrackets(buf: Uint8Array, start: number, end: number): boolean {
  return buf[start] === 0x5b && buf[end - 1] === 0x5d;
}

/** No colon outside brackets: `a:b:80` is no authority. */
function hasPlainHost(buf: Uint8Array, start: number, end: number): boolean {
  if (buf[start] === 0x5b) return buf[end - 1] === 0x5d;
  for (let i = start; i < end; i++) if (buf[i] === COLON) return false;
  return true;
}
