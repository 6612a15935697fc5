/** CSV by RFC 4180: the same as Python's reader makes of what Python's writer wrote; what can be read in two ways is refused. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CsvReader } from '../../src/republish/csv-reader.ts';
import type { CsvRecord } from '../../src/republish/csv-reader.ts';
import { PlacedFault } from '../../src/republish/place.ts';
import { describeWith } from '../support/programs.ts';

/** Without the place, which the message begins with. */
function wordsOf({ place: { line, column }, message, code, side }: PlacedFault): string {
  expect({ code, side }).toEqual({ code: 'bad_lines', side: 'list' });
  const start = `line ${line}, column ${column}: `;
  expect(message.startsWith(start)).toBe(true);
  return message.slice(start.length);
}

/** @param at the text is cut there; everywhere, unless told. */
function read(text: string, { delimiter = ',', isWhole = true, at = 1 } = {}): CsvRecord[] {
  const records: CsvRecord[] = [];
  const reader = new CsvReader(delimiter, (record) => records.push(record));
  const letters = [...text];
  for (let i = 0; i < letters.length; i += at) reader.write(letters.slice(i, i + at).join(''));
  reader.end(isWhole);
  return records;
}

const fields = (text: string, options = {}): readonly (readonly string[])[] =>
  read(text, options).map((record) => record.fields);

/** `LINE:COLUMN: words` of the fault. */
function fault(text: string, options = {}): string {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof PlacedFault) return `${error.place.line}:${error.place.column}: ${wordsOf(error)}`;
    throw error;
  }
  return 'none';
}

test('records, quotes, both ends of a line, places', () => {
  expect(read('a,"b ""c"", d"\r\n"x\ny",\n')).toEqual([
    {
      fields: ['a', 'b "c", d'],
      places: [
        { line: 1, column: 1 },
        { line: 1, column: 3 },
      ],
    },
    {
      fields: ['x\ny', ''],
      places: [
        { line: 2, column: 1 },
        { line: 3, column: 4 },
      ],
    },
  ]);
  expect(fields('a;b,c\n', { delimiter: ';' })).toEqual([['a', 'b,c']]);
  expect(fields('a,b')).toEqual([['a', 'b']]);
  expect(fields('a,b', { at: 100 })).toEqual([['a', 'b']]);
  expect(fields('')).toEqual([]);
  expect(fields('\n')).toEqual([['']]);
});

test.each([
  { text: 'a"b,c\n', want: '1:2: a quote inside of a field that does not begin with one' },
  { text: 'x\n"a"b,c\n', want: '2:4: text behind a closing quote; a quote inside of a field is written twice' },
  { text: 'x\na,"b\nc\n', want: '2:3: the quote that opens here is never closed' },
  { text: 'a\rb\n', want: '1:3: a carriage return that no line feed follows' },
  { text: 'a\r', want: '1:3: a carriage return that no line feed follows' },
  { text: `${','.repeat(1000)}\n`, want: '1:1001: a record of more than 1000 fields' },
  {
    text: `a,"${'x'.repeat(65_537)}`,
    want: '1:3: a field of more than 65536 characters begins here; is a quote not closed?',
  },
])('$want', ({ text, want }) => {
  expect(fault(text)).toBe(want);
});

test('without a newline at its end a file is taken only if somebody has said how long it is', () => {
  expect(fault('a\nb', { isWhole: false })).toBe(
    '2:2: the last line does not end with a newline: the file may be cut off',
  );
  expect(fault('a\nb\n', { isWhole: false })).toBe('none');
});

describeWith(['python3'])("Python's csv", () => {
  const PROGRAM = `
import csv, io, json, random, sys
random.seed(int(sys.argv[1]))
out = []
for _ in range(400):
    rows = [[''.join(random.choice('ab",;\\n \\té') for _ in range(random.randrange(6))) for _ in range(random.randrange(1, 5))] for _ in range(random.randrange(1, 5))]
    end = random.choice(['\\r\\n', '\\n'])
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    text = io.StringIO(newline='')
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)
    out.append([text.getvalue(), list(csv.reader(io.StringIO(text.getvalue(), newline=''), strict=True))])
print(json.dumps(out))
`;
  test.each([1, 2, 3])('what it writes is read as it reads it (seed %d)', (seed) => {
    const text = execFileSync('python3', ['-c', PROGRAM, String(seed)], { encoding: 'utf8', maxBuffer: 1 << 24 });
    const cases = JSON.parse(text) as [string, string[][]][];
    expect(cases.length).toBe(400);
    for (const [csv, rows] of cases) {
      // A record of one empty field is an empty line; Python reads it as a record of none.
      const own = fields(csv).map((record) => (record.length === 1 && record[0] === '' ? [] : record));
      expect(own).toEqual(rows.map((row) => (row.length === 1 && row[0] === '' ? [] : row)));
    }
  });
});

describe('any text', () => {
  test('gives records or a placed fault, the same wherever it is cut', () => {
    let state = 7;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: random(12) }, () => 'a",\r\n '[random(6)]).join('');
      const told = (at: number): unknown => {
        const what = fault(text, { at });
        return what === 'none' ? fields(text, { at }) : what;
      };
      expect(told(1)).toEqual(told(100));
    }
  });
});

test('total: whatever comes gives records or a fault with a place, and the same wherever it is cut', () => {
  const outcome = (text: string, at: number): readonly unknown[] => {
    const records: CsvRecord[] = [];
    const reader = new CsvReader(',', (record) => records.push(record));
    const letters = [...text];
    try {
      for (const piece of [letters.slice(0, at), letters.slice(at)]) reader.write(piece.join(''));
      reader.end(true);
    } catch (error) {
      if (!(error instanceof PlacedFault)) throw error;
      return [...records, error.place, error.message];
    }
    return records;
  };
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '\r\n', '\u{1f600}'), maxLength: 40 });
  let records = 0;
  fc.assert(
    fc.property(text, fc.nat({ max: 40 }), (csv, at) => {
      const whole = outcome(csv, csv.length);
      records += whole.length;
      expect(outcome(csv, at)).toEqual(whole);
    }),
    { numRuns: 1000 },
  );
  expect(records).toBeGreaterThan(500);
});
