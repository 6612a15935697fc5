/** What lint says of a line, alone and beside others. */
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { listEntries, utcDay } from '../../../src/list/text/compile.ts';
import { lintList } from '../../../src/list/lint/lint-list.ts';
import { LINT_RULES } from '../../../src/list/lint/lint-diagnostic.ts';
import type { LintDiagnostic } from '../../../src/list/lint/lint-diagnostic.ts';
import { ProtectedHosts } from '../../../src/list/sanity/protected-hosts.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { buildSegment, openSnapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { testKeys } from '../../match/support.ts';

const TODAY = utcDay(Date.UTC(2026, 10, 24));

function lint(text: string, action: ListAction = 'block'): LintDiagnostic[] {
  return [...lintList(Buffer.from(text.endsWith('\n') ? text : `${text}\n`), { action, today: TODAY })];
}

/** `line:rule` or `line:rule>other`, notes on paths behind TLS left out. */
function rules(text: string): string[] {
  return lint(text)
    .filter(({ severity }) => severity !== 'note')
    .map(({ line, rule, otherLine }) => `${line}:${rule}${otherLine === null ? '' : `>${otherLine}`}`);
}

describe('one line alone', () => {
  test.each([
    { text: 'host.example', want: [] },
    { text: 'host.example/a', want: [] },
    { text: 'com', want: ['1:public-suffix'] },
    { text: '*.co.uk', want: ['1:public-suffix'] },
    { text: 'github.io', want: ['1:public-suffix'] },
    { text: 'GitHub.IO.', want: ['1:public-suffix'] },
    { text: '*.github.io/dir/*', want: ['1:public-suffix'] },
    { text: 'github.io/dir/*', want: [] },
    { text: 'user.github.io', want: [] },
    { text: 'xn--p1ai', want: ['1:public-suffix'] },
    { text: '*.amazonaws.com', want: ['1:above-suffixes'] },
    { text: '*.amazonaws.com/dir/*', want: ['1:above-suffixes'] },
    { text: 'amazonaws.com', want: [] },
    { text: 'localhost', want: ['1:single-label'] },
    { text: 'localhost/x', want: [] },
    { text: '192.0.2.1', want: ['1:ip-literal'] },
    { text: '0xC0000201/x', want: ['1:ip-literal'] },
    { text: '[2001:db8::1]:8080', want: ['1:ip-literal'] },
    { text: 'host.example:443', want: [] },
    { text: 'host.example:443/x', want: ['1:never-matches'] },
    { text: 'https://host.example/x', want: ['1:not-on-https'] },
    { text: 'https://host.example', want: ['1:not-on-https', '1:root-page-only'] },
    { text: 'http://host.example', want: ['1:root-page-only'] },
    { text: 'http://host.example/', want: [] },
    { text: 'host.example/x#top', want: ['1:fragment'] },
    { text: 'host.example/a*', want: ['1:literal-star'] },
    { text: 'host.example/a*/b/*', want: ['1:literal-star'] },
    { text: '*.host.example/a/*', want: [] },
    { text: 'http://*.host.example/a?*', want: [] },
    { text: 'host.example/a%3Fb=1', want: ['1:escaped-question-mark'] },
    { text: 'host.example/a?b=%3F', want: [] },
    { text: 'host.example/a//../b', want: ['1:browser-form'] },
    { text: 'http://host.example/a//%2e%2e/b', want: ['1:browser-form'] },
    { text: 'host.example/a\\\\..\\b', want: ['1:browser-form'] },
    { text: 'host.example/a//../b/*', want: ['1:browser-form'] },
    { text: '*.host.example/a//../b?*', want: ['1:browser-form'] },
    { text: 'host.example/a/../b', want: [] },
    { text: 'host.example/a/./b//c', want: [] },
    { text: 'host.example/a%2f..%2fb', want: [] },
    { text: 'host.example/%252e%252e/b', want: [] },
    { text: 'host.example/ü/../b', want: [] },
    { text: 'host.example/a?x=//../b', want: [] },
    { text: 'host.example/a/../*', want: [] },
    { text: 'host.example/a/../*?x', want: ['1:literal-star'] },
    { text: 'host.example?*', want: [] },
    { text: 'host.example/a;b fold=params', want: ['1:dropped-parameter'] },
    { text: 'host.example/a?b;c fold=params', want: [] },
    { text: 'host.example/a;b fold=case', want: [] },
    { text: 'host.example dns', want: [] },
    { text: 'host.example/x dns', want: ['1:no-effect'] },
    { text: 'host.example:8080 dns', want: ['1:no-effect'] },
    { text: '192.0.2.1 dns', want: ['1:ip-literal', '1:no-effect'] },
    { text: 'host.example expires=2026-11-23', want: ['1:expired'] },
    { text: 'host.example expires=2026-11-24', want: [] },
    { text: '*', want: ['1:bad-line'] },
  ])('$text', ({ text, want }) => {
    expect(rules(text)).toEqual(want);
  });

  test('a path is noted as not enforceable over HTTPS, a whole host is not', () => {
    expect(lint('host.example\n  host.example:8080/x\n')[0]).toMatchObject({
      line: 2,
      column: 3,
      severity: 'note',
      rule: 'not-on-https',
    });
    expect(lint('a.example/x\n').map(({ rule }) => rule)).toEqual(['not-on-https']);
  });

  test('severities: what must not go live is an error', () => {
    const severity = (text: string): string | undefined => lint(text)[0]?.severity;
    expect(['*', 'co.uk', 'host.example:443/x', 'localhost', '192.0.2.1', 'a.example/x'].map(severity)).toEqual([
      'error',
      'error',
      'error',
      'warning',
      'warning',
      'note',
    ]);
  });

  test.each([
    { text: 'host.example/a//../b', difference: 'whose path has 2 segments and not 1' },
    { text: 'host.example/a//.. fold=slash', difference: 'whose path has as many segments (1) and is another one' },
  ])('what a browser asks for in place of $text is told without a path', ({ text, difference }) => {
    expect(lint(text)[0]).toMatchObject({ message: expect.stringContaining(`another address, ${difference}: it`) });
  });

  test('columns are those of the address', () => {
    expect(lint('# x\n\t co.uk\n')[0]).toMatchObject({ line: 2, column: 3 });
  });

  test('an allow list is held to its own grammar', () => {
    expect(lint('host.example\n', 'allow')[0]).toMatchObject({ severity: 'error', rule: 'bad-line' });
  });
});

