/** Which names are those of programs, and what stands behind them. */
import { describe, expect, test } from '@jest/globals';
import { canonicalPath } from '../../src/url/path.ts';
import { isProgramPage, MAX_PAGES_BEFORE, pagesBefore } from '../../src/url/program-pages.ts';

describe('the pages of programs that a path has text behind', () => {
  test.each([
    ['/page.php/x', ['/page.php']],
    ['/page.php/', ['/page.php']],
    ['/page.php', []],
    ['/a/page.php/x/y.html', ['/a/page.php']],
    ['/page.PHP/x', ['/page.PHP']],
    ['/a.cgi/b.pl/c.jsp/d.asp', ['/a.cgi', '/a.cgi/b.pl', '/a.cgi/b.pl/c.jsp']],
    ['/a.aspx/b.asp/', ['/a.aspx', '/a.aspx/b.asp']],
    ['/page.php2/x', []],
    ['/page.php2/x.PHP', ['/page.php']],
    ['/a/page.Php.html/b.cgi/x.php', ['/a/page.Php', '/a/page.Php.html/b.cgi']],
    ['/page.php/x.php', ['/page.php']],
    ['/page.cgi2/x.cgi', []],
    ['/page.phpx/x', []],
    ['/pagephp/x', []],
    ['/page.php.html/x', []],
    ['/page.html/x', []],
    ['/php/x', []],
  ])('%s: %j', (path, want) => {
    expect(pagesBefore(canonicalPath(path))).toEqual(want);
  });

  test('no more than are asked for, the shortest first', () => {
    const pages = pagesBefore(canonicalPath('/a.php'.repeat(100)));
    expect(pages).toEqual(Array.from({ length: MAX_PAGES_BEFORE }, (_, i) => '/a.php'.repeat(i + 1)));
  });

  test.each([
    ['/page.php', true],
    ['/a/Page.AspX', true],
    ['/page.php/', false],
    ['/page.php/x', false],
    ['/page.phps', false],
    ['/', false],
  ])('%s is the page of one: %s', (path, want) => {
    expect(isProgramPage(canonicalPath(path))).toBe(want);
  });
});
