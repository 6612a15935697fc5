/** Which events a proof opens. */
import { expect, test } from '@jest/globals';
import { collect, eventsOf } from '../../../src/publish/log/prove.ts';
import { Publishing } from '../publishing.ts';
import { Events } from './events.ts';

test('every event of the entries that are meant, however often they were listed, and no other', () => {
  const events = new Events();
  events.addVersion(1, ['a'], ['one.example', 'two.example', 'one.example dns']);
  events.add(
    { kind: 'removed', uid: 1, line: 'one.example' },
    { kind: 'removed', uid: 2, line: 'two.example' },
    { kind: 'withdrawn', uid: 3, line: 'one.example dns' },
  );
  events.addVersion(2, ['a'], ['one.example']);
  const found = collect(events.all, ({ line }) => line.startsWith('one.'));
  const again = events.all.findLast((event) => event.kind === 'added')!.seq;
  expect(found.uids).toEqual([1, 3, again]);
  const opened = found.leaves.map(({ index }) => events.all[index]!);
  expect(opened.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['added', 1],
    ['added', 3],
    ['removed', expect.any(Number)],
    ['withdrawn', expect.any(Number)],
    ['added', again],
  ]);
});

// Was a fault: `no entry was ever listed under it`.
test('an address is named in its own script, as in the list', async () => {
  using publishing = await Publishing.begin();
  await publishing.commit(['xn--bcher-kva.example', 'http://a.example/%C3%A9']);
  const uids = async (what: string): Promise<readonly number[]> =>
    await publishing.open((publisher) => eventsOf(publisher, what, null).uids);
  expect(await uids('bücher.example')).toEqual([1]);
  expect(await uids('http://a.example/é')).toEqual([2]);
  expect(await uids('b\u00fccher.invalid')).toEqual([]);
});