describe('what all lines have in common', () => {
  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');

  test.each([
    { name: 'hosts alone', text: lines(10, (i) => `h${i}.example`), want: ['1:hosts-alone'] },
    { name: 'too few to tell', text: lines(9, (i) => `h${i}.example`), want: [] },
    { name: 'one of them with subdomains', text: `${lines(10, (i) => `h${i}.example`)}\n*.x.example`, want: [] },
    { name: 'pages that look like directories', text: lines(10, (i) => `h${i}.example/x`), want: ['1:pages-alone'] },
    { name: 'pages with a scheme', text: lines(10, (i) => `http://h${i}.example/x`), want: [] },
    {
      name: 'pages of which one is a file',
      text: `${lines(10, (i) => `h${i}.example/x`)}\nx.example/a.html`,
      want: [],
    },
    { name: 'pages of which one has a query', text: `${lines(10, (i) => `h${i}.example/x`)}\nx.example/a?b`, want: [] },
    { name: 'root pages', text: lines(10, (i) => `h${i}.example/`), want: [] },
    { name: 'pages and a directory', text: `${lines(10, (i) => `h${i}.example/x`)}\nx.example/dir/*`, want: [] },
    {
      name: 'a table with the address first',
      text: lines(10, (i) => `http://h${i}.example/x,ads,2026-11-26`),
      want: ['1:table'],
    },
    {
      name: 'commas in some',
      text: `${lines(10, (i) => `http://h${i}.example/x,y.html`)}\nx.example/a.html`,
      want: [],
    },
    { name: 'hosts and pages', text: `${lines(10, (i) => `h${i}.example`)}\nx.example/a`, want: [] },
    { name: 'hosts on a port', text: lines(10, (i) => `h${i}.example:8080`), want: [] },
  ])('$name', ({ text, want }) => {
    expect(rules(text)).toEqual(want);
  });

  test('a line of another tool has its code', () => {
    expect(lint('||ads.example^\nhost.example cuont\nhost.example\n').map(({ rule, code }) => [rule, code])).toEqual([
      ['foreign-line', 'foreign_adblock'],
      ['bad-line', 'mistyped_attribute'],
    ]);
  });
});

