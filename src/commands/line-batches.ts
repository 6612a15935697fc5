/**
 * Lines of a stream, as many at a time as have come: a step for each of ten thousand would cost more than what is done with it.
 * It must not keep more than a batch.
 */
import type { Readable } from 'node:stream';

/**
 * The last line may have no end. No batch is empty. Sets the stream's encoding.
 * @param longest what a longer line has behind so many characters may be missing; it is longer all the same.
 */
export async function* lineBatches(input: Readable, longest = Infinity): AsyncGenerator<readonly string[]> {
  const pieces: AsyncIterable<string> = input.setEncoding('utf8');
  let part = '';
  for await (const chunk of pieces) {
    const lines = chunk.split('\n');
    lines[0] = part.length > longest ? part : part + (lines[0] ?? '');
    part = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  if (part !== '') yield [part];
}
