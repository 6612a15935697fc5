import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseLanguage, remembering, wantsHtml } from '../../src/block/negotiate.ts';
import { anyCharacter } from '../support/any-character.ts';

const TAGS = ['en', 'fr'];

describe('Accept-Language', () => {
  test.each([
    { field: null, want: 'en' },
    { field: '', want: 'en' },
    { field: 'fr', want: 'fr' },
    { field: 'FR', want: 'fr' },
    { field: 'fr-CA', want: 'fr' },
    { field: 'fr-CA,fr;q=0.9,en;q=0.8', want: 'fr' },
    { field: 'en-CA,en;q=0.9,fr-CA;q=0.8', want: 'en' },
    { field: 'en;q=0.8, fr;q=0.9', want: 'fr' },
    { field: 'fr;q=0.8, en;q=0.9', want: 'en' },
    { field: 'fr, en', want: 'fr' },
    { field: 'en, fr', want: 'en' },
    { field: 'de, fr;q=0.1', want: 'fr' },
    { field: 'de', want: 'en' },
    { field: '*', want: 'en' },
    { field: '*, en;q=0.5', want: 'fr' },
    { field: 'fr;q=0, *', want: 'en' },
    { field: 'en;q=0', want: 'fr' },
    { field: 'fr;q=0', want: 'en' },
    { field: 'en;q=0, fr;q=0', want: 'en' },
    // Was a fault: en-GB that is not wanted ruled out en.
    { field: 'en-GB;q=0', want: 'en' },
    { field: 'en-GB;q=0, *;q=0.5', want: 'en' },
    { field: 'en-GB;q=0, de;q=0.5', want: 'en' },
    { field: 'fr-CA, fr;q=0', want: 'en' },
    { field: 'fr ; q=1.000 , en;q=0.999', want: 'fr' },
    { field: 'en;q=0.4, fr-CA;q=0.3, fr;q=0.5', want: 'fr' },
    { field: 'fr;q=2, en', want: 'en' },
    { field: 'fr;q=0.1234, en', want: 'en' },
    { field: 'fr;q=-1', want: 'en' },
    { field: 'frr', want: 'en' },
    { field: 'x'.repeat(2_000) + ',fr', want: 'en' },
    { field: `${'de,'.repeat(40)}fr`, want: 'en' },
  ])('$field: $want', ({ field, want }) => {
    expect(TAGS[chooseLanguage(TAGS, field)]).toBe(want);
  });
});

describe('Accept-Language, with regions and scripts', () => {
  const many = ['fr', 'en', 'pt-BR', 'zh-Hant', 'zh-Hans', 'de-CH', 'de', 'ar'];
  test.each([
    { field: null, want: 'fr', because: 'the first is for clients that ask for none' },
    { field: 'pt-BR', want: 'pt-BR', because: 'exact' },
    { field: 'PT-br', want: 'pt-BR', because: 'case does not matter' },
    { field: 'pt, en;q=0.9', want: 'pt-BR', because: 'a range takes what it begins' },
    { field: 'pt-PT, en;q=0.9', want: 'en', because: 'another region is not taken for it' },
    { field: 'pt-PT', want: 'fr', because: 'nothing is found' },
    { field: 'zh-Hant-TW', want: 'zh-Hant', because: 'cut from the end' },
    { field: 'zh-Hans-CN-x-private', want: 'zh-Hans', because: 'a single letter goes with what follows it' },
    { field: 'de-CH-1996', want: 'de-CH', because: 'the longest that there is' },
    { field: 'de-AT', want: 'de', because: 'and no sibling' },
    { field: 'ar-EG, fr;q=0.1', want: 'ar', because: 'by weight' },
    { field: 'en;q=0.5, ar;q=0.7, *;q=0.9', want: 'fr', because: '* is the first that nobody names' },
    { field: 'fr;q=0', want: 'en', because: 'ruled out' },
    { field: 'fr-CA;q=0', want: 'fr', because: 'another one is' },
    { field: 'pt, pt;q=0.5, en;q=0.1', want: 'pt-BR', because: 'nothing is ruled out' },
    { field: 'zh;q=0, zh-Hans;q=0.5', want: 'zh-Hans', because: 'the longest that matches counts' },
    { field: 'zh;q=0, zh;q=0, zh-Hant;q=0, *', want: 'fr', because: 'all that it begins is ruled out' },
    { field: 'a'.repeat(999), want: 'fr', because: 'no language' },
    { field: '-'.repeat(999), want: 'fr', because: 'no range' },
  ])('$field: $want ($because)', ({ field, want }) => {
    expect(many[chooseLanguage(many, field)]).toBe(want);
  });

  test('one language is the answer to everything', () => {
    expect(chooseLanguage(['iu'], 'fr, en;q=0.5')).toBe(0);
    expect(chooseLanguage(['iu'], 'iu;q=0')).toBe(0);
  });
});

describe('Accept', () => {
  test.each([
    { name: 'none', field: null, want: false },
    { name: 'curl', field: '*/*', want: false },
    {
      name: 'Chromium, a page',
      field:
        'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
      want: true,
    },
    { name: 'Firefox, a page', field: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', want: true },
    { name: 'an image', field: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', want: false },
    { name: 'a script', field: '*/*;q=0.1', want: false },
    { name: 'json', field: 'application/json', want: false },
    { name: 'lynx', field: 'text/html, text/plain, text/sgml;q=0.9, */*;q=0.01', want: true },
    { name: 'text preferred', field: 'text/html;q=0.5, text/plain', want: false },
    { name: 'HTML ruled out', field: 'text/html;q=0, */*', want: false },
    { name: 'upper case', field: 'TEXT/HTML', want: true },
    { name: 'XHTML only', field: 'application/xhtml+xml', want: true },
    { name: 'broken weight', field: 'text/html;q=high', want: false },
  ])('$name: $want', ({ field, want }) => {
    expect(wantsHtml(field)).toBe(want);
  });
});

test('both are total on any bytes', () => {
  const fields = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.string({
      unit: fc.constantFrom('en', 'fr', '*', '-', ',', ';', 'q=', '0', '1', '.', '/', 'text/html', ' ', '\u0000', '"'),
    }),
  );
  fc.assert(
    fc.property(fields, (field) => {
      expect([0, 1]).toContain(chooseLanguage(TAGS, field));
      expect([true, false]).toContain(wantsHtml(field));
    }),
  );
});

describe('bounds', () => {
  const choose = (field: string): string | undefined => TAGS[chooseLanguage(TAGS, field)];

  test('a field of so many characters is read, one of one more is as none', () => {
    const field = (length: number): string => `fr${' '.repeat(length - 2)}`;
    expect([choose(field(1000)), choose(field(1001))]).toEqual(['fr', 'en']);
    const html = (length: number): string => `text/html${' '.repeat(length - 'text/html'.length)}`;
    expect([wantsHtml(html(1000)), wantsHtml(html(1001))]).toEqual([true, false]);
    const remembered = remembering((field) => (field === null ? 0 : 1));
    expect([remembered(field(1000)), remembered(field(1001))]).toEqual([1, 0]);
  });

  test('of the items so many are looked at', () => {
    expect([choose(`${'de,'.repeat(31)}fr`), choose(`${'de,'.repeat(32)}fr`)]).toEqual(['fr', 'en']);
  });

  test('a range is no longer than a tag', () => {
    const range = (length: number): string => `fr-${'abcdefgh-'.repeat(9).slice(0, length - 3)}`;
    expect([choose(range(35)), choose(range(36))]).toEqual(['fr', 'en']);
  });
});
