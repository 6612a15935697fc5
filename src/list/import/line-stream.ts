/**
 * Chunks of a file → its lines, as byte strings. It holds one line at a time, and no more of a line than is read of one, so
 * that memory does not grow with the file. It must not interpret what a line says.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteString } from '../../url/bytes.ts';

/** `fault`: why the text cannot be read; of a line that is too long `text` is the beginning. */
export interface StreamedLine {
  readonly text: ByteString;
  readonly fault: 'too_long' | 'not_text' | 'cut_off' | null;
}

/** What makes no line look other than it is. */
const NOT_PLAIN = /[^\t\n\x20-\x7e]/;

/** As in our own lists (list/text/lines.ts). */
export const MAX_LINE_BYTES = 16_384;

const BOM = '\u00ef\u00bb\u00bf';
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const NOT_ASCII = /\P{ASCII}/u;

export class LineStream {
  /** What has come of a line that has not ended; empty: nothing. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isFirst = true;

  /** The lines that end in this chunk. */
  *push(chunk: Buffer): Generator<StreamedLine> {
    // One look at all of it: then no line needs one of its own.
    const text: ByteString = chunk.toString('latin1');
    const isPlain = !NOT_PLAIN.test(text);
    let start = 0;
    for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', start)) {
      const isWhole = isPlain && this.#heldBytes === 0 && newline - start <= MAX_LINE_BYTES;
      this.#isFirst &&= !isWhole;
      yield isWhole ? { text: text.slice(start, newline), fault: null } : this.#line(chunk.subarray(start, newline));
      start = newline + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The line that the file breaks off in; null: it ends with a newline, or is empty. */
  end(): StreamedLine | null {
    if (this.#heldBytes === 0) return null;
    const { text, fault } = this.#line(Buffer.alloc(0));
    return { text, fault: fault ?? 'cut_off' };
  }

  #hold(piece: Buffer): void {
    // A copy: the chunk's memory is used again. Bytes past the bound are counted, not kept.
    if (this.#heldBytes <= MAX_LINE_BYTES) this.#held.push(Buffer.from(piece.subarray(0, MAX_LINE_BYTES + 2)));
    this.#heldBytes += piece.length;
  }

  #line(rest: Buffer): StreamedLine {
    const bytes = this.#heldBytes + rest.length;
    const raw = this.#heldBytes === 0 ? rest : Buffer.concat([...this.#held, rest.subarray(0, MAX_LINE_BYTES + 2)]);
    this.#held = [];
    this.#heldBytes = 0;
    // One more than the bound may be a carriage return.
    const isTooLong = bytes > MAX_LINE_BYTES + 1;
    let text: ByteString = raw.toString('latin1', 0, isTooLong ? MAX_LINE_BYTES : raw.length);
    if (this.#isFirst && text.startsWith(BOM)) text = text.slice(BOM.length);
    this.#isFirst = false;
    if (isTooLong) return { text, fault: 'too_long' };
    if (text.endsWith('\r')) text = text.slice(0, -1);
    if (CONTROL.test(text) || (NOT_ASCII.test(text) && !isUtf8(raw))) return { text, fault: 'not_text' };
    return { text, fault: null };
  }
}
