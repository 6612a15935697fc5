/**
 * Columns of a line's parts. A line may have thousands of parts, so that each is counted on from the one before. It must not keep more than one line.
 */
import type { ByteString } from '../../url/bytes.ts';
import { columnAt } from '../text/lines.ts';

export class LineColumns {
  #text: ByteString = '';
  #offset = 0;
  #column = 1;

  /** @param offset from 0, in bytes. @returns the column from 1, in characters. */
  at(text: ByteString, offset: number): number {
    if (text !== this.#text || offset < this.#offset) {
      this.#text = text;
      this.#offset = 0;
      this.#column = 1;
    }
    this.#column += columnAt(text, offset, this.#offset) - 1;
    this.#offset = offset;
    return this.#column;
  }
}
