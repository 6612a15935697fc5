/** A payload of names is believed where the list says the same: by id, host, permissions, port, count and last day. */
import { expect, test } from '@jest/globals';
import { runSync } from '../../../src/lib/steps.ts';
import { namesFaultSteps } from '../../../src/list/names/names-proofs.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { entry } from '../../match/support.ts';
import { imageOf, withdrawn } from '../protected/support.ts';

const LISTED: readonly Entry[] = [
  entry('a.example', { id: 1n, dns: true, steer: true }),
  entry('*.b.example', { id: 2n, dns: true, expires: 20_000 }),
  entry('c.example/page', { id: 3n, steer: true }),
  entry('d.example', { id: 4n, port: 8080, dns: true, steer: true }),
  entry('e.example/dir/*', { id: 5n, steer: true, count: true, fold: 1 }),
  entry('f.example', { id: 0xffff_ffff_ffff_ffffn }),
  entry('g.example', { id: 0x8000_0000_0000_0000n, dns: true }),
];
const RIGHT = [
  '1 a.example dns steer',
  '2 *.b.example dns expires=2024-10-04',
  '3 c.example steer',
  '4 d.example:8080 steer',
  '5 e.example steer count',
  '9223372036854775808 g.example dns',
];

async function faultOf(lines: readonly string[], { isOwn = true, set = withdrawn([]) } = {}): Promise<string | null> {
  const payload = Buffer.from(`cleanfeed names 2\nversion 1\ntime 1\n${lines.map((line) => `${line}\n`).join('')}\0\0`);
  return runSync(namesFaultSteps(payload, await imageOf(LISTED, { set }), { isOwn }));
}

test('what the list says is right, in any order, and less of it too', async () => {
  expect(await faultOf(RIGHT)).toBeNull();
  expect(await faultOf(RIGHT.toReversed())).toBeNull();
  expect(await faultOf([])).toBeNull();
  expect(await faultOf(['1 a.example dns', '2 *.b.example expires=2024-10-04'])).toBeNull();
});

test('what is withdrawn from the list is still an entry of it', async () => {
  expect(await faultOf(RIGHT, { set: withdrawn([1n, 3n]) })).toBeNull();
});

test.each([
  ['another host, of a whole host', '1 z.example dns', 'names another host than the entry of its id'],
  ['another host, of a path', '3 z.example steer', 'names another host than the entry of its id'],
  ['the parent of its host', '2 *.example dns expires=2024-10-04', 'names another host than the entry of its id'],
  ['two hosts, one for the other', '1 g.example dns', 'names another host than the entry of its id'],
  ['dns that it does not permit', '3 c.example dns', 'permits more than the entry of its id'],
  ['dns on one port', '4 d.example:8080 dns', 'permits more than the entry of its id'],
  [
    'steer that it does not permit',
    '2 *.b.example dns steer expires=2024-10-04',
    'permits more than the entry of its id',
  ],
  ['anything of what permits nothing', '18446744073709551615 f.example dns', 'permits more than the entry of its id'],
  ['subdomains', '1 *.a.example dns', 'holds elsewhere, or for longer, than the entry of its id'],
  ['any port', '4 d.example steer', 'holds elsewhere, or for longer, than the entry of its id'],
  ['no end', '2 *.b.example dns', 'holds elsewhere, or for longer, than the entry of its id'],
  ['that it is enforced', '5 e.example steer', 'holds elsewhere, or for longer, than the entry of its id'],
])('%s', async (_, line, want) => {
  expect(await faultOf(['9223372036854775808 g.example dns', line])).toBe(`line 2 ${want}`);
  // Of another version what is in both is compared as well.
  expect(await faultOf([line], { isOwn: false })).toBe(`line 1 ${want}`);
});

test('an id that the list does not have is a fault of its own version only', async () => {
  expect(await faultOf(['77 z.example dns', ...RIGHT])).toBe('line 1 has an id that no entry of the list has');
  expect(await faultOf(['77 z.example dns', ...RIGHT], { isOwn: false })).toBeNull();
});

test('one id has one line', async () => {
  expect(await faultOf(['1 a.example dns', '2 *.b.example dns expires=2024-10-04', '1 z.example dns'])).toBe(
    'line 3 has the id of another one',
  );
});

test('a line that this program cannot read says nothing', async () => {
  expect(
    await faultOf(['1 a.example later', '01 z.example dns', '18446744073709551616 z.example dns', 'z.example dns']),
  ).toBeNull();
});
