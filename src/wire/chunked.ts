/**
 * Reads chunked framing (RFC 9112 §7.1) as it streams by and tells which of its bytes may travel on.
 *
 *   1a\r\n <26 bytes> \r\n 5;ext=1\r\n <5 bytes> \r\n 0\r\n Trailer: x\r\n \r\n
 *   ───────── raw ──────── ── anew ─── ── raw ────── ─────── anew ───────────
 *
 * A size line that is canonical (no leading zero, no extension) and lies whole in one buffer is part of one raw span
 * with its data, so that an ordinary body is relayed without being touched. Anything else is made anew: extensions and
 * trailers are dropped, both bounded. Bare LF, bad digits, anything but an extension behind a size, trailers that are no
 * field lines and sizes of 2^48 and more are malformed. It must not let a byte travel that a server could read otherwise.
 */
import { BYTE_CLASS, COLON, CR, HTAB, LF, SP, TOKEN, VALUE, hexValue } from './bytes.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

/** Takes what may travel on, in order. */
export interface ChunkSink {
  /** Bytes [start, end) of the buffer that is being read. */
  raw(start: number, end: number): void;
  /** Framing made anew. */
  text(bytes: string): void;
}

export interface ChunkLimits {
  /** Bytes of extension a chunk. */
  readonly chunkExtensionBytes: number;
  readonly trailerBytes: number;
}

const STATE = {
  sizeStart: 0,
  size: 1,
  padding: 2,
  extension: 3,
  sizeLf: 4,
  data: 5,
  dataCr: 6,
  dataLf: 7,
  lineStart: 8,
  trailerName: 9,
  trailer: 10,
  trailerLf: 11,
  endLf: 12,
  done: 13,
} as const;
type State = (typeof STATE)[keyof typeof STATE];

const MAX_SIZE_DIGITS = 12;
const LAST_CHUNK = '0\r\n\r\n';
const SEMICOLON = 0x3b;

export class ChunkedReader {
  readonly #limits: ChunkLimits;
  #framing = true;
  #state: State = STATE.sizeStart;
  /** Bytes of the chunk still to come; while its size line is read, the size so far. */
  #size = 0;
  #digits = 0;
  #extension = 0;
  #trailer = 0;
  /** The size line (and for the last chunk the end of the body) can go out as it came. */
  #canonical = false;
  /** Offsets in the buffer that is being read, -1: none. */
  #span = -1;
  #line = -1;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** `framing`: whether size lines go to the sink too; false leaves the bare payload (responses to HTTP/1.0). */
  begin(framing: boolean): void {
    this.#framing = framing;
    this.#state = STATE.sizeStart;
    this.#size = this.#digits = this.#extension = this.#trailer = 0;
  }

  get done(): boolean {
    return this.#state === STATE.done;
  }

