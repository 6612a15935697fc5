/** A section that comes byte by byte is resumed where it stopped. */
import { expect, test } from '@jest/globals';
import { FieldSection } from '../../src/wire/field-section.ts';

const LONG = 4000;

/** The bytes, and how often one of them was looked at. */
function counted(text: string): { readonly bytes: Uint8Array; readonly looks: () => number } {
  let looks = 0;
  const bytes = new Proxy(Buffer.from(text, 'latin1'), {
    get: (buffer, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
      const value: unknown = Reflect.get(buffer, key, buffer);
      return typeof value === 'function' ? (value as () => unknown).bind(buffer) : value;
    },
  });
  return { bytes, looks: () => looks };
}

test.each([
  ['a long name', `${'N'.repeat(LONG)}: v\r\n\r\n`],
  ['a long value', `N: ${'v'.repeat(LONG)}\r\n\r\n`],
  ['white space', `N:${' '.repeat(LONG)}v\r\n\r\n`],
  ['many lines', `${'A: b\r\n'.repeat(LONG / 6)}\r\n`],
])('%s costs a few looks a byte, however it comes', (_name, text) => {
  const { bytes, looks } = counted(text);
  const section = new FieldSection(LONG, 2 * LONG);
  section.begin(0);
  let after = 0;
  for (let received = 1; received <= text.length; received++) after = section.parse(bytes, 0, received);
  expect(after).toBe(text.length);
  expect(looks()).toBeLessThan(6 * text.length);
});
