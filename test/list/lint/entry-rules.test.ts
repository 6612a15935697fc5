/** What an entry says that its author may not mean: rule by rule, with a line that has it and one beside it that has not. */
import { describe, expect, test } from '@jest/globals';
import { entryErrors, entryMessages } from '../../../src/list/lint/entry-rules.ts';
import type { EntryTerms } from '../../../src/list/lint/entry-rules.ts';
import { NO_PROTECTED_HOSTS, ProtectedHosts } from '../../../src/list/sanity/protected-hosts.ts';
import { entryOfLine } from '../../../src/publish/entry-line.ts';
import { canonicalHost } from '../../../src/url/host.ts';

const TERMS: EntryTerms = { action: 'block', suffixes: 'refuse', protectedHosts: NO_PROTECTED_HOSTS };

const found = (line: string, terms = TERMS): readonly string[] =>
  entryMessages(entryOfLine(line)!, line.split(' ', 1)[0]!, terms)
    .filter(({ rule }) => rule !== 'not-on-https')
    .map(({ severity, rule }) => `${severity} ${rule}`);

test.each([
  ['a.example', []],
  ['http://a.example/page', []],
  ['co.uk', ['error public-suffix']],
  ['*.github.io', ['error public-suffix']],
  ['intranet', ['warning single-label']],
  ['*.amazonaws.com', ['warning above-suffixes']],
  ['amazonaws.com', []],
  ['192.0.2.1', ['warning ip-literal']],
  ['[2001:db8::1]', ['warning ip-literal']],
  ['192.0.2.1.example', []],
  ['http://a.example:443/page', ['error never-matches']],
  ['a.example:443', []],
  ['http://a.example:8443/page', []],
  ['http://a.example', ['warning root-page-only']],
  ['http://a.example/', []],
  ['http://a.example/page#part', ['warning fragment']],
  ['http://a.example/page', []],
  ['http://a.example/*/b', ['warning literal-star']],
  ['http://a.example/a*', ['warning literal-star']],
  ['http://a.example/dir/*', []],
  ['http://a.example/page?*', []],
  ['http://a.example/a%3Fb', ['warning escaped-question-mark']],
  ['http://a.example/a%3fb', ['warning escaped-question-mark']],
  ['http://a.example/a?b%3F', []],
  ['http://a.example/a;v=1 fold=params', ['warning dropped-parameter']],
  ['http://a.example/a;v=1', []],
  ['http://a.example/a?v;1 fold=params', []],
  ['http://a.example/page dns', ['warning no-effect']],
  ['a.example:8080 dns', ['warning no-effect']],
  ['192.0.2.1 dns', ['warning ip-literal', 'warning no-effect']],
  ['a.example dns', []],
  // An entry for `/page` covers both, this one does not.
  ['http://a.example/index.php/page', ['note behind-script']],
  ['http://a.example/page.php', ['note text-behind']],
  ['http://a.example/cgi-bin/Page.CGI?*', ['note text-behind']],
  ['http://a.example/page.aspx?id=5', ['note text-behind']],
  ['http://a.example/page.aspx?id=5 fold=info', []],
  ['http://a.example/page.php fold=case', ['note text-behind']],
  ['http://a.example/page.php/*', []],
  ['http://a.example/index.php', []],
  ['http://a.example/page.phpx', []],
  ['a.example/app/index.php/dir/*', ['note behind-script']],
  ['http://a.example/index.phppage?*', ['note behind-script']],
  ['http://a.example/index.php', []],
  ['http://a.example/index.php?page=1', []],
  ['a.example/index.php/*', []],
  ['a.example/index.htm/page', []],
] as const)('%s: %j', (line, want) => {
  expect(found(line)).toEqual(want);
});

test('a path is never enforced over HTTPS: a note, and a warning where the line says https', () => {
  const told = (line: string) =>
    entryMessages(entryOfLine(line)!, line, TERMS).map(({ severity, rule }) => `${severity} ${rule}`);
  expect(told('http://a.example/page')).toEqual(['note not-on-https']);
  expect(told('HTTPS://a.example/page')).toEqual(['warning not-on-https']);
  expect(told('a.example')).toEqual([]);
});

describe('what a configuration decides', () => {
  const bank = { host: canonicalHost('bank.example')!, where: 'line 3 of own.txt' };
  const protectedHosts = new ProtectedHosts([Object.assign({}, bank) as never]);

  test('suffixes that a list may have are a warning', () => {
    expect(found('co.uk', { ...TERMS, suffixes: 'warn' })).toEqual(['warning public-suffix']);
  });

  test.each([
    ['bank.example', ['error protected-host']],
    ['*.bank.example', ['error protected-host']],
    ['bank.example:8443', ['error protected-host']],
    ['*.example', ['warning single-label', 'error protected-host']],
    ['www.bank.example', []],
    ['http://bank.example/page', []],
  ] as const)('%s: %j', (line, want) => {
    expect(found(line, { ...TERMS, protectedHosts })).toEqual(want);
  });

  test('errors alone are the same errors', () => {
    const terms = { ...TERMS, protectedHosts };
    for (const line of [
      'co.uk',
      'bank.example',
      'http://a.example:443/page',
      '192.0.2.1',
      'http://a.example',
      'a.example',
    ]) {
      const entry = entryOfLine(line)!;
      expect(entryErrors(entry, line, terms)).toEqual(
        entryMessages(entry, line, terms).filter(({ severity }) => severity === 'error'),
      );
    }
  });
});

test('a fold is not proposed for an exception, which may have none', () => {
  expect(found('http://a.example/page.php', { ...TERMS, action: 'allow' })).toEqual([]);
});
