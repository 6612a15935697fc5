/**
 * Entries with fingerprint and proof, collected for one table of a segment and written in order of fingerprint.
 * It must not keep the texts that it was given.
 */
import { IntColumn } from './columns.ts';
import type { Entry } from './entry.ts';
import type { EntryKey } from './entry-key.ts';
import { metaOf } from './entry-words.ts';
import type { Prover } from './prover.ts';
import { rowOrder } from './row-order.ts';
import { RECORD_WORDS } from './segment-layout.ts';
import type { ProvedOffsets } from './segment-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

export class ProvedRows {
  readonly high = new IntColumn();
  readonly low = new IntColumn();
  readonly #records = new IntColumn();
  readonly #expires = new IntColumn();
  readonly #prover: Prover;
  readonly #proof = new Int32Array(4);

  constructor(prover: Prover) {
    this.#prover = prover;
  }

  get length(): number {
    return this.high.length;
  }

  add(entry: Entry, { high, low, text }: EntryKey): void {
    this.high.push(high);
    this.low.push(low);
    this.#prover.prove(text, this.#proof, 0);
    for (const word of this.#proof) this.#records.push(word);
    this.#records.push(Number(BigInt.asIntN(32, entry.id)));
    this.#records.push(Number(BigInt.asIntN(32, entry.id >> 32n)));
    this.#records.push(metaOf(entry));
    this.#expires.push(entry.expires);
  }

  write(bytes: Uint8Array, at: ProvedOffsets): void {
    const { buffer } = bytes;
    const rows = this.length;
    const order = rowOrder(this.high.view(), this.low.view());
    const high = new Int32Array(buffer, at.high, rows);
    const low = new Int32Array(buffer, at.low, rows);
    const records = new Int32Array(buffer, at.records, rows * RECORD_WORDS);
    const expires = new Uint16Array(buffer, at.expires, rows);
    const source = this.#records.view();
    for (let row = 0; row < rows; row += 1) {
      const from = order[row]!;
      high[row] = this.high.get(from);
      low[row] = this.low.get(from);
      for (let word = 0; word < RECORD_WORDS; word += 1)
        records[row * RECORD_WORDS + word] = source[from * RECORD_WORDS + word]!;
      expires[row] = this.#expires.get(from);
    }
  }
}
