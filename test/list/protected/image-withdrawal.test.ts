/** What is withdrawn in place: byte for byte the image that is made with that set, whatever was withdrawn before. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { STEP_ROWS, runSync } from '../../../src/lib/steps.ts';
import { imageContent, imageTerms } from '../../../src/list/protected/image-layout.ts';
import { withdrawalSteps } from '../../../src/list/protected/image-withdrawal.ts';
import { entry } from '../../match/support.ts';
import { imageOf, withdrawn } from './support.ts';

const ENTRIES = Array.from({ length: 60 }, (_, i) =>
  entry(i % 3 === 0 ? `*.h${i}.example` : `h${i % 7}.example/dir${i}/*`, {
    id: BigInt(i) * 0x9e37_79b9_7f4an,
    expires: i % 4 === 0 ? 40 + i : 0,
    steer: i % 5 < 3,
    subdomains: i % 3 === 0 || i % 4 === 1,
  }),
);
const someIds = fc.uniqueArray(fc.nat(70).map((i) => BigInt(i) * 0x9e37_79b9_7f4an));

test('one set after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someIds, { minLength: 1, maxLength: 4 }), async (sets) => {
      const image = await imageOf(ENTRIES);
      for (const [i, ids] of sets.entries()) {
        const set = withdrawn(ids, i + 1);
        runSync(withdrawalSteps(image, set));
        const made = await imageOf(ENTRIES, { set });
        expect(Buffer.compare(image, made)).toBe(0);
        expect(imageContent(image)).toBe(imageContent(made));
      }
    }),
  );
});

test('of a long list in steps, and the header says what is left at the end only', async () => {
  const entries = Array.from({ length: 3 * STEP_ROWS }, (_, i) => entry(`h${i}.example/x`, { id: BigInt(i) }));
  const image = await imageOf(entries);
  const steps = withdrawalSteps(image, withdrawn([1n, 5000n, 99_999n], 4));
  let count = 0;
  for (; steps.next().done !== true; count += 1) expect(imageTerms(image)).toMatchObject({ withdrawnSerial: 0 });
  expect(count).toBeGreaterThanOrEqual(6);
  expect(imageTerms(image)).toMatchObject({ withdrawnSerial: 4, withdrawn: 2, entries: entries.length - 2 });
});

test('what is no image is refused', () => {
  expect(() => runSync(withdrawalSteps(new Uint8Array(4096), withdrawn([1n])))).toThrow('damaged');
});
