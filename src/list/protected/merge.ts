/**
 * A set of records in order and a change of it give a set in order, piece by piece, and nothing is copied:
 *
 *   pieces of the set ─▶ without what is removed, with what is added at its place ─▶ runs of records
 *
 * Publishers keep their sets with it and nodes follow them, so that both come to the same bytes. It must not check what it is
 * given: image-rows.ts sees every record that comes out.
 */
import { IdSet } from './ids.ts';
import { AT, compareRecords, RECORD_BYTES, viewOf } from './record.ts';

export interface RecordChange {
  /** Ids, ascending. */
  readonly removals: BigUint64Array;
  /** Records, in order. */
  readonly additions: Uint8Array;
}

export class RecordMerge {
  readonly #removals: IdSet;
  readonly #additions: Uint8Array;
  readonly #view: DataView;
  /** Byte of the next addition. */
  #next = 0;
  /** Of the ids that are to be removed, those that were there. */
  removed = 0;

  constructor({ removals, additions }: RecordChange) {
    this.#removals = new IdSet(removals);
    this.#additions = additions;
    this.#view = viewOf(additions);
  }

  /** @param piece the next records of the set. */
  *piece(piece: Uint8Array): Generator<Uint8Array, void> {
    if (this.#removals.size === 0 && this.#next === this.#additions.length) {
      yield piece;
      return;
    }
    const view = viewOf(piece);
    let from = 0;
    for (let at = 0; at < piece.length; at += RECORD_BYTES) {
      const added = this.#additionsBefore(view, at);
      const isRemoved = this.#isRemoved(view, at);
      if (added.length === 0 && !isRemoved) continue;
      if (at > from) yield piece.subarray(from, at);
      if (added.length > 0) yield added;
      from = isRemoved ? at + RECORD_BYTES : at;
    }
    if (piece.length > from) yield piece.subarray(from);
  }

  /** What comes behind the last record of the set. */
  end(): Uint8Array {
    const rest = this.#additions.subarray(this.#next);
    this.#next = this.#additions.length;
    return rest;
  }

  #additionsBefore(view: DataView, at: number): Uint8Array {
    const from = this.#next;
    while (this.#next < this.#additions.length && compareRecords(this.#view, this.#next, view, at) < 0)
      this.#next += RECORD_BYTES;
    return this.#additions.subarray(from, this.#next);
  }

  #isRemoved(view: DataView, at: number): boolean {
    if (this.#removals.size === 0) return false;
    const isRemoved = this.#removals.has(view.getInt32(at + AT.idLow, true), view.getInt32(at + AT.idHigh, true));
    if (isRemoved) this.removed += 1;
    return isRemoved;
  }
}

/** Of a whole set. */
export function mergeRecords(sorted: Uint8Array, removals: BigUint64Array, additions: Uint8Array): Uint8Array {
  const merge = new RecordMerge({ removals, additions });
  return Buffer.concat([...merge.piece(sorted), merge.end()]);
}
