/** Texts by number: as a Map has them. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_TEXT, TextTable } from '../../../src/list/lint/text-table.ts';

test('each text has the number of its first time, and is found again', () => {
  const text = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 3 }), fc.constantFrom('', '\u00ff', 'a', 'b'));
  fc.assert(
    fc.property(fc.array(text), fc.array(text), (added, asked) => {
      const table = new TextTable();
      const map = new Map<string, number>();
      for (const one of added) {
        if (!map.has(one)) map.set(one, map.size);
        expect(table.add(one)).toBe(map.get(one));
      }
      expect(table.size).toBe(map.size);
      for (const one of [...asked, ...added]) expect(table.find(one)).toBe(map.get(one) ?? NO_TEXT);
      for (const [one, number] of map) expect(table.text(number)).toBe(one);
    }),
  );
});

test('of many, and of long ones', () => {
  const table = new TextTable();
  const texts = Array.from({ length: 5000 }, (_, i) => `${'x'.repeat(i % 7 === 0 ? 3000 : i % 50)}${i}`);
  expect(texts.map((text) => table.add(text))).toEqual([...texts.keys()]);
  expect(texts.map((text) => table.find(text))).toEqual([...texts.keys()]);
  expect(texts.every((text, i) => table.text(i) === text)).toBe(true);
  expect(table.find('x')).toBe(NO_TEXT);
});
