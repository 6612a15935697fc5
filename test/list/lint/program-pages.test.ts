/** For which entries `fold=info` is proposed. */
import { expect, test } from '@jest/globals';
import { isPageOfProgram, proposal, proposesInfo } from '../../../src/list/lint/program-pages.ts';
import { FOLD } from '../../../src/url/fold.ts';
import { entry } from '../../match/support.ts';

test.each([
  ['a.example/page.php', true],
  ['a.example/page.PHP?id=5', true],
  ['*.a.example/cgi-bin/x.pl?*', true],
  ['a.example/index/page.asp', true],
  ['a.example/indexes.jsp', true],
  ['a.example/index.php', false],
  ['a.example/shop/index.aspx?id=5', false],
  ['a.example/page.php/*', false],
  ['a.example/page.php/x', false],
  ['a.example/page.phps', false],
  ['a.example/.php', false],
  ['a.example', false],
])('%s: %s', (text, want) => {
  expect(proposesInfo(entry(text))).toBe(want);
  expect(proposesInfo(entry(text, { fold: FOLD.case }))).toBe(want);
});

test('not of an entry that has it', () => {
  expect(proposesInfo(entry('a.example/page.php', { fold: FOLD.info }))).toBe(false);
});

test('a directory is no page', () => {
  expect(isPageOfProgram('directory', '/page.php')).toBe(false);
  expect(isPageOfProgram('page', '/page.php')).toBe(true);
});

test('what is said of so many', () => {
  expect(proposal('3 entries')).toMatch(/^3 entries for pages of programs .*fold=info/);
});
