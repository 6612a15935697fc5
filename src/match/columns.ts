/**
 * Columns that grow while a segment is built: plain typed arrays, so that millions of entries are no objects.
 * It must not be used once the segment is built.
 */

export class IntColumn {
  #data = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Int32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length] = value;
    this.length += 1;
  }

  get(index: number): number {
    return this.#data[index] ?? 0;
  }

  /** @param index of a value that was pushed. */
  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  /** What was pushed, without a copy. */
  view(): Int32Array {
    return this.#data.subarray(0, this.length);
  }
}
