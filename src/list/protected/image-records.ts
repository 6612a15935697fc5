/** An image as the records that it was made of, byte for byte, a step at a time: what a delta is merged with. It must not change the image. */
import { STEP_ROWS } from '../../lib/steps.ts';
import { META, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import type { ProvedOffsets } from '../../match/segment-layout.ts';
import type { ImageParts } from './image-layout.ts';
import { AT, RECORD_BYTES, viewOf } from './record.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** What was yielded holds until the next. */
export function* imageRecords(parts: ImageParts): Generator<Uint8Array, void> {
  yield* tableRecords(parts, parts.at.hosts, parts.counts.hostRows);
  yield* tableRecords(parts, parts.at.expressions, parts.counts.expressionRows);
}

function* tableRecords(parts: ImageParts, at: ProvedOffsets, rows: number): Generator<Uint8Array, void> {
  const { buffer, byteOffset: base } = parts.segment;
  const table = {
    high: new Int32Array(buffer, base + at.high, rows),
    low: new Int32Array(buffer, base + at.low, rows),
    records: new Int32Array(buffer, base + at.records, rows * RECORD_WORDS),
    expires: new Uint16Array(buffer, base + at.expires, rows),
  };
  const block = new Uint8Array(Math.min(rows, STEP_ROWS) * RECORD_BYTES);
  const hints = at === parts.at.hosts ? null : parts;
  for (let row = 0; row < rows; row += STEP_ROWS) {
    const count = Math.min(rows - row, STEP_ROWS);
    writeRecords(table, hints, { first: row, count }, viewOf(block));
    yield block.subarray(0, count * RECORD_BYTES);
  }
}

interface Table {
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly records: Int32Array;
  readonly expires: Uint16Array;
}

/** @param hints of path entries; null: host entries have none. */
function writeRecords(
  { high, low, records, expires }: Table,
  hints: ImageParts | null,
  { first, count }: { readonly first: number; readonly count: number },
  view: DataView,
): void {
  for (let i = 0; i < count; i += 1) {
    const row = first + i;
    const at = i * RECORD_BYTES;
    view.setInt32(at + AT.high, high[row]!, true);
    view.setInt32(at + AT.low, low[row]!, true);
    for (let word = 0; word < RECORD_WORDS; word += 1)
      view.setInt32(at + AT.proof + word * 4, records[row * RECORD_WORDS + word]!, true);
    view.setInt32(at + AT.meta, records[row * RECORD_WORDS + RECORD.meta]! & ~META.withdrawn, true);
    view.setUint16(at + AT.expires, expires[row]!, true);
    if (hints === null) continue;
    view.setInt32(at + AT.hostHigh, hints.hostHigh[row]!, true);
    view.setInt32(at + AT.hostLow, hints.hostLow[row]!, true);
    view.setUint8(at + AT.extent, hints.extents[row]!);
  }
}
