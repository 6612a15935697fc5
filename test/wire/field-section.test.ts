/** Field lines: what is refused, and that a section that comes byte by byte is resumed where it stopped. */
import { expect, test } from '@jest/globals';
import { FieldSection } from '../../src/wire/field-section.ts';
import { countedLooks } from '../support/counted-looks.ts';

const LONG = 4000;

test.each([
  ['a long name', `${'N'.repeat(LONG)}: v\r\n\r\n`],
  ['a long value', `N: ${'v'.repeat(LONG)}\r\n\r\n`],
  ['white space', `N:${' '.repeat(LONG)}v\r\n\r\n`],
  ['many lines', `${'A: b\r\n'.repeat(LONG / 6)}\r\n`],
])('%s costs a few looks a byte, however it comes', (_name, text) => {
  const { bytes, looks } = countedLooks(text);
  const section = new FieldSection(LONG, 2 * LONG);
  section.begin(0);
  let after = 0;
  for (let received = 1; received <= text.length; received++) after = section.parse(bytes, 0, received);
  expect(after).toBe(text.length);
  expect(looks()).toBeLessThan(6 * text.length);
});

test.each([
  ['an empty name', ': v\r\n\r\n'],
  ['an empty name behind a line', 'A: b\r\n: v\r\n\r\n'],
  ['an empty name behind a long line', `A: ${'b'.repeat(LONG)}\r\n: v\r\n\r\n`],
  ['a blank before the colon', 'A : v\r\n\r\n'],
  ['a fold', 'A: b\r\n c\r\n\r\n'],
])('%s is refused', (_name, text) => {
  const bytes = Buffer.from(text, 'latin1');
  const section = new FieldSection(LONG, 2 * LONG);
  section.begin(0);
  expect(section.parse(bytes, 0, bytes.length)).toBe(-400);
});
