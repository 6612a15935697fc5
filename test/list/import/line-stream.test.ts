import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineStream, MAX_LINE_BYTES } from '../../../src/list/import/line-stream.ts';
import type { StreamedLine } from '../../../src/list/import/line-stream.ts';

/** The lines of these bytes, which come in pieces of `size`. */
function linesOf(bytes: Buffer, size = 1 << 20): StreamedLine[] {
  const stream = new LineStream();
  const lines: StreamedLine[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...stream.push(bytes.subarray(at, at + size)));
  const last = stream.end();
  return last === null ? lines : [...lines, last];
}

const text = (value: string): StreamedLine => ({ text: value, fault: null });

describe('lines of a stream', () => {
  test.each([
    { name: 'none', bytes: '', want: [] },
    { name: 'with and without a carriage return', bytes: 'a\r\n\nb\n', want: [text('a'), text(''), text('b')] },
    {
      name: 'a byte order mark',
      bytes: '\u00ef\u00bb\u00bfa\n\u00ef\u00bb\u00bfb\n',
      want: [text('a'), text('\u00ef\u00bb\u00bfb')],
    },
    { name: 'a last one without its end', bytes: 'a\nb', want: [text('a'), { text: 'b', fault: 'cut_off' }] },
    { name: 'not UTF-8', bytes: 'a\u00e9\n', want: [{ text: 'a\u00e9', fault: 'not_text' }] },
    { name: 'control characters', bytes: 'a\u0001\n', want: [{ text: 'a\u0001', fault: 'not_text' }] },
  ])('$name', ({ bytes, want }) => {
    expect(linesOf(Buffer.from(bytes, 'latin1'))).toEqual(want);
  });

  test('as long as is read, and one byte more', () => {
    const longest = Buffer.from(`${'a'.repeat(MAX_LINE_BYTES)}\r\n${'b'.repeat(MAX_LINE_BYTES + 2)}\nc\n`);
    for (const size of [longest.length, 1000, 16_385])
      expect(linesOf(longest, size).map((line) => [line.text.length, line.fault])).toEqual([
        [MAX_LINE_BYTES, null],
        [MAX_LINE_BYTES, 'too_long'],
        [1, null],
      ]);
  });

  test('pieces do not matter', () => {
    const piece = fc.constantFrom('a', '\u00c3\u00a9', '\u00e9', '\n', '\r', '\t', '#', '\u00ef\u00bb\u00bf', '\u0000');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (parts, size) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        expect(linesOf(bytes, size)).toEqual(linesOf(bytes));
      }),
    );
  });
});
