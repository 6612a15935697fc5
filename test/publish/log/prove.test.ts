/** Which events a proof opens. */
import { expect, test } from '@jest/globals';
import { collect } from '../../../src/publish/log/prove.ts';
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
