/** Requirement 63 line by line: what is another tool's is refused under its name, and what is an address is an address. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { FOREIGN_FORMATS } from '../../../src/list/text/foreign-formats.ts';
import { parseTextList } from '../../../src/list/text/grammar.ts';
import type { LineOutcome } from '../../../src/list/text/grammar.ts';
import { testWithCorpus } from '../../support/corpora.ts';
import { FOREIGN_SAMPLES } from './foreign-samples.ts';

const parse = (text: string): LineOutcome[] => [
  ...parseTextList(Buffer.from(text.endsWith('\n') ? text : `${text}\n`), { list: 0, action: 'block' }),
];
const codes = (text: string): string[] =>
  parse(text).map((outcome) => (outcome.kind === 'error' ? outcome.diagnostic.code : outcome.kind));

describe('a line of another tool is refused under its name', () => {
  test.each(FOREIGN_SAMPLES)('$tool', ({ text, code }) => {
    const lines = text.split('\n').slice(0, -1);
    expect(codes(text).map((found, i) => [lines[i], found])).toEqual(lines.map((line) => [line, code]));
  });

  test('every format has a sample, and its words say what to write', () => {
    expect(new Set(FOREIGN_SAMPLES.map(({ code }) => code))).toEqual(new Set(Object.keys(FOREIGN_FORMATS)));
    for (const { text } of FOREIGN_SAMPLES) {
      for (const outcome of parse(text))
        expect(outcome.kind === 'error' && outcome.diagnostic.message).toMatch(/^this is .+, not an address; .+/);
    }
  });

  test('its words do not quote the line', () => {
    for (const { text } of FOREIGN_SAMPLES) expect(JSON.stringify(parse(text))).not.toMatch(/ads|tracker|banner/);
  });

  test.each([
    [
      '192.0.2.0/24',
      '1:1: this is a network (a list of IP addresses), not an address; networks cannot be listed, single addresses can; with the scheme http in front it is the page of that name',
    ],
    [
      '  192.0.2',
      '1:3: this is a network (a list of IP addresses), not an address; networks cannot be listed, single addresses can; write all four parts if an address is meant',
    ],
    [
      'host.example\\a',
      "1:13: this is a regular expression, not an address; nothing is searched for here: write hosts, 'NAME/DIRECTORY/*' or single addresses; write '/' if a path is meant",
    ],
    ['a+b.example', "1:2: '+' stands in no host name; percent-encode it if it is meant"],
    ['http://a=b.example/x', "1:9: '=' stands in no host name; percent-encode it if it is meant"],
    ['----', '1:1: a host name has a letter or a digit'],
  ])('%s', (line, want) => {
    const [outcome] = parse(line);
    expect(
      outcome?.kind === 'error' &&
        `${outcome.diagnostic.line}:${outcome.diagnostic.column}: ${outcome.diagnostic.message}`,
    ).toBe(want);
  });
});

describe("an address is nobody else's", () => {
  test.each([
    'http://host.example/a=b|c^d!e$f(g)h[i]{j};k,l~m+n&o\'p"q',
    'host.example/a=b|c^d!e$f(g)h[i]{j};k,l~m+n&o\'p"q',
    'host.example/^$',
    'host.example/a.*\\.gif$',
    'host.example/!important',
    'host.example/||x^',
    'host.example/x##y',
    'http://host.example##y',
    'host.example?a=/b/&c=||d^',
    'host.example/address=/ads.example/',
    'host.example/local-zone:',
    'host.example/x,y,2026-11-26',
    'http://192.0.2.7/24',
    '192.0.2.7/24?x',
    '192.0.2.7/24/',
    '192.0.2.7/33',
    '192.0.2.7:80/24',
    '192.0.2.7/*',
    '192.0.2.7/a',
    '192.0.2.7 count',
    '192.0.2.7 test # own',
    'http://3221225991/x',
    '0xC0000207',
    '3221225991/x',
    '[2001:db8::1]/129',
    'http://[2001:db8::1]/64',
    '[2001:db8::1]:8080/x',
    'host.example.',
    'a--b.example',
    '-a.example',
    'under_score.example',
    '_dmarc.host.example',
    '123.example',
    'a%3Db.example',
    'a%2Bb.example/x',
    'b\u00fccher.example',
    'localhost',
    'server',
    'zone',
    'address',
    'domain:8080',
    'host.example count',
    'host.example reason="ads, 0.0.0.0 CNAME . ||x^"',
    'http://host.example\\a',
    '# ||ads.example^',
    '## heading',
    '### ads-id',
    '',
  ])('%s', (line) => {
    expect(codes(`${line}\nlast.example\n`)).not.toContain('error');
    expect(parse(`${line}\n`).filter(({ kind }) => kind === 'error')).toEqual([]);
  });

  test('121,570 real names', () => {
    const names: unknown = createRequire(import.meta.url)('disposable-email-domains/index.json');
    expect(
      parse((Array.isArray(names) ? names.map(String) : []).join('\n')).filter(({ kind }) => kind === 'error'),
    ).toEqual([]);
  });

  /** 150 of them begin with a quotation mark that a table left behind. */
  testWithCorpus('47,955 real addresses, with and without their scheme', 'url/benign-urls.txt', (text) => {
    for (const list of [text, text.replaceAll(/^https?:\/\//gm, '')]) {
      const lines = list.split('\n');
      const taken = parse(list).flatMap((outcome, i) =>
        outcome.kind === 'error' && outcome.diagnostic.code.startsWith('foreign_') ? [lines[i]!] : [],
      );
      expect(taken.filter((line) => !line.startsWith('"'))).toEqual([]);
    }
  });
});

describe('any path', () => {
  test('is a path, whatever it looks like', () => {
    const sign = fc.constantFrom(
      '||',
      '^',
      '##',
      '@@',
      '=',
      '!',
      '$',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '\\.',
      ',',
      ';',
      '"',
      '.*',
      '/24',
      ':',
      '~',
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 8 }), fc.constantFrom('', 'http://'), (signs, scheme) => {
        const [outcome] = parse(`${scheme}host.example/x${signs.join('')}z`);
        if (outcome?.kind !== 'entry') throw new Error(JSON.stringify(outcome));
      }),
      { numRuns: 2000 },
    );
  });

  test('and any text gives an outcome', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'.:/=#^|[](){}"\\,;-*@! 09af\t%'), maxLength: 40 }), (text) => {
        expect(parse(text).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });
});

test('docs/list-format.md names every code, and its sample is refused under it', () => {
  const document = readFileSync(new URL('../../../docs/list-format.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| `(foreign_[a-z0-9_]+)` \| [^|]+ \| `([^`]+)` \|/gm)].map(
    ([, code, sample]) => ({ code, sample: sample!.replaceAll('\\|', '|') }),
  );
  expect(new Set(rows.map(({ code }) => code))).toEqual(new Set(Object.keys(FOREIGN_FORMATS)));
  for (const { code, sample } of rows) expect([sample, ...codes(sample)]).toEqual([sample, code]);
});
