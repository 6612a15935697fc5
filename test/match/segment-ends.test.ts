import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runSync } from '../../src/lib/steps.ts';
import { segmentEndSteps } from '../../src/match/segment-ends.ts';
import { segmentFigures } from '../../src/match/segment-records.ts';
import { buildSegment } from '../../src/match/snapshot.ts';
import { entry, testKeys } from './support.ts';

const ADDRESSES = [
  'host.example',
  '*.h.example',
  'p.example',
  'host.example/dir/*',
  'host.example/page?*',
  'host.example/u?q',
];
const DAYS = [0, 10, 11, 12, 65_535];

// One count of each day stands against counting everything again on that day.
test('what is left on any day is what is counted on that day', () => {
  const records = fc.array(fc.tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...DAYS), fc.boolean()), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(records, fc.constantFrom(9, 11), fc.constantFrom(11, 12, 13, 65_535), (rows, first, later) => {
      const entries = rows.map(([address, expires, dns], i) =>
        entry(`${i}.${address}`.replace(/^(\d+)\.\*\./, '*.$1.'), {
          id: BigInt(i + 1),
          expires,
          dns,
          port: address.startsWith('p') ? 80 : 0,
        }),
      );
      const { bytes } = buildSegment(entries, testKeys(1));
      const before = segmentFigures(bytes, first);
      const over = runSync(segmentEndSteps(bytes, first)).filter(({ last }) => last < later);
      const sum = (of: 'entries' | 'hosts' | 'forDns'): number => over.reduce((all, end) => all + end[of], 0);
      expect({
        entries: before.entries - sum('entries'),
        expired: before.expired + sum('entries'),
        hosts: before.scopes.host - sum('hosts'),
        forDns: before.forDns - sum('forDns'),
      }).toEqual({
        entries: segmentFigures(bytes, later).entries,
        expired: segmentFigures(bytes, later).expired,
        hosts: segmentFigures(bytes, later).scopes.host,
        forDns: segmentFigures(bytes, later).forDns,
      });
    }),
  );
});
