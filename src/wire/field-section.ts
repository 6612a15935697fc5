/**
 * Parses the field lines of a head (RFC 9112 §5) into offsets, strictly: CRLF ends a line, a name is a token directly
 * followed by a colon, no obs-fold, no control bytes. Nothing is copied and no string is made.
 *
 *   buf: …Name: value\r\n…      starts[k]  nameEnds[k]  valueStarts[k]  valueEnds[k]  ends[k]
 *
 * A section that arrives in pieces is resumed where it stopped, also inside a long name or value: a client that sends byte
 * by byte costs one step a byte.
 *
 * Two ways to the same offsets: `line-scan.ts` finds the lines that are whole and regular, as many as there are, where enough
 * bytes have come; a loop over the table takes what is left: short heads, what is cut off, and every fault.
 */
import { BYTE_CLASS, COLON, CR, HTAB, LF, SP, TOKEN, VALUE, byteString } from './bytes.ts';
import { fieldId } from './field-names.ts';
import { WINDOW, createLineScan, type LineScan } from './line-scan.ts';

/* oxlint-disable typescript/no-non-null-assertion -- bytes lie below `end`, fields below `count`; the controls that the scan has found end with one behind `end` */

export const NEED_MORE = 0;

// V8 loads an imported constant at each use, and has those of a module in the code.
const CLASSES = BYTE_CLASS;
const [colon, cr, htab, lf, sp, token, value] = [COLON, CR, HTAB, LF, SP, TOKEN, VALUE];

/** Bytes from which on the scan is asked: for fewer, its call costs what it saves (ADR 0014). */
const MIN_SCANNED = 96;
/** Bytes that are scanned at first: what is there behind the head is scanned in vain. */
const FIRST_WINDOW = 2048;
const THREAD_SCAN: LineScan | null = createLineScan();

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
  /** Where the next line starts, and how far into it the last call came. */
  #line = 0;
  #scan = 0;
  /** That was its value. */
  #isInValue = false;

  /** Null: the table does everything. */
  readonly lineScan: LineScan | null;

  constructor(maxCount: number, maxBytes: number, lineScan = THREAD_SCAN) {
    this.lineScan = lineScan;
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
   * @param isTaken the scan has taken the buffer over just now
   */
  // One loop, one pass: this is where a short head spends its parsing time. The steps over the table are written out: where
  // V8 does not inline them, a function in their place makes a short head dearer (bench/micro/request-head.ts has one).
  parse(buf: Buffer, start: number, received: number, isTaken = false): number {
    // No further than the limit and the empty line: what is behind it must not decide how a section is refused.
    const end = Math.min(received, start + this.#maxBytes + 2) | 0;
    let line = this.#line;
    let i = Math.max(line, this.#scan) | 0;
    let isInValue = this.#isInValue;
    // The last call may have stopped in the white space before the value.
    if (isInValue && i === this.valueStarts[this.count]) i = this.#beginValue(buf, i, end);
    for (;;) {
      if (!isInValue) {
        if (i === line && end - i >= MIN_SCANNED) i = line = this.#takeLines(buf, line, end, isTaken);
        if (i >= end) return this.#wait(line, i, false, start, end);
        if (buf[i] === cr && i === line) {
          if (i + 1 >= end) return this.#wait(line, i, false, start, end);
          return buf[i + 1] === lf ? i + 2 : -400;
        }
        if (this.count >= this.#maxCount) return -431;
        while (i < end && (CLASSES[buf[i]!]! & token) !== 0) i++;
        if (i === end) return this.#wait(line, i, false, start, end);
        if (buf[i] !== colon || i === line) return -400;
        this.nameEnds[this.count] = i;
        i = this.#beginValue(buf, i + 1, end);
      }
      isInValue = false;
      while (i < end && (CLASSES[buf[i]!]! & value) !== 0) i++;
      if (i === end) return this.#wait(line, i, true, start, end);
      if (buf[i] !== cr) return -400;
      if (i + 1 === end) return this.#wait(line, i, true, start, end);
      if (buf[i + 1] !== lf) return -400;
      this.#store(buf, line, i);
      i = line = i + 2;
    }
  }

  /** Skips the white space from `from` on, and notes where the value begins. */
  #beginValue(buf: Buffer, from: number, end: number): number {
    let i = from;
    while (i < end && (buf[i] === sp || buf[i] === htab)) i++;
    this.valueStarts[this.count] = i;
    return i;
  }

  /** Stores the whole, regular lines that begin at `first`, as far as the scan sees; returns the offset behind them. */
  #takeLines(buf: Buffer, first: number, end: number, isTaken: boolean): number {
    const scan = this.lineScan;
    if (scan === null) return first;
    let line = first;
    let window = FIRST_WINDOW;
    for (;;) {
      const left = end - line;
      if (left < MIN_SCANNED || buf[line] === cr) return line;
      const size = Math.min(left, window);
      const behind = this.#takeScanned(scan, buf, line, line + size, isTaken);
      // Nothing more has come, or no window holds the line.
      if (size === left || (behind === line && window === WINDOW)) return behind;
      line = behind;
      window = WINDOW;
    }
  }

  // A loop without calls, but for those that are inlined: a call for each line would cost what the scan saves.
  #takeScanned(scan: LineScan, buf: Buffer, first: number, end: number, isTaken: boolean): number {
    const base = scan.read(buf, first, end - first, isTaken);
    const { controls, nameEnds } = scan;
    const { ids, starts, nameEnds: names, valueStarts, valueEnds, ends } = this;
    const maxCount = this.#maxCount;
    let count = this.count;
    let line = first;
    let next = 0;
    while (count < maxCount) {
      // `| 0`, here and below: or V8 takes them for floating point, because there may be nothing at the index.
      const nameEnd = (base + nameEnds[next]!) | 0;
      if (nameEnd >= end || nameEnd === line || buf[nameEnd] !== colon) break;
      let valueStart = nameEnd + 1;
      while (valueStart < end && (buf[valueStart] === sp || buf[valueStart] === htab)) valueStart++;
      let valueEnd = (base + controls[++next]!) | 0;
      while (valueEnd < end && buf[valueEnd] === htab) valueEnd = (base + controls[++next]!) | 0;
      if (valueEnd + 1 >= end || buf[valueEnd] !== cr || buf[valueEnd + 1] !== lf) break;
      let last = valueEnd;
      while (last > valueStart && (buf[last - 1] === sp || buf[last - 1] === htab)) last--;
      starts[count] = line;
      names[count] = nameEnd;
      valueStarts[count] = valueStart;
      valueEnds[count] = last;
      ids[count] = fieldId(buf, line, nameEnd);
      line = valueEnd + 2;
      ends[count] = line;
      count++;
      next++;
    }
    this.count = count;
    return line;
  }

  /** Value of field `index` as a byte string. */
  value(buf: Buffer, index: number): string {
    return byteString(buf, this.valueStarts[index]!, this.valueEnds[index]!);
  }

  /** Lower-cased name of field `index`. */
  name(buf: Buffer, index: number): string {
    return byteString(buf, this.starts[index]!, this.nameEnds[index]!).toLowerCase();
  }

  /** All values of a field by lower-case name joined by `, ` (RFC 9110 §5.3), or null. For rare look-ups. */
  find(buf: Buffer, lowerName: string): string | null {
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
    while (end > valueStart && (buf[end - 1] === sp || buf[end - 1] === htab)) end--;
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
