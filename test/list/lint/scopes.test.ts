/** What entries cover as texts that can be compared, and what all entries of a list have in common. */
import { describe, expect, test } from '@jest/globals';
import { Habits } from '../../../src/list/lint/habits.ts';
import { containingPaths, parentNames, scopeKey, underFold } from '../../../src/list/lint/scopes.ts';
import type { PathOnHost } from '../../../src/list/lint/scopes.ts';
import { FOLD } from '../../../src/url/fold.ts';
import { entry } from '../../match/support.ts';

function pathOf(text: string): PathOnHost {
  const { path } = entry(`a.example${text}`);
  if (path.kind === 'host') throw new Error(`${text} is no path`);
  return path;
}

describe('scopes', () => {
  test.each([
    ['a.example', 0, 'a.example'],
    ['*.a.example', 0, '*.a.example'],
    ['a.example/x/*', 0, 'directory0 a.example/x/'],
    ['*.a.example/x?*', 1, 'page1 *.a.example/x'],
    ['a.example/x?q', 0, 'url0 a.example/x?q'],
    ['a.example/x', 0, 'url0 a.example/x'],
  ])('%s under fold %d', (text, fold, want) => {
    const { host, subdomains, path } = entry(text);
    expect(scopeKey({ host, subdomains }, path, fold)).toBe(want);
  });

  test('names above a host, the shortest first; above an address there are none', () => {
    expect([...parentNames('a.b.example')]).toEqual(['example', 'b.example']);
    expect([...parentNames('192.0.2.1')]).toEqual([]);
    expect([...parentNames('[2001:db8::1]')]).toEqual([]);
  });

  const containing = (text: string, fold = 0, hasDirectories = true): readonly string[] =>
    [...containingPaths(pathOf(text), fold, hasDirectories)].map(({ kind, path }) => `${kind} ${path}`);

  test.each([
    { text: '/a/b/page?*', want: ['directory /', 'directory /a/', 'directory /a/b/', 'page /a/b/page'] },
    { text: '/a/u?q', want: ['directory /', 'directory /a/', 'page /a/u', 'url /a/u'] },
    { text: '/a/b/*', want: ['directory /', 'directory /a/', 'directory /a/b/'] },
    { text: '/*', want: ['directory /'] },
  ])('that contain $text, the widest first', ({ text, want }) => {
    expect(containing(text)).toEqual(want);
  });

  test('without directories, and where a slash at the end does not count', () => {
    expect(containing('/a/u?q', 0, false)).toEqual(['page /a/u', 'url /a/u']);
    expect(containing('/a/u?q', FOLD.slash)).toEqual([
      'directory /',
      'directory /a/',
      'directory /a/u/',
      'page /a/u',
      'url /a/u',
    ]);
  });

  test('where text behind the page of a program does not count', () => {
    expect(containing('/a.php/u?q', FOLD.info, false)).toEqual([
      'page /a.php',
      'url /a.php',
      'page /a.php/u',
      'url /a.php/u',
    ]);
    expect(containing('/a.php/*', FOLD.info)).toEqual(['directory /', 'page /a.php', 'directory /a.php/']);
    expect(containing('/a.html/u', FOLD.info, false)).toEqual(['page /a.html/u', 'url /a.html/u']);
  });

  test('a path under a fold that does more', () => {
    expect(underFold(pathOf('/A/b?*'), FOLD.case).path).toBe('/a/b');
    expect(underFold(pathOf('/a;x/b?*'), FOLD.params).path).toBe('/a/b');
    // A directory keeps its slash.
    expect(underFold(pathOf('/A/*'), FOLD.case | FOLD.slash).path).toBe('/a/');
  });
});

describe('habits of a list', () => {
  const rulesOf = (count: number, line: (i: number) => readonly [text: string, address: string]): readonly string[] => {
    const habits = new Habits();
    for (let i = 0; i < count; i += 1) {
      const [text, address] = line(i);
      habits.add(entry(text), address);
    }
    return habits.messages().map(({ rule }) => rule);
  };

  test.each([
    { name: 'hosts alone', line: (i: number) => [`h${i}.example`, `h${i}.example`] as const, want: ['hosts-alone'] },
    {
      name: 'pages that look like directories',
      line: (i: number) => [`h${i}.example/dir`, `h${i}.example/dir`] as const,
      want: ['pages-alone'],
    },
    { name: 'a table', line: (i: number) => [`h${i}.example`, `h${i}.example,2026,x`] as const, want: ['table'] },
    { name: 'pages', line: (i: number) => [`h${i}.example/p.html`, `h${i}.example/p.html`] as const, want: [] },
    { name: 'with subdomains', line: (i: number) => [`*.h${i}.example`, `*.h${i}.example`] as const, want: [] },
  ])('$name, from ten entries on', ({ line, want }) => {
    expect(rulesOf(10, line)).toEqual(want);
    expect(rulesOf(9, line)).toEqual([]);
  });

  test('one entry of another kind, and there is none', () => {
    expect(rulesOf(11, (i) => [i === 7 ? '*.x.example' : `h${i}.example`, 'a'])).toEqual([]);
  });
});