describe('lines beside others', () => {
  test.each([
    {
      name: 'the same key spelled differently',
      text: 'http://host.example/a/b\nHTTP://Host.Example./a/./%62',
      want: ['2:duplicate>1'],
    },
    {
      name: 'three times: the first is named',
      text: 'a.example\na.example.\nA.example',
      want: ['2:duplicate>1', '3:duplicate>1'],
    },
    { name: 'same address, other port', text: 'a.example:80\na.example:81', want: [] },
    { name: 'same address, any port beside one port', text: 'a.example:80\na.example', want: ['1:covered>2'] },
    { name: 'a path under a whole host', text: 'a.example/x\na.example', want: ['1:covered>2'] },
    { name: 'a path under a parent with subdomains', text: '*.example.net\na.b.example.net/x', want: ['2:covered>1'] },
    { name: 'a parent without subdomains', text: 'example.net\na.example.net', want: [] },
    { name: 'a host under itself with subdomains', text: 'example.net\n*.example.net', want: ['1:covered>2'] },
    { name: 'subdomains under a parent', text: '*.a.example.net\n*.example.net', want: ['1:covered>2'] },
    {
      name: 'a page below a directory',
      text: 'a.example/d/*\na.example/d/e/f?x\na.example/d/\na.example/d',
      want: ['2:covered>1', '3:covered>1'],
    },
    {
      name: 'a directory below a directory',
      text: 'a.example/d/*\na.example/d/e/*\na.example/*',
      want: ['1:covered>3', '2:covered>3'],
    },
    {
      name: 'a URL under its page',
      text: 'a.example/p?*\na.example/p?x=1\na.example/p',
      want: ['2:covered>1', '3:covered>1'],
    },
    { name: 'a page under its URL', text: 'a.example/p\na.example/p?*', want: ['1:covered>2'] },
    {
      name: 'a subdomain under a directory of its parent',
      text: '*.a.example/d/*\nb.a.example/d/e',
      want: ['2:covered>1'],
    },
    { name: 'subdomains under an exact host', text: 'a.example/d/*\n*.a.example/d/e', want: [] },
    { name: 'a cover that ends sooner', text: 'a.example expires=2027-01-01\na.example/x', want: [] },
    {
      name: 'a cover that lasts as long',
      text: 'a.example expires=2027-01-01\na.example/x expires=2027-01-01',
      want: ['2:covered>1'],
    },
    { name: 'a cover that has ended', text: 'a.example expires=2020-01-01\na.example/x', want: ['1:expired'] },
    { name: 'a cover that only counts', text: 'a.example count\na.example/x', want: [] },
    {
      name: 'an entry that only counts, under one that blocks',
      text: 'a.example\na.example/x count',
      want: ['2:covered>1'],
    },
    {
      name: 'the same key under the same fold',
      text: 'a.example/P fold=case\na.example/p fold=case',
      want: ['2:duplicate>1'],
    },
    { name: 'the same text under another fold', text: 'a.example/p fold=case\na.example/p fold=params', want: [] },
    {
      name: 'without a fold, under one that folds',
      text: 'a.example/D/*  fold=case\na.example/d/x',
      want: ['2:covered>1'],
    },
    {
      name: 'text behind a page, where that does not count',
      text: 'a.example/p.php?* fold=info\na.example/p.php/x\na.example/p.php/*\na.example/p.phpx/x',
      want: ['2:covered>1', '3:covered>1'],
    },
    { name: 'with a fold, under one that does not', text: 'a.example/d/*\na.example/d/x fold=case', want: [] },
    { name: 'a parameter that the wider one drops', text: 'a.example/p?* fold=params\na.example/p;x', want: [] },
    {
      name: 'the name of a directory whose slash does not count',
      text: 'a.example/d/* fold=slash\na.example/d',
      want: ['2:covered>1'],
    },
    { name: 'an address is below no other', text: '*.example.net\n192.0.2.1', want: ['2:ip-literal'] },
    {
      name: 'an escaped star is no directory',
      text: 'a.example/x/*\na.example/y/%2A\na.example/y/*',
      want: ['2:covered>3'],
    },
  ])('$name', ({ text, want }) => {
    expect(rules(text)).toEqual(want);
  });

  test('duplicates with other attributes say so', () => {
    expect(lint('a.example\na.example count\n')[0]?.message).toBe(
      'the same address as line 1, with other attributes: the stricter of both holds',
    );
  });

  test('nothing quotes a line', () => {
    const text = 'secret.example\nsecret.example/hidden\nSECRET.example\n*.secret\nsec*ret\nsecret.example/hid*den\n';
    expect(JSON.stringify(lint(text))).not.toMatch(/secret|hidden/i);
  });
});

