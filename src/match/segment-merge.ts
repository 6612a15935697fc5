/**
 * Several segments of one key become one, from their rows alone: nothing is digested again, so no text of their entries is needed. Each part is
 * one list's, and its rows get the list's place.
 *
 *   part 0 ─┐            ┌▶ columns in order of fingerprint, rows of one key in order of the lists
 *   part 1 ─┼▶ rows ─────┤
 *   part n ─┘            └▶ hints: one row for all of a host and fold ─▶ header, filter, buckets
 *
 * A segment that is looked up costs each host a hash; one of all of them costs what one of a single list costs. It must not check its parts: they
 * were built in this process.
 */
import { runSync } from '../lib/steps.ts';
import { copyHints, freshHintColumns, hintColumns, mergedHints } from './hint-rows.ts';
import type { HintColumns } from './hint-rows.ts';
import type { SegmentKeys } from './keys.ts';
import { rowOrder } from './row-order.ts';
import type { SegmentImage } from './segment-builder.ts';
import { finishSegment } from './segment-finish.ts';
import { countsFor, META, offsetsOf, RECORD, RECORD_WORDS } from './segment-layout.ts';
import type { ProvedOffsets, SegmentCounts } from './segment-layout.ts';
import { countsOf } from './segment.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** A whole segment, and the place of its list. */
export interface SegmentPart {
  readonly bytes: Uint8Array;
  readonly list: number;
}

export class SegmentMerge {
  readonly #keys: SegmentKeys;
  readonly #parts: readonly SegmentPart[];
  readonly #counts: readonly SegmentCounts[];
  #hints: HintColumns = freshHintColumns(0);

  /** @param keys of all parts. */
  constructor(parts: readonly SegmentPart[], keys: SegmentKeys) {
    this.#keys = keys;
    this.#parts = parts;
    this.#counts = parts.map(({ bytes }) => countsOf(new Uint32Array(bytes.buffer, bytes.byteOffset, 16)));
  }

  /** Once: how many bytes `build` fills. */
  finish(): number {
    const columns = this.#parts.map(({ bytes: { buffer, byteOffset } }, i) => {
      const counts = this.#countsOf(i);
      return hintColumns(buffer, byteOffset, offsetsOf(counts).hints, counts.hintRows);
    });
    const high = joined(columns.map((part) => part.high));
    const low = joined(columns.map((part) => part.low));
    const depths = joined(columns.map((part) => part.depths));
    const scopes = joined(columns.map((part) => part.scopes));
    const folds = joined(columns.map((part) => part.folds));
    this.#hints = mergedHints({
      high,
      low,
      depths: (row) => depths[row]!,
      scopes: (row) => scopes[row]!,
      folds: (row) => folds[row]!,
    });
    return offsetsOf(this.#merged()).end;
  }

  /** Once, at the end. @param bytes as many as `finish` said, at a multiple of 8 in their buffer; what is in them goes. */
  build(bytes: Uint8Array): SegmentImage {
    const counts = this.#merged();
    const at = offsetsOf(counts);
    bytes.fill(0);
    this.#writeTable(bytes, at.hosts, 'hosts');
    this.#writeTable(bytes, at.expressions, 'expressions');
    copyHints(this.#hints, hintColumns(bytes.buffer, bytes.byteOffset, at.hints, counts.hintRows));
    runSync(finishSegment(bytes, counts, this.#keys));
    return { bytes, entries: counts.hostRows + counts.expressionRows };
  }

  #writeTable(bytes: Uint8Array, at: ProvedOffsets, table: 'hosts' | 'expressions'): void {
    const parts = this.#parts.map(({ bytes: part, list }, i) => {
      const counts = this.#countsOf(i);
      return { ...columnsOf(part, offsetsOf(counts)[table], rowsOf(counts, table)), list };
    });
    const high = joined(parts.map((part) => part.high));
    const low = joined(parts.map((part) => part.low));
    const order = rowOrder(high, low);
    const target = columnsOf(bytes, at, order.length);
    const { owners, firsts } = ownersOf(parts.map((part) => part.high.length));
    for (let row = 0; row < order.length; row += 1) {
      const from = order[row]!;
      const owner = owners[from]!;
      const part = parts[owner]!;
      const source = from - firsts[owner]!;
      target.high[row] = high[from]!;
      target.low[row] = low[from]!;
      target.expires[row] = part.expires[source]!;
      const to = row * RECORD_WORDS;
      for (let word = 0; word < RECORD_WORDS; word += 1)
        target.records[to + word] = part.records[source * RECORD_WORDS + word]!;
      const meta = to + RECORD.meta;
      target.records[meta] =
        (target.records[meta]! & ~(META.listMask << META.listShift)) | (part.list << META.listShift);
    }
  }

  #countsOf(part: number): SegmentCounts {
    return this.#counts[part]!;
  }

  #merged(): SegmentCounts {
    return countsFor({
      hostRows: sum(this.#counts.map(({ hostRows }) => hostRows)),
      hintRows: this.#hints.high.length,
      expressionRows: sum(this.#counts.map(({ expressionRows }) => expressionRows)),
    });
  }
}

interface ProvedColumns {
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly records: Int32Array;
  readonly expires: Uint16Array;
}

function columnsOf({ buffer, byteOffset: base }: Uint8Array, at: ProvedOffsets, rows: number): ProvedColumns {
  return {
    high: new Int32Array(buffer, base + at.high, rows),
    low: new Int32Array(buffer, base + at.low, rows),
    records: new Int32Array(buffer, base + at.records, rows * RECORD_WORDS),
    expires: new Uint16Array(buffer, base + at.expires, rows),
  };
}

function rowsOf({ hostRows, expressionRows }: SegmentCounts, table: 'hosts' | 'expressions'): number {
  return table === 'hosts' ? hostRows : expressionRows;
}

/** Of each row of all parts, one behind the other, which part it is of; and where each part begins. */
function ownersOf(rows: readonly number[]): { readonly owners: Uint8Array; readonly firsts: readonly number[] } {
  const owners = new Uint8Array(sum(rows));
  const firsts: number[] = [];
  let first = 0;
  for (const [part, count] of rows.entries()) {
    firsts.push(first);
    owners.fill(part, first, first + count);
    first += count;
  }
  return { owners, firsts };
}

function joined(columns: readonly (Int32Array | Uint8Array)[]): Int32Array {
  const all = new Int32Array(sum(columns.map(({ length }) => length)));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