  /** Reads buf[pos, end); returns the offset it came to (`end`, or behind the body once `done`), or -1: malformed. */
  read(buf: Uint8Array, pos: number, end: number, sink: ChunkSink): number {
    this.#line = -1;
    // Data goes on raw where the last buffer stopped inside it; a size line that began there is made anew.
    this.#span = this.#state === STATE.data || this.#state === STATE.dataCr || this.#state === STATE.dataLf ? pos : -1;
    if (!this.#framing && this.#state !== STATE.data) this.#span = -1;
    this.#canonical = false;
    let i = pos;
    while (i < end && this.#state !== STATE.done) {
      if (this.#state === STATE.data) i = this.#data(i, end, sink);
      else if (this.#step(buf[i]!, i, sink)) i++;
      else return -1;
    }
    this.#endOfBuffer(i, sink);
    return i;
  }

  #data(i: number, end: number, sink: ChunkSink): number {
    const take = Math.min(this.#size, end - i);
    this.#size -= take;
    if (this.#size === 0) {
      this.#state = STATE.dataCr;
      if (!this.#framing) this.#flush(i + take, sink);
    }
    return i + take;
  }

  #step(byte: number, i: number, sink: ChunkSink): boolean {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others are of the trailer section, whose bytes one function takes
    switch (this.#state) {
      case STATE.sizeStart:
        return this.#sizeStart(byte, i);
      case STATE.size:
        return this.#sizeByte(byte);
      case STATE.padding:
        return this.#paddingByte(byte);
      case STATE.extension:
        return this.#extensionByte(byte);
      case STATE.sizeLf:
        return byte === LF && this.#sizeEnd(i, sink);
      case STATE.dataCr:
        this.#state = STATE.dataLf;
        return byte === CR;
      case STATE.dataLf:
        this.#state = STATE.sizeStart;
        return byte === LF;
      default:
        return this.#trailerByte(byte, i, sink);
    }
  }

  #sizeStart(byte: number, i: number): boolean {
    this.#size = hexValue(byte);
    this.#digits = 1;
    this.#extension = 0;
    this.#line = i;
    this.#canonical = this.#framing;
    this.#state = STATE.size;
    return this.#size >= 0;
  }

  #sizeByte(byte: number): boolean {
    const digit = hexValue(byte);
    if (digit >= 0) {
      if (this.#size === 0) this.#canonical = false;
      this.#size = this.#size * 16 + digit;
      return ++this.#digits <= MAX_SIZE_DIGITS;
    }
    if (byte === CR) {
      this.#state = STATE.sizeLf;
      return true;
    }
    this.#canonical = false;
    this.#state = byte === SEMICOLON ? STATE.extension : STATE.padding;
    return byte === SEMICOLON || byte === SP || byte === HTAB;
  }

  /** White space before an extension, or old padding: `0 5` is neither 0 nor 5. Counts as extension. */
  #paddingByte(byte: number): boolean {
    if (byte === CR) this.#state = STATE.sizeLf;
    else if (byte === SEMICOLON) this.#state = STATE.extension;
    else if (byte !== SP && byte !== HTAB) return false;
    return ++this.#extension <= this.#limits.chunkExtensionBytes;
  }

  #extensionByte(byte: number): boolean {
    if (byte === CR) this.#state = STATE.sizeLf;
    else if ((BYTE_CLASS[byte]! & VALUE) === 0) return false;
    return ++this.#extension <= this.#limits.chunkExtensionBytes;
  }

  #sizeEnd(i: number, sink: ChunkSink): boolean {
    const last = this.#size === 0;
    this.#state = last ? STATE.lineStart : STATE.data;
    if (this.#canonical) {
      if (this.#span < 0) this.#span = this.#line;
      // The line of the last chunk stays marked: a trailer, or the end of the buffer, takes it back.
      if (!last) this.#line = -1;
      return true;
    }
    this.#flush(this.#line, sink);
    this.#line = -1;
    if (last) return true;
    if (this.#framing) sink.text(`${this.#size.toString(16)}\r\n`);
    this.#span = i + 1;
    return true;
  }

  /** The trailer section is checked, bounded and dropped; after it the body is done. */
  #trailerByte(byte: number, i: number, sink: ChunkSink): boolean {
    if (++this.#trailer > this.#limits.trailerBytes) return false;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- it is called in the states of the section alone
    switch (this.#state) {
      case STATE.lineStart:
        if (byte === CR) this.#state = STATE.endLf;
        else {
          this.#takeBackLast(sink);
          this.#state = STATE.trailerName;
          return (BYTE_CLASS[byte]! & TOKEN) !== 0;
        }
        return true;
      case STATE.trailerName:
        // A request that follows where the empty line is missing is no trailer (RFC 9112 §7.1.2).
        if (byte === COLON) this.#state = STATE.trailer;
        return byte === COLON || (BYTE_CLASS[byte]! & TOKEN) !== 0;
      case STATE.trailer:
        if (byte === CR) this.#state = STATE.trailerLf;
        return byte === CR || (BYTE_CLASS[byte]! & VALUE) !== 0;
      case STATE.trailerLf:
        this.#state = STATE.lineStart;
        return byte === LF;
      default:
        return byte === LF && this.#end(i, sink);
    }
  }

  #end(i: number, sink: ChunkSink): boolean {
    this.#state = STATE.done;
    this.#line = -1;
    if (this.#canonical) this.#flush(i + 1, sink);
    else if (this.#framing) sink.text(LAST_CHUNK);
    return true;
  }

  #takeBackLast(sink: ChunkSink): void {
    if (this.#line >= 0) this.#flush(this.#line, sink);
    this.#line = -1;
    this.#canonical = false;
  }

  #endOfBuffer(i: number, sink: ChunkSink): void {
    // A size line that is not complete, and an end of body that is not, stay behind and are made anew.
    this.#flush(this.#line >= 0 ? this.#line : i, sink);
  }

  #flush(end: number, sink: ChunkSink): void {
    if (this.#span >= 0 && end > this.#span) sink.raw(this.#span, end);
    this.#span = -1;
  }
}