/** The judge is the truth: without a line that is covered or stands twice, every URL gets the same action. */
test('covered lines can be left out without changing any verdict', () => {
  const host = fc.constantFrom('a.example', 'b.a.example', 'c.b.a.example');
  const folds = fc.constantFrom(
    '',
    '',
    ' fold=case',
    ' fold=params',
    ' fold=slash',
    ' fold=case,slash',
    ' fold=case,params,slash',
  );
  const line = fc
    .tuple(
      fc.constantFrom('', '*.'),
      host,
      fc.constantFrom('', ':80', ':81'),
      fc.constantFrom('', '/', '/*', '/d/*', '/D/*', '/d/e/*', '/d/e', '/D/e', '/d/e;x', '/d/e?*', '/d/e?q', '/d/'),
      folds,
      fc.constantFrom('', ' count', ' expires=2026-11-25'),
    )
    .map(([star, name, port, path, fold, more]) => `${star}${name}${port}${path}${path === '' ? '' : fold}${more}`);
  const program = fc
    .tuple(
      host,
      fc.constantFrom('/p.php', '/P.php', '/p.php?*', '/p.php?q', '/p.php/e.php', '/p.php/e.php?q'),
      fc.constantFrom('', ' fold=info', ' fold=case,info', ' fold=slash,info', ' fold=params,info'),
    )
    .map((parts) => parts.join(''));
  const behind = host.map((name) => `${name}/p.php/*`);
  const urls = ['a.example', 'b.a.example', 'c.b.a.example', 'd.a.example'].flatMap((name) =>
    [
      '/',
      '/d',
      '/d/',
      '/d/e',
      '/d/e?q',
      '/d/e?r',
      '/d/e/f',
      '/D/',
      '/D/E',
      '/d/e;x',
      '/a;%2f../d/e',
      '/d/e%3bx',
      '/d/e;y/',
      '/d;x/E',
      '/p.php',
      '/p.php?q',
      '/P.php/x',
      '/p.php/x?q',
      '/p.php/e.php?q',
      '/p.php/e.php/',
    ].flatMap((target) =>
      [80, 81].flatMap((port) => [TODAY, TODAY + 2].map((today) => ({ name, target, port, today }))),
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(line, program, behind), { minLength: 2, maxLength: 6 }), (lines) => {
      const redundant = new Set(
        lint(lines.join('\n'))
          .filter(
            ({ rule, message }) =>
              rule === 'covered' || (rule === 'duplicate' && !message.includes('other attributes')),
          )
          .map((found) => found.line),
      );
      const [all, rest] = [lines, lines.filter((_, i) => !redundant.has(i + 1))].map((kept) =>
        judgeOf(kept.join('\n')),
      );
      for (const { name, target, port, today } of urls) {
        const [with_, without] = [all!, rest!].map(
          (judge) => judge.url(judge.matcher.lookup(name)!, target, { port, listMask: -1, today }).action,
        );
        if (with_ !== without)
          throw new Error(`${lines.join(' | ')}: ${name}:${port}${target} on ${today}: ${with_}, ${without}`);
      }
    }),
    { numRuns: 300 },
  );
});

