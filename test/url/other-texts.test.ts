import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { otherTexts } from '../../src/url/other-texts.ts';
import { AXIS } from '../../src/url/reading-axes.ts';
import { byteString, escapeRich } from './arbitraries.ts';

describe('otherTexts', () => {
  test.each([
    { raw: '/..%%32f', axis: AXIS.lettersFirst, text: '/..%2f' },
    { raw: '/%2%66%%35%43%2e', axis: AXIS.lettersFirst, text: '/%2f%5C.' },
    { raw: '/%u0070age', axis: AXIS.utf16, text: '/%70age' },
    { raw: '/a%u00E9/%ud83d%ude00b', axis: AXIS.utf16, text: '/a%C3%A9/%F0%9F%98%80b' },
    { raw: '/%u%u002f', axis: AXIS.utf16, text: '/%u%2F' },
    { raw: '/page%00x/%00', axis: AXIS.cutEnd, text: '/page' },
    { raw: '/page%', axis: AXIS.cutEnd, text: '/page' },
    { raw: '/page%F', axis: AXIS.cutEnd, text: '/page' },
    { raw: '/.../a', axis: AXIS.manyDots, text: '/./a' },
    { raw: '/x%5C.%2e.%2fa/....', axis: AXIS.manyDots, text: '/x%5C.%2fa/.' },
    { raw: '/page%20', axis: AXIS.blankEnd, text: '/page' },
    { raw: '/a%20b%20%1F%0c', axis: AXIS.blankEnd, text: '/a%20b' },
    { raw: '/pa%0Age', axis: AXIS.breaks, text: '/page' },
    { raw: '/%09d%0Dir%0a/%0bx', axis: AXIS.breaks, text: '/dir/%0bx' },
    { raw: '/pa%250dge', axis: AXIS.breaks, text: '/page' },
    { raw: '/page%2520', axis: AXIS.blankEnd, text: '/page' },
    { raw: '/page%2500x', axis: AXIS.cutEnd, text: '/page' },
    { raw: '/%252e../a', axis: AXIS.manyDots, text: '/./a' },
    { raw: '/%25page', axis: AXIS.strays, text: '/page' },
    { raw: '/x%254%2f%25%25page', axis: AXIS.strays, text: '/x%page' },
    { raw: '/index.php/page', axis: AXIS.script, text: '/page' },
    { raw: '/index.phppage%41', axis: AXIS.script, text: '/page%41' },
    { raw: '/%2569ndex.php%252fpage', axis: AXIS.script, text: '%2fpage' },
    { raw: '/a%2f%69nde%78%2Ephp%2Fb/index.php/', axis: AXIS.script, text: '/a%2Fb/index.php/' },
  ])('$raw is $text', ({ raw, axis, text }) => {
    expect(otherTexts(raw)).toEqual([{ text, axis }]);
  });

  test.each([
    { raw: '/%25u0070age', axis: AXIS.utf16, text: '/%70age', stray: '/u0070age' },
    { raw: '/%70a%25zg%2565%25', axis: AXIS.cutEnd, text: '/%70a%zg%65', stray: '/pazg%65' },
  ])('$raw is $text, and $stray', ({ raw, axis, text, stray }) => {
    expect(otherTexts(raw)).toEqual([
      { text, axis },
      { text: stray, axis: AXIS.strays },
    ]);
  });

  test.each([
    '',
    '/',
    '/a/../b',
    '/%41',
    '/%u00g0',
    '/%U0070',
    '/a%g',
    '/a...',
    '/...a',
    '/%41%2f',
    '/index.php',
    '/Index.php/page',
    '/xindex.php/page',
    '/%%41',
    '/%%2f',
    '/%%%32',
    '/%25%32f',
    '/%2%zz',
    '/a%20b',
    '/%20/x',
    '/%0b/x',
    '/a%21',
    '/a%7f',
    '/a+',
    '/a%2541%25fF',
    '/a%2520b',
    '/x%2525page',
    '/\u00A0a',
    '/a%a0',
  ])('%s is nothing else to anybody', (raw) => {
    expect(otherTexts(raw)).toEqual([]);
  });

  test('what was made in one way is made further in later ways only, and not in the last', () => {
    const all = '/%%32f%u0061/...%25x/.../%00%0a';
    expect(otherTexts(all).map(({ axis }) => axis)).toEqual([
      AXIS.lettersFirst,
      AXIS.utf16,
      AXIS.cutEnd,
      AXIS.manyDots,
      AXIS.blankEnd,
      AXIS.breaks,
      AXIS.strays,
    ]);
    expect(otherTexts(all, AXIS.utf16).map(({ axis }) => axis)).toEqual([
      AXIS.cutEnd,
      AXIS.manyDots,
      AXIS.blankEnd,
      AXIS.breaks,
    ]);
    expect(otherTexts(all, AXIS.strays)).toEqual([]);
  });

  test('each differs from what it was made of, and has no character that is no byte', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.oneof(byteString, escapeRich),
        fc.constantFrom('', '%', '%00', '/...', '%u20ac', '%%32f', '%20', '%0a', '%25x', '%250a', '\u00A0'),
        (start, end) => {
          for (const { text } of otherTexts(start + end)) {
            found += 1;
            expect(text).not.toBe(start + end);
            expect(/^[\0-\xff]*$/.test(text)).toBe(true);
          }
        },
      ),
    );
    expect(found).toBeGreaterThan(20);
  });
});
