/**
 * Which hosts lead to path entries, to which depths and kinds, and whether one of them steers: one row for each distinct
 * fingerprint and fold.
 *
 *   path entries, in any order ─▶ in order of their host's fingerprint ─▶ one row for all of a host and fold
 */
import { STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import { depthsOf, scopesOf, steerOf } from './entry-words.ts';
import { rowOrderSteps } from './row-order.ts';
import { HINT, META } from './segment-layout.ts';
import type { SegmentOffsets } from './segment-layout.ts';

/** The path entries of a segment, by row: fingerprints of their hosts, their meta words, their extents (entry-words.ts). */
export interface HintSource {
  readonly high: Int32Array;
  readonly low: Int32Array;
  meta(row: number): number;
  readonly extents: ArrayLike<number>;
}

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

/**
 * Rows of one fingerprint and fold become one that leads wherever any of them leads: too much is harmless, proofs settle
 * it. At most eight rows a fingerprint are left, side by side.
 * @returns how many rows there are; -1 if more than `target` holds.
 */
export function* mergeHints(source: HintSource, target: HintColumns): Steps<number> {
  const order = yield* rowOrderSteps(source.high, source.low);
  let length = 0;
  for (let at = 0; at < order.length && length >= 0; at += STEP_ROWS) {
    if (at > 0) yield;
    length = mergeSome(source, order.subarray(at, at + STEP_ROWS), target, length);
  }
  return length;
}

function mergeSome(source: HintSource, order: Uint32Array, target: HintColumns, before: number): number {
  const { high, low, depths, scopes, folds } = target;
  let length = before;
  for (let i = 0; i < order.length; i += 1) {
    const row = order[i]!;
    const rowHigh = source.high[row]!;
    const rowLow = source.low[row]!;
    const meta = source.meta(row);
    const fold = (meta >>> META.foldShift) & META.foldMask;
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
    const extent = source.extents[row]!;
    depths[at] = depths[at]! | depthsOf(meta, extent);
    scopes[at] = scopes[at]! | scopesOf(meta, extent);
    folds[at] = folds[at]! | steerOf(meta);
  }
  return length;
}
