/** JSON lines: the text under one key with its place, wherever the reads end; a fault names the line and quotes nothing of it. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonLinesReader } from '../../src/republish/json-lines.ts';
import { PlacedFault } from '../../src/republish/place.ts';

/** Without the place, which the message begins with. */
function wordsOf({ place: { line, column }, message, code, side }: PlacedFault): string {
  expect({ code, side }).toEqual({ code: 'bad_lines', side: 'list' });
  const start = `line ${line}, column ${column}: `;
  expect(message.startsWith(start)).toBe(true);
  return message.slice(start.length);
}

/** Any bytes, read as UTF-8. */
const NOISE = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('utf8'));

/** `LINE:COLUMN value` of each, and last the fault. */
function read(pieces: readonly string[], isWhole = true): readonly string[] {
  const lines: string[] = [];
  const reader = new JsonLinesReader('url', (value, { line, column }) => lines.push(`${line}:${column} ${value}`));
  try {
    for (const piece of pieces) reader.write(piece);
    reader.end(isWhole);
  } catch (error) {
    if (!(error instanceof PlacedFault)) throw error;
    lines.push(`${error.place.line}:${error.place.column}: ${wordsOf(error)}`);
  }
  return lines;
}

test('values, with the place of their key; the last line needs its end where something may be missing', () => {
  const text = '{"url":"http://a.example/"}\n{"id":7,"url":"http://b.example/"}';
  expect(read([text])).toEqual(['1:2 http://a.example/', '2:9 http://b.example/']);
  expect(read([text], false)).toEqual([
    '1:2 http://a.example/',
    '2:1: the last line does not end with a newline: the file may be cut off',
  ]);
  expect(read([])).toEqual([]);
});

test.each([
  { name: 'no JSON', line: '{"url":', want: '2:1: not a JSON object' },
  { name: 'an array', line: '["url"]', want: '2:1: not a JSON object' },
  { name: 'an empty line', line: '', want: '2:1: not a JSON object' },
  { name: 'another key', line: '{"uri":"http://secret.example/"}', want: "2:1: no text under 'url'" },
  { name: 'no text', line: '{"url":7}', want: "2:1: no text under 'url'" },
  { name: 'a key of the prototype', line: '{"__proto__":{"url":"x"}}', want: "2:1: no text under 'url'" },
  {
    name: 'a line without end',
    line: 'x'.repeat(1024 * 1024 + 1),
    want: '2:1: a line of more than 1048576 characters',
  },
])('a fault: $name', ({ line, want }) => {
  expect(read(['{"url":"a"}\n', line, '\n'])).toEqual(['1:2 a', want]);
});

test('a line of as many characters as are permitted', () => {
  const value = 'x'.repeat(1024 * 1024 - '{"url":""}'.length);
  expect(read([`{"url":"${value}"}\n`])).toEqual([`1:2 ${value}`]);
});

test('total: whatever comes gives values or a fault with a place, and the same wherever it is cut', () => {
  const line = fc.oneof(
    NOISE,
    fc.json(),
    NOISE.map((url) => JSON.stringify({ url })),
  );
  let values = 0;
  fc.assert(
    fc.property(fc.array(line), fc.nat(), (lines, cut) => {
      const text = lines.join('\n');
      const at = cut % (text.length + 1);
      const whole = read([text]);
      values += whole.length;
      expect(read([text.slice(0, at), text.slice(at)])).toEqual(whole);
    }),
  );
  expect(values).toBeGreaterThan(20);
});
