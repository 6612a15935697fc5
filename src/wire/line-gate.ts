/**
 * What of a client's bytes may go on as no HTTP: a text by whole lines, each read first, until its server has answered (requirement 81). The
 * server may find a request in any of them: an unreadable line is passed over by many. Pure.
 *
 *   text    x LF        ─▶ goes on, with whom it names
 *           x           ─▶ held until its line ends
 *           GET /page … ─▶ REQUEST: nothing goes on any more
 *   binary, XML, JSON   ─▶ goes on at once; its lines are read as they pass, and one that is HTTP does not reach its end
 *
 * It must not decide what becomes of a name, and it does not see what the server says.
 */
import {
  hasHttpWord,
  hostFields,
  isBinary,
  isBlankLine,
  isFolded,
  isHttpAmongBytes,
  isHttpLine,
  isUnheld,
  namesInUrls,
} from './text-line.ts';

/** In place of a length: some line is HTTP, or too long to be told, or too many are named. */
export const REQUEST = -1;
/** No line of text is longer, and of what has gone on as much is remembered. */
const MAX_LINE = 2048;
/** Bytes that are no text are read on so far: no server reads a longer head. */
const MAX_WATCHED = 65_536;
/** More are named by no client: each of them is judged. */
const MAX_NAMES = 64;
/** No client folds its Host at all. */
const MAX_FOLDS = 8;

export class LineGate {
  /** Whom the lines name that the last call lets go. */
  names: readonly string[] = [];
  /** Lines of text go on that no parser has read: whoever answers them may have found anything in them. */
  hasText = false;
  readonly #isTls: boolean;
  #holds: boolean;
  #isFirst = true;
  /** What the last line, or those before that it goes on with, has as a Host field; null: it is none. */
  #host: string | null = null;
  /** Of a line that goes on as it comes. */
  #gone = '';
  /** Of a line that has not ended, so much has been looked through. */
  #seen = 0;
  #watched = 0;
  /** Lines that the last Host field goes on in: each is read with all before it. */
  #folds = 0;

  /** `isTls`: it begins with a ClientHello, which has a path or URL by chance. */
  constructor(isTls = false) {
    this.#isTls = isTls;
    this.#holds = !isTls;
  }

  /**
   * @param text all that has not gone on, one character a byte
   * @returns how much of it may go on, or REQUEST
   */
  read(text: string): number {
    this.names = [];
    if (this.#watched > MAX_WATCHED) return text.length;
    const all = this.#gone + text;
    let at = 0;
    for (let end = all.indexOf('\n', this.#seen); end >= 0; end = all.indexOf('\n', at)) {
      if (this.#isRequest(all.slice(at, end))) return REQUEST;
      at = end + 1;
      this.#seen = 0;
    }
    return this.#readPart(all.slice(at), text.length, at);
  }

  /** The client sends no more: `text` has no end. @returns as `read` */
  readLast(text: string): number {
    this.names = [];
    if (this.#watched > MAX_WATCHED) return text.length;
    return this.#isRequest(this.#gone + text) ? REQUEST : text.length;
  }

  #readPart(part: string, length: number, at: number): number {
    if (hasHttpWord(part, this.#seen)) return REQUEST;
    this.#holds &&= !this.#endsHolding(part, this.#seen);
    if (part.length > MAX_LINE) {
      if (this.#holds) return REQUEST;
      // Its beginning is forgotten now.
      if (this.#seen < MAX_LINE && this.#isHttp(part, this.#isFirst)) return REQUEST;
      this.#isFirst = false;
    }
    this.#seen = Math.min(part.length, MAX_LINE);
    if (this.#holds) return at;
    this.#watched += length;
    this.#gone = part.slice(-MAX_LINE);
    return length;
  }

  /** Reads a whole line. */
  #isRequest(line: string): boolean {
    if (isBlankLine(line)) return false;
    this.#holds &&= !this.#endsHolding(line);
    if (this.#holds && line.length > MAX_LINE) return true;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#isHttp(line, isFirst)) return true;
    if (!this.#isTls) this.#names(line, isFirst);
    return this.names.length > MAX_NAMES || this.#folds > MAX_FOLDS;
  }

  #isHttp(line: string, isFirst: boolean): boolean {
    return this.#holds || (isFirst && !this.#isTls) ? isHttpLine(line) : isHttpAmongBytes(line);
  }

  #names(line: string, isFirst: boolean): void {
    if (this.#holds) this.hasText = true;
    const before = isFolded(line) ? this.#host : null;
    this.#folds = before === null ? 0 : this.#folds + 1;
    const fields = hostFields(line, before);
    this.#host = fields.host?.slice(-MAX_LINE) ?? null;
    const names = [...(isFirst && this.#holds ? namesInUrls(line) : []), ...fields.names];
    if (names.length > 0) this.names = [...this.names, ...names];
  }

  /** Bytes that are no text, anywhere; XML and JSON from the first line on. */
  #endsHolding(line: string, from = 0): boolean {
    return this.#isFirst ? isUnheld(line, from) : isBinary(line, from);
  }
}
