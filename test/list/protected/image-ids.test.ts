/** Which ids are in force of an image: 64 bits each, less what is withdrawn. */
import { expect, test } from '@jest/globals';
import { runSync } from '../../../src/lib/steps.ts';
import { imageIdSteps } from '../../../src/list/protected/image-ids.ts';
import { entry } from '../../match/support.ts';
import { fullOf, imageOf, withdrawn } from './support.ts';

const IDS = [1n, 0xffff_ffffn, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn];
const low = (id: bigint): number => Number(BigInt.asIntN(32, id));
const high = (id: bigint): number => Number(BigInt.asIntN(32, id >> 32n));
const LISTED = IDS.map((id, i) => entry(i % 2 === 0 ? `h${i}.example` : `h${i}.example/x`, { id }));

test('each is there, and none besides', async () => {
  const ids = runSync(imageIdSteps(await imageOf(LISTED)));
  expect(ids.size).toBe(IDS.length);
  expect(IDS.map((id) => ids.has(low(id), high(id)))).toEqual(IDS.map(() => true));
  for (const id of [0n, 2n, 0xffff_fffen, 0x1_0000_0001n, 0xffff_ffff_0000_0000n, 0xffff_ffff_ffff_fffen])
    expect(ids.has(low(id), high(id))).toBe(false);
});

test('what is withdrawn is not', async () => {
  const ids = runSync(imageIdSteps(await imageOf(LISTED, { set: withdrawn([IDS[0]!, IDS[5]!]) })));
  expect(IDS.map((id) => ids.has(low(id), high(id)))).toEqual([false, true, true, true, true, false]);
});

test('those of whole hosts', async () => {
  const ids = runSync(imageIdSteps(await imageOf(LISTED), 'whole'));
  expect(IDS.map((id) => ids.has(low(id), high(id)))).toEqual([true, false, true, false, true, false]);
});

test('a list without entries has none, and what is no image is told', async () => {
  expect(runSync(imageIdSteps(await imageOf([]))).size).toBe(0);
  expect(() => runSync(imageIdSteps(fullOf([])))).toThrow(expect.objectContaining({ code: 'corrupt' }));
});
