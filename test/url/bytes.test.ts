import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeFully, decodeOnce } from '../../src/url/bytes.ts';
import { byteString, escapeRich } from './arbitraries.ts';

/** What Safe Browsing describes: whole passes until nothing changes. */
function inPasses(text: string, keep: number): string {
  const next = text.replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const byte = Number.parseInt(hex, 16);
    return byte === keep ? escape : String.fromCharCode(byte);
  });
  return next === text ? text : inPasses(next, keep);
}

describe('decodeFully', () => {
  test.each([
    ['plain', 'plain'],
    ['%41', 'A'],
    ['%2541', 'A'],
    ['%25252541', 'A'],
    ['%%341', 'A'],
    ['%4%31', 'A'],
    ['%', '%'],
    ['%4', '%4'],
    ['%zz', '%zz'],
    ['%25zz', '%zz'],
    ['%00%ff', '\u0000\u00ff'],
  ])('%j is %j', (input, want) => {
    expect(decodeFully(input)).toBe(want);
  });

  test('a kept byte stays escaped however often it was escaped', () => {
    expect(decodeFully('%3F%253f%%33F', 0x3f)).toBe('%3F%3f%3F');
  });

  test('is what repeated passes give', () => {
    fc.assert(
      fc.property(fc.oneof(escapeRich, byteString), fc.constantFrom(-1, 0x3f), (text, keep) => {
        expect(decodeFully(text, keep)).toBe(inPasses(text, keep));
      }),
      { numRuns: 2000 },
    );
  });

  test('is linear on escapes of escapes', () => {
    expect(decodeFully(`%${'25'.repeat(500_000)}41`)).toBe('A');
  });
});

describe('decodeOnce', () => {
  test.each([
    ['', ''],
    ['plain', 'plain'],
    ['%41%2541', 'A%41'],
    ['%00%ff', '\u0000\u00ff'],
    ['%4%31%', '%41%'],
    ['%3f%3F', '%3f%3F'],
    ['a%20', 'a '],
  ])('%j is %j, each escape once from the left, but for the byte that is kept', (input, want) => {
    expect(decodeOnce(input, 0x3f)).toBe(want);
  });
});
