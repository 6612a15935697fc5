/** The sections of a configuration, by its text alone. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextSection, restOfSection, withoutSections } from '../../src/config/sections.ts';

const TEXT = 'a:\n  x: 1\n\n# of b\nb: [\n  1\n]\nc: 2\n';
const at = (part: string): number => TEXT.indexOf(part);

test('a section begins in the first column, and neither a comment nor a bracket that closes begins one', () => {
  expect(nextSection(TEXT, 0)).toBe(at('b:'));
  expect(nextSection(TEXT, at('b:'))).toBe(at('c:'));
  expect(nextSection(TEXT, at('c:'))).toBeGreaterThan(TEXT.length);
});

test('the last line of a section that says something', () => {
  expect(restOfSection(TEXT, 0)).toBe(at('  x'));
  expect(restOfSection(TEXT, at('x: 1'))).toBeNull();
  expect(restOfSection(TEXT, at('b:'))).toBe(at(']'));
  expect(restOfSection(TEXT, at('c:'))).toBeNull();
});

test.each([
  { offsets: [], left: TEXT },
  { offsets: [at('x: 1')], left: '\n\n\n\nb: [\n  1\n]\nc: 2\n' },
  { offsets: [at('c:'), at('1\n]')], left: 'a:\n  x: 1\n\n# of b\n\n\n\n\n' },
  { offsets: [0, 1, at('b:'), at('c:')], left: '\n\n\n\n\n\n\n\n' },
])('without those of $offsets', ({ offsets, left }) => {
  expect(withoutSections(TEXT, offsets)).toBe(left);
});

test('a text that begins with empty lines has an end too', () => {
  expect(withoutSections('\n\na: 1\n', [0])).toBe('\n\na: 1\n');
  expect(withoutSections('\n a: 1\n', [1])).toBe('\n\n');
});

test('of any text each line stays at its place, whole or empty', () => {
  const text = fc.array(fc.constantFrom('a: 1', '  b: 2', '', '# c', ']', '- d', '\t')).map((all) => all.join('\n'));
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 5 }), (whole, offsets) => {
      const lines = withoutSections(
        whole,
        offsets.filter((offset) => offset < whole.length),
      ).split('\n');
      const before = whole.split('\n');
      expect(lines).toHaveLength(before.length);
      expect(lines.every((line, i) => line === '' || line === before[i])).toBe(true);
    }),
  );
});
