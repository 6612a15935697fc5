/** A payload that comes in pieces is read as what it consists of, however it is cut. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListError } from '../../../src/list/list-error.ts';
import { STEP_BYTES } from '../../../src/lib/steps.ts';
import { PieceReader } from '../../../src/list/protected/piece-reader.ts';
import { RECORD_BYTES } from '../../../src/list/protected/record.ts';

async function* piecesOf(bytes: Uint8Array, cuts: readonly number[] = []): AsyncGenerator<Uint8Array, void> {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    yield await Promise.resolve(bytes.subarray(start, end));
    start = end;
  }
}

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 251);

async function recordsIn(reader: PieceReader, count: number): Promise<Uint8Array> {
  const runs: Uint8Array[] = [];
  for await (const run of reader.records(count)) {
    expect(run.length % RECORD_BYTES).toBe(0);
    expect(run.length).toBeLessThanOrEqual(STEP_BYTES);
    runs.push(run.slice());
  }
  return Buffer.concat(runs);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ListError ? error.code : String(error);
}

describe('a payload in pieces', () => {
  test('header, records and padding are what they are, wherever it is cut', async () => {
    const records = 5;
    const body = Buffer.concat([bytesOf(10 + records * RECORD_BYTES), Buffer.alloc(33)]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 8 }), async (cuts) => {
        const reader = new PieceReader(piecesOf(body, cuts));
        expect(Buffer.from(await reader.exactly(10)).equals(body.subarray(0, 10))).toBe(true);
        const read = await recordsIn(reader, records);
        expect(Buffer.from(read).equals(body.subarray(10, body.length - 33))).toBe(true);
        await reader.padding(body.length);
      }),
      { numRuns: 60 },
    );
  });

  test('more records than a step come in several runs', async () => {
    const records = Math.ceil((2.5 * STEP_BYTES) / RECORD_BYTES);
    const body = bytesOf(records * RECORD_BYTES);
    const read = await recordsIn(new PieceReader(piecesOf(body)), records);
    expect(Buffer.from(read).equals(body)).toBe(true);
  });

  test.each([
    {
      name: 'it ends within its header',
      length: 9,
      want: 'truncated',
      read: async (r: PieceReader) => await r.exactly(10),
    },
    {
      name: 'it ends within a record',
      length: 3 * RECORD_BYTES - 1,
      want: 'truncated',
      read: async (r: PieceReader) => await recordsIn(r, 3),
    },
    { name: 'its padding is short', length: 9, want: 'truncated', read: async (r: PieceReader) => await r.padding(10) },
    { name: 'its padding is none', length: 10, want: 'corrupt', read: async (r: PieceReader) => await r.padding(10) },
  ])('$name: $want', async ({ name, length, want, read }) => {
    const bytes = name === 'its padding is none' ? bytesOf(length) : new Uint8Array(length);
    expect(await codeOf(read(new PieceReader(piecesOf(bytes))))).toBe(want);
  });

  test('it goes on behind its end', async () => {
    expect(await codeOf(new PieceReader(piecesOf(new Uint8Array(11))).padding(10))).toBe('corrupt');
    expect(await codeOf(new PieceReader(piecesOf(new Uint8Array(10))).padding(10))).toBe('null');
  });

  test('whoever gives the pieces is told that no more is read', async () => {
    let isClosed = false;
    async function* given(): AsyncGenerator<Uint8Array, void> {
      try {
        yield await Promise.resolve(bytesOf(4));
        yield bytesOf(4);
      } finally {
        isClosed = true;
      }
    }
    const reader = new PieceReader(given());
    await reader.exactly(2);
    await reader.close();
    expect(isClosed).toBe(true);
  });
});
