import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseLanguage, wantsHtml } from '../../src/block/negotiate.ts';

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
    { field: 'fr ; q=1.000 , en;q=0.999', want: 'fr' },
    { field: 'en;q=0.4, fr-CA;q=0.3, fr;q=0.5', want: 'fr' },
    { field: 'fr;q=2, en', want: 'en' },
    { field: 'fr;q=0.1234, en', want: 'en' },
    { field: 'fr;q=-1', want: 'en' },
    { field: 'frr', want: 'en' },
    { field: 'x'.repeat(2_000) + ',fr', want: 'en' },
    { field: `${'de,'.repeat(40)}fr`, want: 'en' },
  ])('$field: $want', ({ field, want }) => {
    expect(chooseLanguage(field)).toBe(want);
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
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('en', 'fr', '*', '-', ',', ';', 'q=', '0', '1', '.', '/', 'text/html', ' ', '\u0000', '"'),
    }),
  );
  fc.assert(
    fc.property(fields, (field) => {
      expect(['en', 'fr']).toContain(chooseLanguage(field));
      expect([true, false]).toContain(wantsHtml(field));
    }),
  );
});
