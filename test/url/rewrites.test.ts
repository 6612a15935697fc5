import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  withLettersFirst,
  withManyDotsAsOne,
  withoutBlankEnd,
  withoutBreaks,
  withoutCutEnd,
  withoutScript,
  withoutStrays,
  withoutUtf16Escapes,
  withPercents,
} from '../../src/url/rewrites.ts';

/** Few characters, so that every text is full of what is looked for. */
const text = fc
  .array(
    fc.constantFrom(
      ...'%%%/\\.025fFaADu',
      '%u',
      '%uD83D',
      '%ude00',
      '%u00e9',
      '%25',
      '%00',
      '%0a',
      '%0D',
      '%1f',
      '%20',
      '%2E',
      '%2f',
      '%5C',
      '...',
      '/.../',
      '/%2e..',
      '\\.%2E.%2f',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** Each rewriting as an expression says it. */
const EXPRESSIONS: Readonly<Record<string, readonly [(raw: string) => string, (raw: string) => string]>> = {
  withPercents: [withPercents, (raw) => raw.replaceAll('%25', '%')],
  withoutCutEnd: [withoutCutEnd, (raw) => raw.replace(/%00.*$|%[0-9a-f]?$/is, '')],
  withManyDotsAsOne: [
    withManyDotsAsOne,
    (raw) => raw.replaceAll(/(?<=[/\\]|%2f|%5c)(?:\.|%2e){3,}(?=[/\\]|%2f|%5c|$)/gi, '.'),
  ],
  withoutBlankEnd: [withoutBlankEnd, (raw) => raw.replace(/(?:%(?!00)[01][0-9a-f]|%20)+$/i, '')],
  withoutBreaks: [withoutBreaks, (raw) => raw.replaceAll(/%0[9ad]/gi, '')],
  withoutUtf16Escapes: [
    withoutUtf16Escapes,
    (raw) =>
      raw.replaceAll(/(?:%u[0-9a-fA-F]{4})+/g, (run) => {
        const units = run.split('%u').slice(1);
        const bytes = Buffer.from(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))), 'utf8');
        return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
      }),
  ],
};

describe('rewrites', () => {
  test.each(Object.entries(EXPRESSIONS))('%s is what the expression gives', (_name, [rewritten, expression]) => {
    let changed = 0;
    fc.assert(
      fc.property(text, (raw) => {
        const made = rewritten(raw);
        if (made !== raw) changed += 1;
        expect(made).toBe(expression(raw));
      }),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(50);
  });

  test.each([
    ['/..%%32f', '/..%2f'],
    ['/%41%42', '/%41%42'],
    ['/%2%66%41', '/%2fA'],
  ])('of %s, letters first are %s', (raw, made) => {
    expect(withLettersFirst(raw)).toBe(made);
  });

  // The last and first of each length, a pair at both of its ends, two second halves, and a first half before what is behind the last second one.
  test.each([
    ['%u007F%u0080%u07FF%u0800', '%7F%C2%80%DF%BF%E0%A0%80'],
    ['%uD800%uDC00', '%F0%90%80%80'],
    ['%uDBFF%uDFFF', '%F4%8F%BF%BF'],
    ['%uDC00%uDC00', '%EF%BF%BD%EF%BF%BD'],
    ['%uD800%uE000', '%EF%BF%BD%EE%80%80'],
  ])('of %s, without escapes of UTF-16 there is %s', (raw, made) => {
    expect(withoutUtf16Escapes(raw)).toBe(made);
  });

  test.each([
    ['/index.php/page', '/page'],
    ['/app/index.php//page', '/app//page'],
    ['/%2findex%2Ephp%2fpage/index.php/', '/%2fpage/index.php/'],
    ['/index.php', '/index.php'],
    ['/index.phpx/', '/x/'],
    ['/index.php%70age', '/%70age'],
    [String.raw`/index.php\page`, String.raw`/\page`],
    ['/INDEX.PHP/', '/INDEX.PHP/'],
    ['/%2569ndex.php/', '/%2569ndex.php/'],
  ])('of %s, without the script there is %s', (raw, made) => {
    expect(withoutScript(raw)).toBe(made);
  });

  test.each([
    ['/%25', '/'],
    ['/%25%25page', '/%page'],
    ['/%254%2f', '/'],
    ['/%2541', '/%2541'],
    ['/%25zz%3f', '/zz%3f'],
  ])('of %s, without strays there is %s', (raw, made) => {
    expect(withoutStrays(raw)).toBe(made);
  });
});
