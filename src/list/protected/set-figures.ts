/**
 * What the header of a payload says of a whole set of records: its digest, and how many rows its image will have, since nodes ask for the memory
 * before they see the records. It must not need the set in one piece: a change of a thousand records gives a set of a million that nobody writes down.
 *
 *   pieces of the set, in order ─▶ SHA-256
 *                               └▶ host entries │ path entries ─▶ distinct hosts, by fold: one hint each (match/hint-rows.ts)
 */
import { createHash } from 'node:crypto';
import { foldOf } from '../../match/entry-words.ts';
import { AT, DIGEST_DOMAIN, isHostRecord, RECORD_BYTES, viewOf } from './record.ts';

export interface SetFigures {
  /** SHA-256 over a domain of its own and the records in order: what is signed, and what the node checks. */
  readonly digest: Uint8Array;
  readonly hostRows: number;
  readonly expressionRows: number;
  readonly hintRows: number;
}

/** @param pieces of the sorted set, in order: whole records. */
export function figuresOf(pieces: readonly Uint8Array[]): SetFigures {
  const hash = createHash('sha256').update(DIGEST_DOMAIN);
  for (const piece of pieces) hash.update(piece);
  const rows = pieces.reduce((sum, { length }) => sum + length, 0) / RECORD_BYTES;
  const hostRows = pieces.reduce((sum, piece) => sum + hostRowsIn(piece), 0);
  const hosts = new DistinctHosts(rows - hostRows);
  for (const piece of pieces) hosts.add(viewOf(piece), hostRowsIn(piece) * RECORD_BYTES);
  return { digest: hash.digest(), hostRows, expressionRows: rows - hostRows, hintRows: hosts.size };
}

/** Host entries come first: the border is found by halves. */
export function hostRowsIn(sorted: Uint8Array): number {
  const view = viewOf(sorted);
  let from = 0;
  let to = sorted.length / RECORD_BYTES;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isHostRecord(view, middle * RECORD_BYTES)) from = middle + 1;
    else to = middle;
  }
  return from;
}

const SLOT_WORDS = 3;
const ODD = 0x9e37_79b1;

/** Hosts of path entries, each with a fold: a table of open addressing, at most half full. */
class DistinctHosts {
  size = 0;
  /** Fingerprint, high and low, then the fold and one more; 0 there: a free slot. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** @param most that there can be. */
  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * most)));
    this.#slots = new Int32Array(slots * SLOT_WORDS);
    this.#mask = slots - 1;
  }

  /** Of the records from byte `from` on. */
  add(view: DataView, from: number): void {
    const slots = this.#slots;
    for (let at = from; at < view.byteLength; at += RECORD_BYTES) {
      const high = view.getInt32(at + AT.hostHigh, true);
      const low = view.getInt32(at + AT.hostLow, true);
      const fold = foldOf(view.getInt32(at + AT.meta, true), view.getUint8(at + AT.extent)) + 1;
      let number = (low ^ Math.imul(fold, ODD)) & this.#mask;
      let slot = number * SLOT_WORDS;
      while (slots[slot + 2] !== 0 && (slots[slot] !== high || slots[slot + 1] !== low || slots[slot + 2] !== fold)) {
        number = (number + 1) & this.#mask;
        slot = number * SLOT_WORDS;
      }
      if (slots[slot + 2] !== 0) continue;
      slots[slot] = high;
      slots[slot + 1] = low;
      slots[slot + 2] = fold;
      this.size += 1;
    }
  }
}
