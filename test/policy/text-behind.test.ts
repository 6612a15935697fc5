/** `fold=info` (requirement 82): a page of a program with any text behind it is the page, and nothing beside it is. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../src/lib/types.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { FOLD } from '../../src/url/fold.ts';
import { entry, snapshotOf } from '../match/support.ts';
import { explainedBy } from '../verdict/support.ts';

const WHEN = { port: 80, listMask: -1, today: 20_000 };

interface Line {
  readonly text: string;
  readonly fold?: number;
  readonly list?: number;
}

/** List 0 blocks, list 1 allows. */
function judgeOf(...lines: readonly Line[]): Judge {
  const matcher = new Matcher({ cacheEntries: 10 });
  const entries = lines.map(({ text, fold = FOLD.info, list = 0 }, i) =>
    entry(text, { fold, list, id: BigInt(i + 1) }),
  );
  matcher.use(snapshotOf([entries]));
  const actions: readonly ListAction[] = ['block', 'allow'];
  return new Judge(
    matcher,
    actions.map((action) => ({ action })),
  );
}

function actionOf(judge: Judge, target: string): string {
  return judge.url(judge.matcher.lookup('host.example')!, target, WHEN).action;
}

describe('an entry for', () => {
  test.each([
    ...['/page.php', '/page.php/', '/page.php/x', '/page.php/x/y.html', '/page.php/a.php/b.cgi/x', '/page.php//x'].map(
      (target) => ({ text: '/page.php', target, want: 'block' }),
    ),
    // As servers read them, each in its reading.
    ...['/page.php%2Fx', '/%70age.php/x', '/d/../page.php/x', '/page.php/d/..', '/page.php/../x', '/page.php%00/x'].map(
      (target) => ({ text: '/page.php', target, want: 'block' }),
    ),
    ...['/page.php/x?id=5', '/page.php?x', '/page.php2/x', '/page.phpx', '/page.phpx/x', '/page.php.html/x'].map(
      (target) => ({ text: '/page.php', target, want: 'pass' }),
    ),
    ...['/dir/page.php', '/dir/page.php/x', '/xpage.php/x', '/Page.php/x', '/page.php5/page', '/x', '/'].map(
      (target) => ({ text: '/page.php', target, want: 'pass' }),
    ),
    { text: '/page.php?*', target: '/page.php/x?id=5', want: 'block' },
    { text: '/page.php?id=5', target: '/page.php/x?id=5', want: 'block' },
    { text: '/page.php?id=5', target: '/page.php/x?id=%35', want: 'block' },
    { text: '/page.php?id=5', target: '/page.php?id=5', want: 'block' },
    { text: '/page.php?id=5', target: '/page.php/x?id=6', want: 'pass' },
    { text: '/page.php?id=5', target: '/page.php/x', want: 'pass' },
    { text: '/page.php?id=5', target: '/page.php/x/id=5', want: 'pass' },
    { text: '/cgi-bin/page.cgi', target: '/cgi-bin/page.cgi/x', want: 'block' },
    { text: '/page.PL', target: '/page.PL/x', want: 'block' },
    { text: '/Page.aspx', fold: FOLD.info | FOLD.case, target: '/pAGE.ASPX/x', want: 'block' },
    { text: '/page.jsp', fold: FOLD.info | FOLD.params, target: '/page.jsp;a/x', want: 'block' },
    { text: '/page.jsp?a', fold: FOLD.info | FOLD.params, target: '/page.jsp/x;a', want: 'block' },
    { text: '/page.php/', fold: FOLD.info | FOLD.slash, target: '/page.php/x/', want: 'block' },
    { text: '/page.php', fold: 0, target: '/page.php/x', want: 'pass' },
  ])('$text, fold $fold: $target', ({ text, target, want, ...more }) => {
    expect(actionOf(judgeOf({ text: `host.example${text}`, ...more }), target)).toBe(want);
  });
});

test('an entry without the fold beside one that has it keeps to what it says', () => {
  const judge = judgeOf({ text: 'host.example/a.php' }, { text: 'host.example/b.php', fold: 0 });
  expect(['/a.php/x', '/b.php', '/b.php/x'].map((target) => actionOf(judge, target))).toEqual([
    'block',
    'block',
    'pass',
  ]);
});

test('an exception opens the text that it is written for, and no other', () => {
  const judge = judgeOf({ text: 'host.example/page.php?*' }, { text: 'host.example/page.php/fine', fold: 0, list: 1 });
  expect(
    ['/page.php/fine', '/page.php/fine?x', '/page.php/fine/x', '/page.php/x'].map((target) => actionOf(judge, target)),
  ).toEqual(['allow', 'block', 'block', 'block']);
});

test('one that allows under the fold, in a list without text, opens its page alone', () => {
  const judge = judgeOf({ text: 'host.example/*', fold: 0 }, { text: 'host.example/page.php', list: 1 });
  expect(['/page.php', '/page.php/x'].map((target) => actionOf(judge, target))).toEqual(['allow', 'block']);
});

test('more names of programs than are asked for hide no page before them', () => {
  const judge = judgeOf({ text: 'host.example/page.php?*' });
  expect(actionOf(judge, `/page.php${'/x.php'.repeat(1000)}`)).toBe('block');
  expect(actionOf(judge, `/page.php/%00${'/x.php%25'.repeat(100)}`)).toBe('block');
});

test('explain names the fold, and who reads so', () => {
  const { decidedBy } = explainedBy(judgeOf({ text: 'host.example/page.php' }), 'http://host.example/page.php/x', WHEN);
  expect(decidedBy).toMatchObject({
    expression: 'host.example/page.php',
    fold: 'info',
    reading: expect.stringMatching(/^as Apache with mod_php .* reads it: .*without the text behind the page$/),
  });
});

test('any path: blocked where it is the page, or goes on behind it', () => {
  const judge = judgeOf({ text: 'host.example/a/page.php?*' });
  const names = fc.constantFrom('a', 'page.php', 'page.php2', 'b.cgi', 'Page.php', 'x', '');
  let blocked = 0;
  fc.assert(
    fc.property(fc.array(names, { maxLength: 6 }), fc.constantFrom('', '?', '?q=/a/page.php'), (segments, query) => {
      const path = `/${segments.filter((name, i) => name !== '' || i === segments.length - 1).join('/')}`;
      const want = /^\/a\/page\.php(?:\/|$|.*\.php$)/.test(path) ? 'block' : 'pass';
      if (want === 'block') blocked += 1;
      expect({ path, action: actionOf(judge, path + query) }).toEqual({ path, action: want });
    }),
    { numRuns: 5000, examples: [[['a', 'page.php', 'x'], '']] },
  );
  expect(blocked).toBeGreaterThan(10);
});
