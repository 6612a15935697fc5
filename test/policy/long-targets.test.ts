/** Keys have a bound: what is longer cannot be listed, what is shorter or a directory is found in targets of any length. */
import { describe, expect, test } from '@jest/globals';
import { compileText, listEntries, utcDay } from '../../src/list/text/compile.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { testKeys } from '../match/support.ts';

const TODAY = utcDay(Date.UTC(2026, 10, 24));
const OPTIONS = { list: 0, action: 'block', today: TODAY } as const;
const HOST = 'long.example';
/** Bytes of a path that makes, with the host, the longest key. */
const LONGEST = 4096 - HOST.length;

function actionsOf(list: string, folds: readonly string[] = ['']): (target: string) => string {
  const text = Buffer.from(folds.map((fold) => `${list}${fold}\n`).join(''));
  expect(compileText(text, OPTIONS).badLines).toEqual([]);
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(openSnapshot([buildSegment(listEntries(text, OPTIONS), testKeys(1))]));
  const judge = new Judge(matcher, [{ action: 'block' }]);
  return (target) => judge.url(matcher.lookup(HOST)!, target, { port: 80, listMask: -1, today: TODAY }).action;
}

describe('requirement 60: keys of a URL', () => {
  test.each([
    ['?*', ''],
    ['?q=1', '?q=1'],
    ['/*', '/x'],
  ])('the longest that can be listed is matched: %s', (ending, tail) => {
    const path = `/${'a'.repeat(LONGEST - 1 - (ending === '?*' ? 0 : ending === '/*' ? 1 : ending.length))}`;
    const action = actionsOf(`http://${HOST}${path}${ending}`);
    expect(action(path + tail)).toBe('block');
    expect(action(`${path}b${tail}`)).toBe('pass');
    const { badLines } = compileText(Buffer.from(`http://${HOST}${path}a${ending}\n`), OPTIONS);
    expect(badLines).toMatchObject([
      {
        line: 1,
        column: 1,
        message: 'the address has 4097 bytes without its scheme, as it is folded; at most 4096 can be matched',
      },
    ]);
  });

  test('what is measured is the key: escapes of letters do not count, escapes that stay do', () => {
    const line = (path: string): Buffer => Buffer.from(`http://${HOST}/${path}\n`);
    expect(compileText(line('%61'.repeat(LONGEST - 1)), OPTIONS).badLines).toEqual([]);
    expect(compileText(line('%01'.repeat(LONGEST / 3 + 1)), OPTIONS).badLines).toHaveLength(1);
  });

  test.each([[''], [' fold=slash'], [' fold=case'], [' fold=params']])(
    'directories are found in targets of any length (%s)',
    (fold) => {
      const action = actionsOf(`${HOST}/dir/sub/*`, [fold]);
      for (const length of [10, LONGEST, 15_000]) {
        expect(action(`/dir/sub/${'a'.repeat(length)}`)).toBe('block');
        expect(action(`/dir/sub/${'a/'.repeat(length / 2)}?${'q'.repeat(100)}`)).toBe('block');
        expect(action(`/dir/${'a'.repeat(length)}`)).toBe('pass');
      }
    },
  );

  test('pages are found with a query of any length', () => {
    expect(actionsOf(`${HOST}/page?*`)(`/page?${'q'.repeat(15_000)}`)).toBe('block');
  });
});
