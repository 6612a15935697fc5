/**
 * The first line that a client sends, as it comes: whether some server would find a request in it. It is asked also of what has
 * been let go as no HTTP: methods may be any bytes to a server (CherryPy, HTTP::Daemon), and such a line may come in pieces.
 *
 *   blank lines ─▶ word ─▶ white space ─▶ word … ─▶ LF
 *                                          └ begins a path, and text follows: request without version
 *   `://` somewhere: a request with another version, but for RTSP's    `HTTP/` anywhere: a request
 *
 * Bytes that are no text have a `/` and a `://` where they please (RTMP names its URL): behind such a first word both count in the second
 * word only, and where text follows to the end of the line.
 * A ClientHello offers `http/1.1` (ALPN) and holds random bytes, some of which look like a path: in it only a word that begins with
 * `HTTP/` makes a request.
 */
import { LF, SLASH } from './bytes.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

export const LINE = {
  /** It goes on, and may become anything. */
  open: 0,
  request: 1,
  /** It has ended, or is longer than any server reads: nothing that follows belongs to a request. */
  over: 2,
} as const;
export type LineState = (typeof LINE)[keyof typeof LINE];

/** No server reads a longer line. */
const MAX_LINE = 65_536;
/** Both are matched so: their first letter stands nowhere else in them. */
const HTTP: Uint8Array = Buffer.from('http/', 'latin1');
const RTSP: Uint8Array = Buffer.from('rtsp/', 'latin1');
const URL_MARK = 0x3a_2f_2f;

export const BLANK = 1;
/** A control byte. */
export const NO_TEXT = 2;
const HIGH = 4;
/** What `isspace` and Python's `split` take for white space, ends of lines included. */
const WHITE_SPACE = [0x09, LF, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0];
export const BYTE_KIND: Uint8Array = byteKinds();

export class FirstLine {
  #state: LineState = LINE.open;
  #length = 0;
  /** Words begun. */
  #words = 0;
  #wasBlank = true;
  /** Bytes of `http/`, of `rtsp/` that the last ones are. */
  #http = 0;
  #rtsp = 0;
  #lastThree = 0;
  #hasUrl = false;
  #isRtsp = false;
  #isPath = false;
  /** The first word is not all ASCII text. */
  #isOdd = false;
  /** What may be `HTTP/` is the beginning of a word. */
  #isVersion = false;
  readonly #isTls: boolean;

  /** `isTls`: the bytes begin with a ClientHello. */
  constructor(isTls = false) {
    this.#isTls = isTls;
  }

  reset(): void {
    this.#state = LINE.open;
    this.#length = this.#words = this.#http = this.#rtsp = this.#lastThree = 0;
    this.#wasBlank = true;
    this.#isPath = this.#isOdd = this.#hasUrl = this.#isRtsp = false;
  }

  /** Reads on in buf[start, end); what has been decided stays. */
  read(buf: Uint8Array, start: number, end: number): LineState {
    for (let i = start; i < end && this.#state === LINE.open; i++) this.#state = this.#step(buf[i]!);
    return this.#state;
  }

  #step(byte: number): LineState {
    if (byte === LF && this.#words > 0) return this.#end();
    if (++this.#length > MAX_LINE) return LINE.over;
    const kind = BYTE_KIND[byte]!;
    const isBlank = (kind & BLANK) !== 0;
    const isWord = !isBlank && this.#wasBlank;
    if (isWord) {
      this.#words++;
      if (this.#words === 2) this.#isPath = byte === SLASH;
    }
    this.#wasBlank = isBlank;
    if ((kind & (NO_TEXT | HIGH)) !== 0) this.#oddByte(kind);
    return this.#names(byte, isWord) ? LINE.request : LINE.open;
  }

  /** Without a version. */
  #end(): LineState {
    return !this.#isTls && (this.#isPath || (this.#hasUrl && !this.#isRtsp)) ? LINE.request : LINE.over;
  }

  #oddByte(kind: number): void {
    if (this.#words === 1) this.#isOdd = true;
    else if (this.#isOdd || (kind & NO_TEXT) !== 0) this.#isPath = false;
  }

  /** Who takes any version wants a method of text (HAProxy); who takes any method wants HTTP's version or none (HTTP::Daemon). */
  #foundUrl(): void {
    if (!this.#isOdd) this.#hasUrl = true;
    else if (this.#words === 2) this.#isPath = true;
  }

  /** @returns true if `http/`, in any case, has just ended. `isWord`: a word begins. */
  #names(byte: number, isWord: boolean): boolean {
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    this.#lastThree = ((this.#lastThree << 8) | byte) & 0xff_ff_ff;
    if (this.#lastThree === URL_MARK) this.#foundUrl();
    this.#rtsp = matched(RTSP, this.#rtsp, lower);
    this.#isRtsp ||= this.#rtsp === RTSP.length;
    this.#http = matched(HTTP, this.#http, lower);
    if (this.#http === 1) this.#isVersion = isWord;
    return this.#http === HTTP.length && (this.#isVersion || !this.#isTls);
  }
}

/** How many bytes of `name` have come, by how many had before. */
function matched(name: Uint8Array, before: number, byte: number): number {
  if (byte === name[before]) return before + 1;
  return byte === name[0] ? 1 : 0;
}

function byteKinds(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(NO_TEXT, 0, 0x20);
  table[0x7f] = NO_TEXT;
  table.fill(HIGH, 0x80);
  for (const byte of WHITE_SPACE) table[byte] = byte < 0x80 ? BLANK : BLANK | HIGH;
  return table;
}
