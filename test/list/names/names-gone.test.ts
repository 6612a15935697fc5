/** Lines of another version hold where the list in force has their entries, and an allow list takes hosts out by entries on whole hosts alone. */
import { expect, test } from '@jest/globals';
import { runSync } from '../../../src/lib/steps.ts';
import { namesGoneSteps } from '../../../src/list/names/names-gone.ts';
import type { EntriesOf } from '../../../src/list/protected/image-ids.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { entry } from '../../match/support.ts';
import { imageOf, withdrawn } from '../protected/support.ts';

const LAST = 0xffff_ffff_ffff_ffffn;
const LISTED: readonly Entry[] = [
  entry('a.example', { id: 1n }),
  entry('*.b.example', { id: 0x1_0000_0000n }),
  entry('c.example/page', { id: 3n, steer: true }),
  entry('d.example', { id: 4n, port: 8080, steer: true }),
  entry('e.example/*', { id: 0x8000_0000_0000_0000n, steer: true }),
  entry('f.example', { id: LAST }),
];

async function gone(ids: readonly string[], entries: EntriesOf, set = withdrawn([])): Promise<readonly bigint[]> {
  const lines = ids.map((id) => `${id} x.example steer\n`).join('');
  const payload = Buffer.from(`cleanfeed names 2\nversion 1\ntime 1\n${lines}\0\0`);
  return runSync(namesGoneSteps(payload, await imageOf(LISTED, { set }), entries));
}

const ALL = LISTED.map(({ id }) => `${id}`);

test('what the list has holds, whatever its id, and what it does not have is gone', async () => {
  expect(await gone(ALL, 'all')).toEqual([]);
  expect(await gone(['2', '1', '4294967297', '18446744073709551614'], 'all')).toEqual([2n, 4_294_967_297n, LAST - 1n]);
});

test('what was withdrawn from the list is gone', async () => {
  expect(await gone(ALL, 'all', withdrawn([3n, LAST]))).toEqual([3n, LAST]);
});

// Was a fault: a page of an allow list counted as its host.
test('of entries on whole hosts: neither pages and directories nor what is on one port', async () => {
  expect(await gone(ALL, 'whole')).toEqual([3n, 4n, 0x8000_0000_0000_0000n]);
  expect(await gone(ALL, 'whole', withdrawn([1n]))).toEqual([1n, 3n, 4n, 0x8000_0000_0000_0000n]);
});

test('what is no payload of names has no lines', async () => {
  expect(runSync(namesGoneSteps(Buffer.from('1 a.example dns\n'), await imageOf(LISTED), 'all'))).toEqual([]);
});
