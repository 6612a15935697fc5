/** What a header says of a set, however many pieces the set is in. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AT, isHostRecord, RECORD_BYTES, recordsDigest, viewOf } from '../../../src/list/protected/record.ts';
import { figuresOf, hostRowsIn } from '../../../src/list/protected/set-figures.ts';
import { foldOf } from '../../../src/match/entry-words.ts';
import { entry } from '../../match/support.ts';
import { recordsOf } from './support.ts';

const ALL = Array.from({ length: 120 }, (_, i) =>
  entry(`h${i % 17}.example${['', '/x', '/dir/*', '/x?q'][i % 4]}`, {
    id: BigInt(i + 1),
    fold: i % 4 === 0 ? 0 : (i % 3) | (i % 4 === 2 ? 0 : i & 8),
  }),
);

/** By the definition: one for each fingerprint of a host and each fold. */
function hintsIn(records: Uint8Array): number {
  const view = viewOf(records);
  const hosts = new Set<string>();
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    if (isHostRecord(view, at)) continue;
    const fold = foldOf(view.getInt32(at + AT.meta, true), view.getUint8(at + AT.extent));
    hosts.add(`${view.getInt32(at + AT.hostHigh, true)} ${view.getInt32(at + AT.hostLow, true)} ${fold}`);
  }
  return hosts.size;
}

test('are those of the set, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(fc.subarray(ALL), fc.array(fc.nat(120), { maxLength: 6 }), (entries, cuts) => {
      const records = recordsOf(entries);
      const ends = [...cuts.map((cut) => Math.min(records.length, cut * RECORD_BYTES)), records.length].sort(
        (a, b) => a - b,
      );
      const pieces = ends.map((end, i) => records.subarray(i === 0 ? 0 : ends[i - 1], end));
      const hosts = entries.filter(({ path }) => path.kind === 'host').length;
      expect(figuresOf(pieces)).toEqual({
        digest: recordsDigest(records),
        hostRows: hosts,
        expressionRows: entries.length - hosts,
        hintRows: hintsIn(records),
      });
      expect(hostRowsIn(records)).toBe(hosts);
    }),
  );
});

test('of nothing are zeros and the digest of nothing', () => {
  expect(figuresOf([])).toEqual({
    digest: recordsDigest(new Uint8Array(0)),
    hostRows: 0,
    expressionRows: 0,
    hintRows: 0,
  });
});
