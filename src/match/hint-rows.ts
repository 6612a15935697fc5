/**
 * Which hosts lead to path entries, to which depths and kinds, and whether one of them steers: one row for each distinct
 * fingerprint and fold.
 *
 *   path entries, in any order ───────────┬▶ in order of their host's fingerprint ─▶ one row for all of a host and fold
 *   rows of other segments of the same key ┘
 *
 * It must not hold any text.
 */
import { runSync, STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import { depthsOf, foldOf, scopesOf, steerOf } from './entry-words.ts';
import { RowOrder } from './row-order.ts';
import type { RowCopies } from './row-order.ts';
import { HINT } from './segment-layout.ts';
import type { SegmentOffsets } from './segment-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** What becomes rows: fingerprints of hosts, and what a row says of each of them. */
export interface HintSource {
  readonly high: Int32Array;
  readonly low: Int32Array;
  depths(row: number): number;
  scopes(row: number): number;
  /** As a byte of the folds: the fold, and what steers. */
  folds(row: number): number;
}

/** The path entries of a segment, by row: fingerprints of their hosts, their meta words, their extents (entry-words.ts). */
export function hintsOfEntries(
  { high, low }: Pick<HintSource, 'high' | 'low'>,
  meta: (row: number) => number,
  extents: ArrayLike<number>,
): HintSource {
  return {
    high,
    low,
    depths: (row) => depthsOf(meta(row), extents[row]!),
    scopes: (row) => scopesOf(meta(row), extents[row]!),
    folds: (row) => {
      const word = meta(row);
      return foldOf(word, extents[row]!) | steerOf(word);
    },
  };
}

/** Of the rows of a million entries this is two megabytes at a time, with what is copied of them. */
const ORDER_PARTS = 8;
/** A part is copied up to so many times its share: entries of one host are all in one, and copies of them would be a third of the list that is made. */
const COPIED_SHARE = 2;

export interface HintColumns {
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly depths: Int32Array;
  readonly scopes: Uint8Array;
  readonly folds: Uint8Array;
}

/** Where they lie in a segment that starts at `base` of the buffer. */
export function hintColumns(
  buffer: ArrayBufferLike,
  base: number,
  at: SegmentOffsets['hints'],
  rows: number,
): HintColumns {
  return {
    high: new Int32Array(buffer, base + at.high, rows),
    low: new Int32Array(buffer, base + at.low, rows),
    depths: new Int32Array(buffer, base + at.depths, rows),
    scopes: new Uint8Array(buffer, base + at.scopes, rows),
    folds: new Uint8Array(buffer, base + at.folds, rows),
  };
}

export function freshHintColumns(rows: number): HintColumns {
  return {
    high: new Int32Array(rows),
    low: new Int32Array(rows),
    depths: new Int32Array(rows),
    scopes: new Uint8Array(rows),
    folds: new Uint8Array(rows),
  };
}

/** `mergeHints` at one go. @returns columns that are as long as there are rows. */
export function mergedHints(source: HintSource): HintColumns {
  const target = freshHintColumns(source.high.length);
  const rows = runSync(mergeHints(source, target));
  return {
    high: target.high.subarray(0, rows),
    low: target.low.subarray(0, rows),
    depths: target.depths.subarray(0, rows),
    scopes: target.scopes.subarray(0, rows),
    folds: target.folds.subarray(0, rows),
  };
}

/** @param to has as many rows. */
export function copyHints(from: HintColumns, to: HintColumns): void {
  to.high.set(from.high);
  to.low.set(from.low);
  to.depths.set(from.depths);
  to.scopes.set(from.scopes);
  to.folds.set(from.folds);
}

/**
 * Rows of one fingerprint and fold become one that leads wherever any of them leads: too much is harmless, proofs settle
 * it. At most sixteen rows a fingerprint are left, side by side.
 * @returns how many rows there are; -1 if more than `target` holds.
 */
export function* mergeHints(source: HintSource, target: HintColumns): Steps<number> {
  const rows = yield* RowOrder.of(source.high, source.low, ORDER_PARTS);
  const most = Math.ceil((COPIED_SHARE * source.high.length) / rows.parts);
  const copied = new CopiedHints(source);
  let length = 0;
  for (let part = 0; part < rows.parts && length >= 0; part += 1) {
    const copies = rows.rowsOf(part) > most ? null : copied;
    const order = yield* rows.part(part, copies);
    for (let at = 0; at < order.length && length >= 0; at += STEP_ROWS) {
      if (at > 0) yield;
      length = mergeSome(copies ?? source, order.subarray(at, at + STEP_ROWS), target, length);
    }
  }
  return length;
}

/** What is read of the rows of a part. */
class CopiedHints implements HintSource, RowCopies {
  high: Int32Array = new Int32Array(0);
  low: Int32Array = new Int32Array(0);
  readonly #source: HintSource;
  #depths: Int32Array = new Int32Array(0);
  #scopes: Uint8Array = new Uint8Array(0);
  #folds: Uint8Array = new Uint8Array(0);

  constructor(source: HintSource) {
    this.#source = source;
  }

  fit(rows: number): void {
    if (this.high.length >= rows) return;
    const { high, low, depths, scopes, folds } = freshHintColumns(rows);
    this.high = high;
    this.low = low;
    this.#depths = depths;
    this.#scopes = scopes;
    this.#folds = folds;
  }

  copy(row: number, to: number): void {
    const source = this.#source;
    this.high[to] = source.high[row]!;
    this.low[to] = source.low[row]!;
    this.#depths[to] = source.depths(row);
    this.#scopes[to] = source.scopes(row);
    this.#folds[to] = source.folds(row);
  }

  depths(row: number): number {
    return this.#depths[row]!;
  }

  scopes(row: number): number {
    return this.#scopes[row]!;
  }

  folds(row: number): number {
    return this.#folds[row]!;
  }
}

function mergeSome(source: HintSource, order: Uint32Array, target: HintColumns, before: number): number {
  const { high, low, depths, scopes, folds } = target;
  let length = before;
  for (let i = 0; i < order.length; i += 1) {
    const row = order[i]!;
    const rowHigh = source.high[row]!;
    const rowLow = source.low[row]!;
    const both = source.folds(row);
    const fold = both & HINT.foldMask;
    let at = length - 1;
    while (at >= 0 && high[at] === rowHigh && low[at] === rowLow && (folds[at]! & HINT.foldMask) !== fold) at -= 1;
    if (at < 0 || high[at] !== rowHigh || low[at] !== rowLow) {
      if (length === high.length) return -1;
      at = length;
      length += 1;
      high[at] = rowHigh;
      low[at] = rowLow;
      depths[at] = 0;
      scopes[at] = 0;
      folds[at] = fold;
    }
    depths[at] = depths[at]! | source.depths(row);
    scopes[at] = scopes[at]! | source.scopes(row);
    folds[at] = folds[at]! | both;
  }
  return length;
}
