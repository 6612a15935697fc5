/** The lines in force against a Map, through any changes. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LinesInForce } from '../../../src/publish/state/lines-in-force.ts';

const change = fc.record({ line: fc.nat(40).map((i) => `a${i}.example`), isAdded: fc.boolean() });

test('hold what a Map would', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200, size: 'max' }), (changes) => {
      const lines = new LinesInForce();
      const wanted = new Map<string, number>();
      for (const [i, { line, isAdded }] of changes.entries()) {
        if (isAdded) {
          lines.set(line, i + 1);
          wanted.set(line, i + 1);
        } else {
          lines.delete(line);
          wanted.delete(line);
        }
        expect(lines.size).toBe(wanted.size);
        expect([lines.get(line), lines.has(line)]).toEqual([wanted.get(line), wanted.has(line)]);
      }
      expect(new Map(lines)).toEqual(wanted);
      for (const [line, uid] of lines) expect(lines.uidOf(lines.numberOf(line)!)).toBe(uid);
    }),
  );
});

test('more than there was room for, in order, and without those that are left out', () => {
  const lines = new LinesInForce();
  for (let i = 1; i <= 3000; i += 1) lines.set(`a${i}.example`, 2 ** 40 + i);
  expect([...lines].map(([, uid]) => uid - 2 ** 40)).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
  expect(lines.numbers).toBe(3000);
  expect([...lines.entries((number) => number > 1)]).toEqual([
    ['a1.example', 2 ** 40 + 1],
    ['a2.example', 2 ** 40 + 2],
  ]);
});

// Was a fault: a list that changes daily took the memory of all lines that it ever had.
test('what is gone is forgotten, and what is there stays, in order', () => {
  const lines = new LinesInForce();
  for (let i = 1; i <= 10_000; i += 1) {
    lines.set(`a${i}.example`, i);
    if (i > 1000) lines.delete(`a${i - 1000}.example`);
    expect(lines.numbers).toBeLessThanOrEqual(2 * lines.size + 1024);
  }
  expect([...lines].map(([, uid]) => uid)).toEqual(Array.from({ length: 1000 }, (_, i) => 9001 + i));
  expect([lines.get('a9001.example'), lines.has('a1.example')]).toEqual([9001, false]);
  lines.set('a1.example', 20_000);
  expect([...lines].at(-1)).toEqual(['a1.example', 20_000]);
});
