/** Lines as many at a time as have come. */
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { lineBatches } from '../../src/commands/line-batches.ts';

async function batchesOf(...chunks: (string | Buffer)[]): Promise<readonly (readonly string[])[]> {
  const stream = new PassThrough();
  const reading = (async () => {
    const batches: (readonly string[])[] = [];
    for await (const batch of lineBatches(stream)) batches.push(batch);
    return batches;
  })();
  for (const chunk of chunks) {
    stream.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  return await reading;
}

test.each([
  { name: 'a chunk of several', chunks: ['a\nb\n\nc\n'], want: [['a', 'b', '', 'c']] },
  { name: 'lines over chunks', chunks: ['a\nb', 'c', '\nd\n'], want: [['a'], ['bc', 'd']] },
  { name: 'a last line without an end', chunks: ['a\nb'], want: [['a'], ['b']] },
  { name: 'nothing', chunks: [], want: [] },
])('$name', async ({ chunks, want }) => {
  expect(await batchesOf(...chunks)).toEqual(want);
});

test('a line that is too long says so by its length, and is not kept whole', async () => {
  const stream = new PassThrough();
  const lengths: number[] = [];
  const reading = (async () => {
    for await (const batch of lineBatches(stream, 10)) lengths.push(...batch.map((line) => line.length));
  })();
  for (const chunk of ['x'.repeat(10), '\n', 'y'.repeat(11), 'y'.repeat(1000), 'y\nz\n']) {
    stream.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  await reading;
  expect(lengths).toEqual([10, 11, 1]);
});

test('a character whose bytes come apart is one', async () => {
  const bytes = Buffer.from('é\n');
  expect(await batchesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual([['é']]);
});

test('a stream that fails fails whoever reads it', async () => {
  const stream = new PassThrough();
  const batches = lineBatches(stream);
  stream.write('a\n');
  expect(await batches.next()).toMatchObject({ value: ['a'] });
  stream.destroy(new Error('gone'));
  await expect(batches.next()).rejects.toThrow('gone');
});
