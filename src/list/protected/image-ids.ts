/** The ids of an image, or of some of its entries: what is in force of it, whatever else a text may say. It must not change the image. */
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { META, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import { recordTables } from '../../match/segment-records.ts';
import { IdSet } from './ids.ts';
import { readImage } from './image-layout.ts';

/** `whole`: entries on whole hosts, on any port. */
export type EntriesOf = 'all' | 'whole';

/** Less what is withdrawn from it. @throws ListError `corrupt`: it is none. */
export function* imageIdSteps(image: Uint8Array, entries: EntriesOf = 'all'): Steps<IdSet> {
  const { segment, at, counts } = readImage(image).parts;
  const ids = new BigUint64Array(counts.hostRows + counts.expressionRows);
  const words = new Int32Array(ids.buffer);
  let length = 0;
  // What is left out has one of these bits.
  const without = entries === 'all' ? META.withdrawn : META.withdrawn | META.portMask;
  for (const { table, rows } of recordTables(counts, at)) {
    if (entries === 'whole' && table !== at.hosts) continue;
    const records = new Int32Array(segment.buffer, segment.byteOffset + table.records, rows * RECORD_WORDS);
    for (let row = 0; row < rows; row += 1) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield;
      const record = row * RECORD_WORDS;
      if (((records[record + RECORD.meta] ?? 0) & without) !== 0) continue;
      words[2 * length] = records[record + RECORD.idLow] ?? 0;
      words[2 * length + 1] = records[record + RECORD.idHigh] ?? 0;
      length += 1;
    }
  }
  return new IdSet(ids.subarray(0, length).sort());
}
