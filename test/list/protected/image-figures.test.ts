/** The figures of an image: each in a word of its own, and valid until the first entry ends. */
import { expect, test } from '@jest/globals';
import { FIGURES_BYTES, figuresHold, readFigures, writeFigures } from '../../../src/list/protected/image-figures.ts';
import type { ImageFigures } from '../../../src/list/protected/image-figures.ts';

const FIGURES: ImageFigures = {
  entries: 0xffff_ffff,
  expired: 0,
  withdrawn: 16,
  hosts: 2,
  scopes: { host: 3, directory: 4, page: 5, url: 6 },
  subdomains: 7,
  withPort: 8,
  withExpiry: 9,
  marked: { dns: 10, steer: 11, count: 12, test: 13 },
  forDns: 14,
  firstEnd: 20_908,
};

test('what is written is read, wherever it lies, and nothing beside it is touched', () => {
  const bytes = Buffer.alloc(8 + FIGURES_BYTES + 8, 0xee);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  writeFigures(view, 8, FIGURES);
  expect(readFigures(view, 8, 16)).toEqual(FIGURES);
  expect([...bytes.subarray(0, 8), ...bytes.subarray(8 + FIGURES_BYTES)]).toEqual(
    Array.from({ length: 16 }, () => 0xee),
  );
});

test.each([
  [0, 20_000, true],
  [20_000, 20_000, true],
  [20_000, 19_999, true],
  [20_000, 20_001, false],
])('with a first end on day %i they hold on day %i: %j', (firstEnd, today, want) => {
  expect(figuresHold({ ...FIGURES, firstEnd }, today)).toBe(want);
});
