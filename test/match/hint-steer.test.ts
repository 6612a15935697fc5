/** What a hint says of steering: the host itself, its subdomains, whatever the fold; the union of all entries that it leads to. */
import { expect, test } from '@jest/globals';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { entry, snapshotOf } from './support.ts';

function steered(entries: readonly Entry[], host: string): readonly string[] {
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(snapshotOf([entries]));
  return matcher.lookup(host)!.hints.map(({ fold, steer }) => `${fold} ${steer}`);
}

test('one entry with the permission is enough, and only those of its host have it', () => {
  const entries = [
    entry('a.example/x', { steer: true }),
    entry('a.example/y'),
    entry('b.example/x'),
    entry('a.example/z', { fold: 1 }),
  ];
  expect(steered(entries, 'a.example')).toEqual(expect.arrayContaining(['0 true', '1 false']));
  expect(steered(entries, 'b.example')).toEqual(['0 false']);
  expect(steered(entries, 'w.a.example')).toEqual([]);
});

test('subdomains are steered only by an entry that has them', () => {
  const entries = [entry('a.example/x', { steer: true }), entry('*.a.example/y')];
  expect(steered(entries, 'a.example')).toEqual(['0 true']);
  expect(steered(entries, 'w.a.example')).toEqual(['0 false']);
  const below = [entry('*.a.example/x', { steer: true })];
  expect(steered(below, 'a.example')).toEqual(['0 true']);
  expect(steered(below, 'v.w.a.example')).toEqual(['0 true']);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7])('fold %i is read as it is beside the permission', (fold) => {
  expect(steered([entry('*.a.example/x', { fold, steer: true })], 'a.example')).toEqual([`${fold} true`]);
  expect(steered([entry('a.example/x', { fold })], 'a.example')).toEqual([`${fold} false`]);
});
