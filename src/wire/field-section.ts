/**
 * Parses the field lines of a head (RFC 9112 §5) into offsets, strictly: CRLF ends a line, a name is a token directly
 * followed by a colon, no obs-fold, no control bytes. Nothing is copied and no string is made.
 *
 *   buf: …Name: value\r\n…      starts[k]  nameEnds[k]  valueStarts[k]  valueEnds[k]  ends[k]
 *
 * A section that arrives in pieces is resumed where it stopped, also inside a long name or value: a client that sends byte
 * by byte costs one step a byte.
 */
import { BYTE_CLASS, COLON, CR, HTAB, LF, SP, TOKEN, VALUE, byteString } from './bytes.ts';
import { fieldId } from './field-names.ts';

export const NEED_MORE = 0;

export class FieldSection {
  count = 0;
  readonly ids: Uint8Array;
  readonly starts: Int32Array;
  readonly nameEnds: Int32Array;
  readonly valueStarts: Int32Array;
  /** After the last byte of the value, trailing white space left out. */
  readonly valueEnds: Int32Array;
  /** After the CRLF. */
  readonly ends: Int32Array;
  readonly #maxCount: number;
  readonly #maxBytes: number;
  /** Where the next line starts, and how far into it the last call came (0: not beyond its first byte). */
  #line = 0;
  #scan = 0;
  /** That was its value. */
  #isInValue = false;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
    this.ids = new Uint8Array(maxCount);
    this.starts = new Int32Array(maxCount);
    this.nameEnds = new Int32Array(maxCount);
    this.valueStarts = new Int32Array(maxCount);
    this.valueEnds = new Int32Array(maxCount);
    this.ends = new Int32Array(maxCount);
  }

  /** Starts a section whose first line begins at `start`. */
  begin(start: number): void {
    this.count = 0;
    this.#line = start;
    this.#scan = 0;
    this.#isInValue = false;
  }

  /**
   * Parses on in buf[.., received); `start` is where the section began. Returns the offset behind the empty line,
   * NEED_MORE, or a negated status: -400 malformed, -431 too many or too large.
   */
  // One loop, one pass: this is where a request spends its parsing time.
  parse(buf: Uint8Array, start: number, received: number): number {
    // No further than the limit and the empty line: what is behind it must not decide how a section is refused.
    const end = Math.min(received, start + this.#maxBytes + 2);
    let line = this.#line;
    for (;;) {
      let i = line;
      if (this.#scan > 0) {
        i = this.#scan;
        this.#scan = 0;
      }
      if (this.#isInValue) {
        this.#isInValue = false;
        // The last call may have stopped in the white space before the value.
        if (i === this.valueStarts[this.count]) {
          while (i < end && (buf[i] === SP || buf[i] === HTAB)) i++;
          this.valueStarts[this.count] = i;
        }
      } else {
        if (i >= end) return this.#wait(line, i, false, start, end);
        if (buf[i] === CR && i === line) {
          if (i + 1 >= end) return this.#wait(line, i, false, start, end);
          return buf[i + 1] === LF ? i + 2 : -400;
        }
        if (this.count >= this.#maxCount) return -431;
        while (i < end && (BYTE_CLASS[buf[i]!]! & TOKEN) !== 0) i++;
        if (i === end) return this.#wait(line, i, false, start, end);
        if (buf[i] !== COLON || i === line) return -400;
        this.nameEnds[this.count] = i;
        i++;
        while (i < end && (buf[i] === SP || buf[i] === HTAB)) i++;
        this.valueStarts[this.count] = i;
      }
      while (i < end && (BYTE_CLASS[buf[i]!]! & VALUE) !== 0) i++;
      if (i === end) return this.#wait(line, i, true, start, end);
      if (buf[i] !== CR) return -400;
      if (i + 1 === end) return this.#wait(line, i, true, start, end);
      if (buf[i + 1] !== LF) return -400;
      this.#store(buf, line, i);
      line = i + 2;
    }
  }

  /** Value of field `index` as a byte string. */
  value(buf: Uint8Array, index: number): string {
    return byteString(buf, this.valueStarts[index]!, this.valueEnds[index]!);
  }

  /** Lower-cased name of field `index`. */
  name(buf: Uint8Array, index: number): string {
    return byteString(buf, this.starts[index]!, this.nameEnds[index]!).toLowerCase();
  }

  /** All values of a field by lower-case name joined by `, ` (RFC 9110 §5.3), or null. For rare look-ups. */
  find(buf: Uint8Array, lowerName: string): string | null {
    let found: string | null = null;
    for (let k = 0; k < this.count; k++) {
      if (this.nameEnds[k]! - this.starts[k]! !== lowerName.length || this.name(buf, k) !== lowerName) continue;
      found = found === null ? this.value(buf, k) : `${found}, ${this.value(buf, k)}`;
    }
    return found;
  }

  #store(buf: Uint8Array, line: number, valueEnd: number): void {
    const k = this.count;
    let end = valueEnd;
    const valueStart = this.valueStarts[k]!;
    while (end > valueStart && (buf[end - 1] === SP || buf[end - 1] === HTAB)) end--;
    this.starts[k] = line;
    this.valueEnds[k] = end;
    this.ends[k] = valueEnd + 2;
    this.ids[k] = fieldId(buf, line, this.nameEnds[k]!);
    this.count = k + 1;
  }

  #wait(line: number, scan: number, isInValue: boolean, start: number, end: number): number {
    if (end - start > this.#maxBytes + 1) return -431;
    this.#line = line;
    this.#scan = scan;
    this.#isInValue = isInValue;
    return NEED_MORE;
  }
}
