/** Values of single fields: hosts, authentication that binds a connection, lists with a bound. */
import { describe, expect, test } from '@jest/globals';
import { isConnectionBound, offersConnectionBound } from '../../src/wire/bound-authentication.ts';
import { isValidHost } from '../../src/wire/host-field.ts';
import { listElements, MAX_LIST_ELEMENTS } from '../../src/wire/list-elements.ts';

/** With other bytes around it, which must not be looked at. */
function inside<T>(text: string, of: (buf: Buffer, start: number, end: number) => T): T {
  return of(Buffer.from(`],:${text}:9]n`, 'latin1'), 3, 3 + text.length);
}

describe('a Host field', () => {
  test.each([
    ['a.example', true],
    ['a.example:80', true],
    ['a.example:', true],
    ['a.example:65535', true],
    ['a.example:65536', false],
    ['a.example:x', false],
    ['[2001:db8::1]', true],
    ['[::ffff:192.0.2.1]:8080', true],
    ['[2001:db8::1', false],
    ['[]', false],
    ['[2001:db8::g]', false],
    ['[::1]x', false],
    ['', false],
    [':80', false],
    ['user@a.example', false],
    ['a.example,b.example', false],
    ['a b', false],
    ['a/b', false],
    ['%41.example', true],
  ])('%s: %s', (text, want) => {
    expect(inside(text, isValidHost)).toBe(want);
  });
});

describe('authentication of a connection', () => {
  test.each([
    ['NTLM TlRM', true],
    ['negotiate YII', true],
    ['Basic bnRsbQ==', false],
    ['Bearer ntlm', false],
    ['NTL', false],
  ])('credentials %s: %s', (text, want) => {
    expect(inside(text, isConnectionBound)).toBe(want);
  });

  test.each([
    ['NTLM', true],
    ['Basic realm="x", Negotiate', true],
    ['Basic realm="x"\tNTLM', true],
    ['Basic realm="ntlm"', false],
    ['Digest nonce=abc', false],
    ['', false],
  ])('challenges %s: %s', (text, want) => {
    expect(inside(text, offersConnectionBound)).toBe(want);
  });
});

test('elements of a list are counted as far as there is one too many', () => {
  const elements = (count: number): number => inside(','.repeat(count - 1), listElements);
  expect([elements(1), elements(2), elements(MAX_LIST_ELEMENTS), elements(MAX_LIST_ELEMENTS + 1)]).toEqual([
    1,
    2,
    MAX_LIST_ELEMENTS,
    MAX_LIST_ELEMENTS + 1,
  ]);
  expect(elements(10_000)).toBe(MAX_LIST_ELEMENTS + 1);
});

test('a long element of a list counts as several: the elements of a head have 8 KB', () => {
  const elements = (bytes: number): number => inside('a'.repeat(bytes), listElements);
  expect([0, 1, 64, 65, 8192, 8193, 120_000].map(elements)).toEqual([1, 1, 1, 2, 128, 129, 129]);
});
