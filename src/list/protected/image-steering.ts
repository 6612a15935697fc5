/**
 * Which hosts are steered for their path entries, as a withdrawal leaves it: a host of which nothing is listed any more has no reason to come to the
 * filter, and its hint says so at once (match/hint-rows.ts says it where an image is made).
 *
 *   rows with `steer` whose flag says withdrawn, or said so ─▶ their hosts ─▶ what the rows in force say of these ─▶ the bits of their hints
 *
 * Only hints of such hosts are written, each in one store: a look-up that goes on meanwhile finds the one or the other. It must not change a row.
 */
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { foldOf, steerOf } from '../../match/entry-words.ts';
import { hintColumns } from '../../match/hint-rows.ts';
import { HINT, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import type { ImageParts } from './image-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** Hosts with a fold, and the bits that their hint is to have. */
export class SteeredHosts {
  readonly #bits = new Map<string, number>();
  /** So that a host that is not here is nearly always told by one number. */
  readonly #lows = new Set<number>();

  get size(): number {
    return this.#bits.size;
  }

  /** Its bits are to be found out. */
  add({ hostHigh, hostLow, extents }: ImageParts, row: number, meta: number): void {
    const low = hostLow[row]!;
    this.#lows.add(low);
    this.#bits.set(keyOf(hostHigh[row]!, low, foldOf(meta, extents[row]!)), 0);
  }

  /** @returns null if it is none of them. */
  keyOf(high: number, low: number, fold: number): string | null {
    if (!this.#lows.has(low)) return null;
    const key = keyOf(high, low, fold);
    return this.#bits.has(key) ? key : null;
  }

  bitsOf(key: string): number {
    return this.#bits.get(key) ?? 0;
  }

  steer(key: string, bits: number): void {
    this.#bits.set(key, this.bitsOf(key) | bits);
  }
}

/** @param hosts of rows that were withdrawn, or are not any more */
export function* steeringSteps(parts: ImageParts, hosts: SteeredHosts): Steps<void> {
  if (hosts.size === 0) return;
  const { segment, at, counts, hostHigh, hostLow, extents } = parts;
  const { buffer, byteOffset } = segment;
  const records = new Int32Array(buffer, byteOffset + at.expressions.records, counts.expressionRows * RECORD_WORDS);
  for (let row = 0; row < counts.expressionRows; row += 1) {
    if (row % STEP_ROWS === STEP_ROWS - 1) yield;
    const meta = records[row * RECORD_WORDS + RECORD.meta]!;
    const bits = steerOf(meta);
    const key = bits === 0 ? null : hosts.keyOf(hostHigh[row]!, hostLow[row]!, foldOf(meta, extents[row]!));
    if (key !== null) hosts.steer(key, bits);
  }
  const { high, low, folds } = hintColumns(buffer, byteOffset, at.hints, counts.hintRows);
  for (let row = 0; row < counts.hintRows; row += 1) {
    if (row % STEP_ROWS === STEP_ROWS - 1) yield;
    const fold = folds[row]! & HINT.foldMask;
    const key = hosts.keyOf(high[row]!, low[row]!, fold);
    if (key !== null && folds[row] !== (fold | hosts.bitsOf(key))) folds[row] = fold | hosts.bitsOf(key);
  }
}

function keyOf(high: number, low: number, fold: number): string {
  return `${high} ${low} ${fold}`;
}
