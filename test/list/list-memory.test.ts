/** Memory that nobody needs any more goes back, and a text does not lie in it. */
import { expect, test } from '@jest/globals';
import { giveBack } from '../../src/list/list-memory.ts';
import { countedMemory } from '../support/counted-memory.ts';

const TEXT = 'http://listed.example/page\n';

/** In memory of its own, as a text is read. */
function ownBytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

test('a text is overwritten before its memory is freed, and then it is freed', () => {
  const memory = countedMemory();
  const bytes = ownBytes(TEXT);
  const { buffer } = bytes;
  const freed: string[] = [];
  const transfer = buffer.transfer.bind(buffer);
  // What the C library gets: whatever is in it then stays there until something else does.
  Object.defineProperty(buffer, 'transfer', {
    value: (byteLength?: number) => {
      freed.push(Buffer.from(buffer).toString('latin1'));
      return transfer(byteLength);
    },
  });
  giveBack(bytes, memory);
  expect(freed).toEqual(['\0'.repeat(TEXT.length)]);
  expect(buffer.detached).toBe(true);
});

test('what shares its buffer with others stays, and what the lists were lent goes back to whoever lent it, as it is', async () => {
  const memory = countedMemory();
  const text = ownBytes(TEXT.repeat(2));
  giveBack(text.subarray(TEXT.length), memory);
  expect(Buffer.from(text).toString('latin1')).toBe(TEXT.repeat(2));
  const lent = await memory.lease(16);
  giveBack(lent, memory);
  expect(memory.lent).toBe(0);
});
