/** What a counters program prints: lines, and whatever else. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCounters } from '../../../src/outlets/routes/counter-lines.ts';
import { anyCharacter } from '../../support/any-character.ts';

test('addresses and bytes; two lines of one address are added up', () => {
  const { bytes, malformed } = readCounters('203.0.113.1 10\n2001:db8:0::1 7\n\n203.0.113.1\t5\n', 10);
  expect(Object.fromEntries(bytes)).toEqual({ '203.0.113.1': 15, '2001:db8::1': 7 });
  expect(malformed).toBe(0);
});

test.each([
  '203.0.113.1',
  'x 1',
  '203.0.113.1 -1',
  '203.0.113.1 1 2',
  '203.0.113.1 1e3',
  '203.0.113.1 9999999999999999',
])('no such line: %s', (line) =>
  expect(readCounters(`${line}\n203.0.113.2 1\n`, 10)).toMatchObject({
    malformed: 1,
    bytes: new Map([['203.0.113.2', 1]]),
  }),
);

test('more addresses than there may be are left out', () => {
  expect(readCounters('203.0.113.1 1\n203.0.113.2 1\n203.0.113.1 1\n', 1).bytes).toEqual(new Map([['203.0.113.1', 2]]));
});

test('any text gives counts', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      const { bytes, malformed } = readCounters(text, 5);
      expect(bytes.size).toBeLessThanOrEqual(5);
      expect([...bytes.values(), malformed].every((count) => count >= 0 && Number.isSafeInteger(count))).toBe(true);
    }),
  );
});
