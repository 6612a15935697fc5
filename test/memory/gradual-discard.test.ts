/** Memory is given back in steps, all of it, and never of a buffer that is in use again. */
import { expect, test } from '@jest/globals';
import { GradualDiscard } from '../../src/memory/gradual-discard.ts';

const MB = 1024 * 1024;

interface Fixture {
  readonly discards: GradualDiscard;
  /** Bytes given back so far, by buffer, in the order in which they lie there. */
  readonly given: Map<ArrayBufferLike, number>;
  /** Ends the rest. */
  readonly goOn: () => Promise<void>;
}

function fixture(): Fixture {
  const given = new Map<ArrayBufferLike, number>();
  let wake = (): void => {};
  const discards = new GradualDiscard(
    ({ buffer, byteOffset, length }) => {
      expect(byteOffset).toBe(given.get(buffer) ?? 0);
      expect(length).toBeLessThanOrEqual(2 * MB);
      given.set(buffer, byteOffset + length);
    },
    () => new Promise((resolve) => (wake = resolve)),
  );
  const goOn = async (): Promise<void> => {
    wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { discards, given, goOn };
}

test('a step at once, the others after a rest each, to the last byte', async () => {
  const { discards, given, goOn } = fixture();
  const [first, second] = [new SharedArrayBuffer(9 * MB), new SharedArrayBuffer(100)];
  discards.add(first);
  discards.add(second);
  expect([given.get(first), given.get(second)]).toEqual([2 * MB, undefined]);
  for (let i = 0; i < 6; i++) await goOn();
  expect([given.get(first), given.get(second)]).toEqual([9 * MB, 100]);
});

test('what is taken out is left alone, and what comes later is not forgotten', async () => {
  const { discards, given, goOn } = fixture();
  const [first, second] = [new SharedArrayBuffer(9 * MB), new SharedArrayBuffer(100)];
  discards.add(first);
  discards.remove(first);
  await goOn();
  expect(given.get(first)).toBe(2 * MB);
  discards.add(second);
  await goOn();
  expect([given.get(first), given.get(second)]).toEqual([2 * MB, 100]);
});

test('one that is freed again begins anew', async () => {
  const { discards, given, goOn } = fixture();
  const buffer = new SharedArrayBuffer(6 * MB);
  discards.add(buffer);
  discards.remove(buffer);
  given.clear();
  discards.add(buffer);
  for (let i = 0; i < 3; i++) await goOn();
  expect(given.get(buffer)).toBe(6 * MB);
});
