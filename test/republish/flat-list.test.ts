/** Flat files of each format to text lists: what is taken, what is refused with line and column, and never a word of the file. */
import { describe, expect, test } from '@jest/globals';
import type { FlatFormat } from '../../src/config/relay-types.ts';
import { ListError } from '../../src/list/list-error.ts';
import { readFlatList } from '../../src/republish/flat-list.ts';
import type { FlatList } from '../../src/republish/flat-list.ts';

const CSV: FlatFormat = { kind: 'csv', column: 'url', delimiter: ',' };
const JSONL: FlatFormat = { kind: 'jsonl', key: 'url' };

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function list(text: string | Uint8Array, format: FlatFormat, isWhole = false): Promise<FlatList> {
  return await readFlatList({ pieces: inPieces(Buffer.from(text), 3), isWhole }, format);
}

async function fault(text: string | Uint8Array, format: FlatFormat): Promise<string> {
  try {
    await list(text, format);
    return 'none';
  } catch (error) {
    if (error instanceof ListError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const textOf = ({ bytes }: FlatList): string => Buffer.from(bytes).toString();

test('csv: the fields of the named column, each with its place', async () => {
  const found = await list('id,url,note\r\n1,http://a.example/é,"x\ny"\r\n2," b.example ",z\r\n', CSV);
  expect(textOf(found)).toBe('http://a.example/é\nb.example\n');
  expect(found.placeOf(1, 1)).toEqual({ line: 2, column: 3 });
  expect(found.placeOf(2, 3)).toEqual({ line: 4, column: 5 });
});

// Was a fault: it was said to need a comment line, which neither format has.
test.each([
  { text: '', format: CSV },
  { text: 'id,url\n', format: CSV },
  { text: '', format: JSONL },
])(
  'nothing in $text of $format.kind: as if it was cut off, and what to do where it is not',
  async ({ text, format }) => {
    expect(await fault(text, format)).toMatch(/^truncated: there is no address in it, .* published by hand/);
  },
);

test('jsonl: the texts under the named key', async () => {
  const found = await list('{"url":"http://a.example/x"}\n{"id":2,"url":"b.example"}\n', JSONL);
  expect(textOf(found)).toBe('http://a.example/x\nb.example\n');
  expect(found.placeOf(2, 1)).toEqual({ line: 2, column: 9 });
  expect(textOf(await list('{"url":"a.example"}', JSONL, true))).toBe('a.example\n');
});

test('text: byte for byte', async () => {
  const found = await list('a.example  count # why\n', { kind: 'text' });
  expect(textOf(found)).toBe('a.example  count # why\n');
  expect(found.placeOf(1, 3)).toEqual({ line: 1, column: 3 });
});

describe('refused', () => {
  test.each<{ text: string | Uint8Array; format: FlatFormat; want: string }>([
    {
      text: 'secret,ulr\n',
      format: CSV,
      want: "line 1, column 1: the first line has 2 columns and none is 'url': it must be the header",
    },
    {
      text: 'secret\n',
      format: CSV,
      want: "line 1, column 1: the first line has 1 column and none is 'url': it must be the header",
    },
    { text: 'url,url\n', format: CSV, want: "line 1, column 1: the header has two columns 'url'" },
    { text: 'url,x\nsecret\n', format: CSV, want: 'line 2, column 1: 1 fields where the header has 2' },
    { text: 'url\n""\n', format: CSV, want: 'line 2, column 1: no address' },
    {
      text: 'x,url\n1,secret count\n',
      format: CSV,
      want: 'line 2, column 3: an address holds no white space: write %20',
    },
    {
      text: 'x,url\n1,"secret\nb"\n',
      format: CSV,
      want: 'line 2, column 3: an address holds no white space: write %20',
    },
    { text: 'url\n#secret\n', format: CSV, want: "line 2, column 1: an address does not begin with '#'" },
    {
      text: 'url\nsecr"et\n',
      format: CSV,
      want: 'line 2, column 5: a quote inside of a field that does not begin with one',
    },
    { text: 'secret\n', format: JSONL, want: 'line 1, column 1: not a JSON object' },
    { text: '{"url":"a.example"}\n[]\n', format: JSONL, want: 'line 2, column 1: not a JSON object' },
    { text: '{"url":"a.example"}\n\n', format: JSONL, want: 'line 2, column 1: not a JSON object' },
    { text: '{"uri":"secret"}\n', format: JSONL, want: "line 1, column 1: no text under 'url'" },
    { text: '{"url":7}\n', format: JSONL, want: "line 1, column 1: no text under 'url'" },
    {
      text: '{"x":1,"url":"secret b"}\n',
      format: JSONL,
      want: 'line 1, column 8: an address holds no white space: write %20',
    },
    {
      text: '{"url":"secret"}',
      format: JSONL,
      want: 'line 1, column 1: the last line does not end with a newline: the file may be cut off',
    },
    {
      text: Buffer.from([0x75, 0x72, 0x6c, 0x0a, 0xff, 0x0a]),
      format: CSV,
      want: 'it is not UTF-8 text (near byte 3)',
    },
  ])('$want', async ({ text, format, want }) => {
    const told = await fault(text, format);
    expect(told).toBe(`bad_lines: ${want}`);
    expect(told).not.toContain('secret');
  });
});
