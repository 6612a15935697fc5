/**
 * The entries of a version: canonical line → uid, as a Map would have it. They may be a million, so lines lie in one block of
 * bytes (list/lint/text-table.ts), and a line becomes a string when it is asked for. What is not in force any more is forgotten once it is most of the
 * block: a list that changes daily has many times its lines in a year. It must not know what a line says.
 *
 *   line ─▶ its number, until a line is deleted ─▶ uid; 0: not in force any more
 */
import { NO_TEXT, TextTable } from '../../list/lint/text-table.ts';

/** Fewer that are gone are not worth another block. */
const KEPT_LINES = 1024;

export class LinesInForce {
  size = 0;
  #lines = new TextTable();
  /** By number. */
  #uids = new Float64Array(1024);

  /** How many numbers there are: of lines in force, and of some that were. */
  get numbers(): number {
    return this.#lines.size;
  }

  /** @param uid above 0. */
  set(line: string, uid: number): void {
    const number = this.#lines.add(line);
    if (number >= this.#uids.length) {
      const larger = new Float64Array(2 * this.#uids.length);
      larger.set(this.#uids);
      this.#uids = larger;
    }
    if (this.#uids[number] === 0) this.size += 1;
    this.#uids[number] = uid;
  }

  delete(line: string): void {
    const number = this.numberOf(line);
    if (number === null) return;
    this.#uids[number] = 0;
    this.size -= 1;
    if (this.numbers > 2 * this.size + KEPT_LINES) this.#forget();
  }

  /** @returns null if it is not in force. */
  numberOf(line: string): number | null {
    const number = this.#lines.find(line);
    return number === NO_TEXT || this.#uids[number] === 0 ? null : number;
  }

  /** @param number of a line that is in force. */
  uidOf(number: number): number {
    return this.#uids[number] ?? 0;
  }

  get(line: string): number | undefined {
    const number = this.numberOf(line);
    return number === null ? undefined : this.uidOf(number);
  }

  has(line: string): boolean {
    return this.numberOf(line) !== null;
  }

  /** In the order in which lines first came. @param isLeftOut by number. */
  *entries(isLeftOut: (number: number) => boolean = () => false): Generator<readonly [line: string, uid: number]> {
    for (let number = 0; number < this.numbers; number += 1) {
      const uid = this.uidOf(number);
      if (uid !== 0 && !isLeftOut(number)) yield [this.#lines.text(number), uid];
    }
  }

  /** What is not in force; all else gets another number. */
  #forget(): void {
    const lines = new TextTable();
    const uids = new Float64Array(Math.max(KEPT_LINES, this.size));
    for (const [line, uid] of this.entries()) uids[lines.add(line)] = uid;
    this.#lines = lines;
    this.#uids = uids;
  }

  [Symbol.iterator](): Generator<readonly [line: string, uid: number]> {
    return this.entries();
  }
}
