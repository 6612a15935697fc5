/** The ids of the entries in a segment, in the order of its rows: for whoever lists them. It must not tell more of an entry. */
import { META, offsetsOf, RECORD, RECORD_WORDS } from './segment-layout.ts';
import { recordTables } from './segment-records.ts';
import { countsOf } from './segment.ts';

/**
 * @param bytes of a segment that `segmentFault` has passed.
 * @param today UTC days since 1970-01-01: what has expired, or is withdrawn, is left out.
 */
export function* entryIds(bytes: Uint8Array, today: number): Generator<bigint, void> {
  const counts = countsOf(new Uint32Array(bytes.buffer, bytes.byteOffset, 16));
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (const { table, rows } of recordTables(counts, offsetsOf(counts))) {
    const expires = new Uint16Array(bytes.buffer, bytes.byteOffset + table.expires, rows);
    for (let row = 0; row < rows; row += 1) {
      const at = table.records / 4 + row * RECORD_WORDS;
      const last = expires[row] ?? 0;
      const isOver = last !== 0 && last < today;
      if (isOver || ((words[at + RECORD.meta] ?? 0) & META.withdrawn) !== 0) continue;
      yield (BigInt(words[at + RECORD.idHigh] ?? 0) << 32n) | BigInt(words[at + RECORD.idLow] ?? 0);
    }
  }
}
