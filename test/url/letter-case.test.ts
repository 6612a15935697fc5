import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { otherCases } from '../../src/url/letter-case.ts';
import { canonicalPath } from '../../src/url/path.ts';
import { inAllCases } from '../support/reference/letter-case.ts';

/** As a browser writes it. */
function path(text: string): ReturnType<typeof canonicalPath> {
  return canonicalPath(encodeURI(text));
}

describe('otherCases', () => {
  test.each([
    ['/café', ['/cafÉ']],
    ['/cafÉ', ['/café']],
    ['/Été/Straße', ['/été/Straße', '/ÉtÉ/Straße']],
    ['/Привет', ['/привет', '/ПРИВЕТ']],
    ['/οδος', ['/οδοσ', '/ΟΔΟΣ']],
    ['/boo\u212a', ['/book']],
    ['/d\u0130r/pa\u017ft/\u0131', ['/dir/past/i']],
    ['/\u212aÉ', ['/ké', '/kÉ']],
    ['/图/ก', []],
    ['/A/b', []],
    ['/\u{10400}', []],
  ])('%s', (text, want) => {
    expect(otherCases(path(text))).toEqual(want.map(path));
  });

  test.each([
    ['no UTF-8', '/%C3/%C3x/%89/%E2%84/%FF'],
    ['longer than it need be', '/%C1%81/%E0%83%89'],
    ['half of a pair', '/%ED%A0%80'],
  ])('%s is no letter', (_what, text) => {
    expect(otherCases(canonicalPath(text))).toEqual([]);
  });

  test('every letter of the plane is what Unicode says of it alone', () => {
    let cased = 0;
    for (let code = 0x80; code < 0x10000; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const text = path(`/a${String.fromCharCode(code)}b`);
      const others = otherCases(text);
      if (others.length > 0) cased += 1;
      expect([text, ...others]).toEqual([...inAllCases(text)]);
    }
    expect(cased).toBeGreaterThan(2000);
  });

  test('any path is what it is letter by letter', () => {
    const bytes = fc.array(
      fc.constantFrom(
        '/',
        'a',
        'É',
        'é',
        'ς',
        '\u0130',
        '图',
        '%c3',
        '%C3',
        '%89',
        '%e2',
        '%84',
        '%aa',
        '%25',
        '%41',
        '\u{10400}',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(bytes, (parts) => {
        const text = canonicalPath(`/${parts.map((part) => (part.startsWith('%') ? part : encodeURI(part))).join('')}`);
        expect([text, ...otherCases(text)]).toEqual([...inAllCases(text)]);
      }),
      { numRuns: 2000 },
    );
  });
});