function judgeOf(text: string): Judge {
  const images = [
    buildSegment(listEntries(Buffer.from(`${text}\n`), { list: 0, action: 'block', today: TODAY }), testKeys(1)),
  ];
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot(images));
  return new Judge(matcher, [{ action: 'block' }]);
}

test('121,570 real names: 26 of them are public suffixes', () => {
  const names: unknown = createRequire(import.meta.url)('disposable-email-domains/index.json');
  const found = lint((Array.isArray(names) ? names.map(String) : []).join('\n'));
  expect(found.filter(({ rule }) => rule === 'public-suffix')).toHaveLength(26);
  expect(found.filter(({ severity }) => severity === 'error')).toHaveLength(26);
});

test('every rule is there to be found', () => {
  const hosts = Array.from({ length: 10 }, (_, i) => `h${i}.example`);
  const text =
    '*\n.ads.example\nco.uk\n*.amazonaws.com\nlocalhost\na.example:443/x\nb.example expires=2001-01-01\nc.example/x\nc.example/x\n*.d.example\nd.example/x\nhttp://e.example\ne.example/y#z\ne.example/y*\ne.example/%3F\ne.example/z dns\ne.example/a//../b\n192.0.2.1\nf.example/a;b fold=params\nf.example/index.php/x\nf.example/page.php\n';
  const habits = [hosts, hosts.map((host) => `${host}/x`), hosts.map((host) => `http://${host}/x,ads`)].flatMap(
    (lines) => lint(lines.join('\n')),
  );
  // A resolver is asked for two of these (test/commands/list-lint.real.test.ts), for the third a list of hosts (below).
  const asked = new Set(['carries-mail', 'delegates', 'protected-host']);
  const inText = LINT_RULES.filter((rule) => !asked.has(rule));
  expect(new Set([...lint(text), ...habits].map(({ rule }) => rule))).toEqual(new Set(inText));
});

test('protected hosts may be on an allow list, and on no other', () => {
  const hosts = new ProtectedHosts([
    { host: canonicalHost('bank.example')!, where: 'line 1 of own.txt' },
    { host: canonicalHost('www.bank.example')!, where: 'line 2 of own.txt' },
  ]);
  const options = { today: TODAY, protectedHosts: hosts } as const;
  const text = Buffer.from('*.bank.example reason="x" expires=2099-01-01\n');
  expect([...lintList(text, { action: 'block', ...options })]).toEqual([
    {
      line: 1,
      column: 1,
      severity: 'error',
      rule: 'protected-host',
      code: null,
      otherLine: null,
      message:
        'covers 2 protected hosts: bank.example (line 1 of own.txt), www.bank.example (line 2 of own.txt), which no list should',
    },
  ]);
  expect([...lintList(text, { action: 'allow', ...options })]).toEqual([]);
});

test('what is told of the progress moves all the time, to the end', () => {
  const bytes = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `host${i}.example\n`).join(''));
  const told: number[] = [];
  const progress = (read: number): void => void told.push(read / bytes.length);
  expect([...lintList(bytes, { action: 'block', today: TODAY, progress })]).toHaveLength(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  const steps = told.map((share, i) => share - (told[i - 1] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(0.15);
  expect(told.at(-1)).toBeGreaterThan(0.9);
});
