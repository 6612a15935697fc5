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
    const view = viewOf(piece);
    let from = 0;
    for (let at = 0; at < piece.length;) {
      const place = this.#placeIn(view, at);
      const end = this.#removedIn(view, at, place);
      if (end > from) yield piece.subarray(from, end);
      if (end < place) {
        this.removed += 1;
        from = end + RECORD_BYTES;
        at = from;
      } else {
        if (place < piece.length) yield this.#additionsBefore(view, place);
        from = place;
        at = place;
      }
    }
  }

  /** What comes behind the last record of the set. */
  end(): Uint8Array {
    const rest = this.#additions.subarray(this.#next);
    this.#next = this.#additions.length;
    return rest;
  }

  /** The first record from `from` on that the next addition comes before, by halves; the end: it comes behind all of them. */
  #placeIn(view: DataView, from: number): number {
    if (this.#next === this.#additions.length) return view.byteLength;
    let low = from / RECORD_BYTES;
    let high = view.byteLength / RECORD_BYTES;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareRecords(this.#view, this.#next, view, middle * RECORD_BYTES) < 0) high = middle;
      else low = middle + 1;
    }
    return low * RECORD_BYTES;
  }

  #additionsBefore(view: DataView, at: number): Uint8Array {
    const from = this.#next;
    while (this.#next < this.#additions.length && compareRecords(this.#view, this.#next, view, at) < 0)
      this.#next += RECORD_BYTES;
    return this.#additions.subarray(from, this.#next);
  }

  /** The first record of view[from, to) that is removed; `to`: none is. */
  #removedIn(view: DataView, from: number, to: number): number {
    if (this.#removals.size === 0) return to;
    for (let at = from; at < to; at += RECORD_BYTES)
      if (this.#removals.has(view.getInt32(at + AT.idLow, true), view.getInt32(at + AT.idHigh, true))) return at;
    return to;
  }
}

/** Pieces of a whole set that was changed, in order. */
export function mergedPieces(sorted: Uint8Array, change: RecordChange): readonly Uint8Array[] {
  const merge = new RecordMerge(change);
  return [...merge.piece(sorted), merge.end()];
}

/** Of a whole set. */
export function mergeRecords(sorted: Uint8Array, removals: BigUint64Array, additions: Uint8Array): Uint8Array {
  return Buffer.concat(mergedPieces(sorted, { removals, additions }));
}
