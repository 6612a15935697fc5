/** Where the path begins behind what some origins take for an authority, with Node's own `url.parse` as the judge. */
import { parse } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { behindUserInfo, hidesAuthority } from '../../src/url/path-authority.ts';

describe('behind //user@host', () => {
  test.each([
    ['//u@h/page', ['/page']],
    ['//u@h%2fpage', ['%2fpage']],
    ['//u@h!x/page', ['!x/page', '/page']],
    ['//u@', []],
    ['//u@h', []],
    ['/u@h/page', []],
    ['//u/@h/page', []],
    ['//a@%2f@%2fpage', ['%2fpage']],
    ['//a@b@c/page', ['/page']],
    ['//a@b/c@d/page', ['/c@d/page']],
  ])('%s: %j', (raw, want) => {
    expect(behindUserInfo(raw)).toEqual(want);
  });

  test('as url.parse has it', () => {
    const piece = fc.constantFrom('@', 'a', '%2f', '/', 'page', '.');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const raw = `//${pieces.join('')}`;
        const rest = behindUserInfo(raw);
        const read = parse(raw);
        if (read.host === null) return;
        if (read.pathname === null || read.pathname === '') return;
        expect(rest).toContain(raw.slice(raw.length - read.pathname.length));
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['/%2fx/page', true],
  ['//x%2fpage', true],
  ['/x/%2fpage', false],
  ['//x/page', false],
  ['/', false],
])('%s hides an authority: %j', (raw, want) => {
  expect(hidesAuthority(raw)).toBe(want);
});
