/**
 * What is withdrawn from an image while it is served: the flag in each row that is meant, and what the header says of it. Look-ups go on meanwhile and
 * find the one or the other, which is right for either; facts that were found before are for whoever caches them to forget.
 *
 *   withdrawn set ─▶ flags in the rows ─▶ what their hosts are steered for ─▶ figures ─▶ header       byte for byte what an image would be that is made with this set
 *
 * It takes hardly any memory and no thread, so that a removal waits for nothing. It must not add or move a row.
 */
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { META, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import { recordTables, segmentFigureSteps } from '../../match/segment-records.ts';
import { IdSet } from './ids.ts';
import { readImage, writeImageHeader } from './image-layout.ts';
import { SteeredHosts, steeringSteps } from './image-steering.ts';
import type { WithdrawnSet } from './withdrawn.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** @param image in force, perhaps. @throws ListError `corrupt`: it is none. */
export function* withdrawalSteps(image: Uint8Array, { serial, ids }: WithdrawnSet): Steps<void> {
  const { parts, set, figures } = readImage(image);
  const { segment, at, counts } = parts;
  const withdrawn = new IdSet(ids);
  const hosts = new SteeredHosts();
  for (const { table, rows } of recordTables(counts, at)) {
    const records = new Int32Array(segment.buffer, segment.byteOffset + table.records, rows * RECORD_WORDS);
    for (let row = 0; row < rows; row += 1) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield;
      const before = records[row * RECORD_WORDS + RECORD.meta]!;
      const meta = flag(records, row * RECORD_WORDS, withdrawn);
      const isMeant = ((before | meta) & META.withdrawn) !== 0 && (meta & META.steer) !== 0;
      if (isMeant && table === at.expressions) hosts.add(parts, row, meta);
    }
  }
  yield* steeringSteps(parts, hosts);
  const { firstEnd } = figures;
  writeImageHeader(image, set, serial, { ...(yield* segmentFigureSteps(segment, 0)), firstEnd });
}

/** @returns the meta word. */
function flag(records: Int32Array, at: number, withdrawn: IdSet): number {
  const meta = records[at + RECORD.meta]!;
  const isWithdrawn = withdrawn.has(records[at + RECORD.idLow]!, records[at + RECORD.idHigh]!);
  const next = isWithdrawn ? meta | META.withdrawn : meta & ~META.withdrawn;
  if (next !== meta) records[at + RECORD.meta] = next;
  return next;
}
