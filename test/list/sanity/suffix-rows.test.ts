/** Entries on public suffixes in an index that nobody can read: the same that the text's own rule finds, by names of the Public Suffix List. */
import { expect, test } from '@jest/globals';
import { PUBLIC_SUFFIXES, suffixRowsIn } from '../../../src/list/sanity/suffix-rows.ts';
import { coversPublicSuffix } from '../../../src/list/text/public-suffix.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { buildSegment } from '../../../src/match/snapshot.ts';
import { entry, testKeys } from '../../match/support.ts';

const TODAY = 20_000;
const rest = async (): Promise<void> => await Promise.resolve();
const rows = async (...entries: readonly Entry[]) =>
  await suffixRowsIn({ ...buildSegment(entries, testKeys(3)), list: 0 }, TODAY, rest);

/** https://publicsuffix.org/list/: both sections, a wildcard (*.ck) with its exception (!www.ck). */
test.each([
  ['com', true],
  ['*.com', true],
  ['co.uk', true],
  ['github.io', true],
  ['*.github.io', true],
  ['*.github.io/dir/*', true],
  ['github.io/dir/*', false],
  ['user.github.io', false],
  ['a.co.uk', false],
  ['www.ck', false],
  ['a.example', false],
  ['192.0.2.1', false],
])('%s covers one: %j', async (text, want) => {
  const one = entry(text, { id: 7n });
  expect(coversPublicSuffix(one)).toBe(want);
  const found = await rows(one, entry('z.example', { id: 8n }));
  expect(found.count).toBe(want ? 1 : 0);
  expect(found.first).toBe(want && one.path.kind === 'host' ? 7n : null);
});

test('how many, and what has expired covers nothing', async () => {
  const all = ['com', 'co.uk', '*.github.io'].map((text, i) =>
    entry(text, { id: BigInt(i + 1), expires: TODAY - i + 1 }),
  );
  expect((await rows(...all)).count).toBe(2);
});

test('the file has names alone, each once', () => {
  const names = PUBLIC_SUFFIXES.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(names.length).toBeGreaterThan(5000);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9.-]+$/.test(name))).toEqual([]);
});
