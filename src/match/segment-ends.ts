/**
 * When records of a segment expire: one walk over a column of two bytes a record, for a list of which nothing else is to be counted. The segment is one
 * that `segmentFault` has passed. It must not count what has no end.
 */
import { STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import { KINDS, META, RECORD, RECORD_WORDS } from './segment-layout.ts';
import { segmentColumns, recordTables } from './segment-records.ts';

/** Records with the same last day. */
export interface SegmentEnd {
  /** UTC days since 1970-01-01. */
  readonly last: number;
  readonly entries: number;
  /** Of them whole hosts, and those that DNS can refuse. */
  readonly hosts: number;
  readonly forDns: number;
}

type Counting = { -readonly [K in keyof SegmentEnd]: SegmentEnd[K] };

/** @param today UTC days since 1970-01-01: what has expired before it, or is withdrawn, is left out. In no order. */
export function* segmentEndSteps(bytes: Uint8Array, today: number): Steps<readonly SegmentEnd[]> {
  const { counts, at, words } = segmentColumns(bytes);
  const ends = new Map<number, Counting>();
  for (const { table, rows } of recordTables(counts, at)) {
    const expires = new Uint16Array(bytes.buffer, bytes.byteOffset + table.expires, rows);
    for (let row = 0; row < rows; row += 1) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield;
      const last = expires[row] ?? 0;
      if (last === 0 || last < today) continue;
      const meta = words[table.records / 4 + row * RECORD_WORDS + RECORD.meta] ?? 0;
      if ((meta & META.withdrawn) !== 0) continue;
      const end = ends.get(last) ?? { last, entries: 0, hosts: 0, forDns: 0 };
      ends.set(last, end);
      end.entries += 1;
      if (KINDS[(meta >>> META.kindShift) & META.kindMask] !== 'host') continue;
      end.hosts += 1;
      if ((meta & META.dns) !== 0 && (meta & META.portMask) === 0) end.forDns += 1;
    }
  }
  return [...ends.values()];
}
