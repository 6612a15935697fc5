import { describe, expect, test } from '@jest/globals';
import type { ListAction } from '../../src/lib/types.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { PASS } from '../../src/policy/verdict.ts';
import type { Verdict } from '../../src/policy/verdict.ts';
import { FOLD } from '../../src/url/fold.ts';
import { entry, snapshotOf } from '../match/support.ts';

const ALL = -1;
const TODAY = 20_000;

function judgeOf(entries: readonly Entry[], actions: readonly ListAction[] = ['block']): Judge {
  const matcher = new Matcher({ cacheEntries: 100 });
  matcher.use(snapshotOf([entries]));
  return new Judge(
    matcher,
    actions.map((action) => ({ action })),
  );
}

function judged(
  judge: Judge,
  host: string,
  target: string,
  more: { port?: number; mask?: number; today?: number } = {},
): Verdict {
  return judge.url(judge.matcher.lookup(host)!, target, {
    port: more.port ?? 80,
    listMask: more.mask ?? ALL,
    today: more.today ?? TODAY,
  });
}

describe('path scopes', () => {
  test.each([
    { list: 'host.example', host: 'host.example', target: '/any?thing', blocked: true },
    { list: 'host.example/*', host: 'host.example', target: '/', blocked: true },
    { list: 'host.example/*', host: 'host.example', target: '/any/thing?x', blocked: true },
    { list: 'host.example/', host: 'host.example', target: '/', blocked: true },
    { list: 'host.example/', host: 'host.example', target: '', blocked: true },
    { list: 'host.example/', host: 'host.example', target: '/?', blocked: true },
    { list: 'host.example/', host: 'host.example', target: '/?x', blocked: false },
    { list: 'host.example/', host: 'host.example', target: '/x', blocked: false },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir/', blocked: true },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir', blocked: false },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir?x', blocked: false },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir/?x', blocked: true },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir/a/b?c', blocked: true },
    { list: 'host.example/dir/*', host: 'host.example', target: '//dir\\./a', blocked: true },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir/../a', blocked: true },
    { list: 'host.example/dir/*', host: 'host.example', target: '/dirt/a', blocked: false },
    { list: 'host.example/dir/*', host: 'host.example', target: '/a/dir/', blocked: false },
    { list: 'host.example/dir/*', host: 'host.example', target: '/DIR/a', blocked: false },
    { list: 'host.example/a/b/*', host: 'host.example', target: '/a/', blocked: false },
    { list: 'host.example/p?*', host: 'host.example', target: '/p', blocked: true },
    { list: 'host.example/p?*', host: 'host.example', target: '/p?a=1', blocked: true },
    { list: 'host.example/p?*', host: 'host.example', target: '/p/', blocked: false },
    { list: 'host.example/p?*', host: 'host.example', target: '/p%3Fa', blocked: false },
    { list: 'host.example/p/?*', host: 'host.example', target: '/p/?a', blocked: true },
    { list: 'host.example/p/?*', host: 'host.example', target: '/p/q', blocked: false },
    { list: 'host.example/p', host: 'host.example', target: '/p', blocked: true },
    { list: 'host.example/p', host: 'host.example', target: '/p?#x', blocked: true },
    { list: 'host.example/p', host: 'host.example', target: '/p?a', blocked: false },
    { list: 'host.example/p', host: 'host.example', target: '/p/q', blocked: false },
    { list: 'host.example/p?a', host: 'host.example', target: '/p?a', blocked: true },
    { list: 'host.example/p?a', host: 'host.example', target: '/p?%61', blocked: true },
    { list: 'host.example/p?a', host: 'host.example', target: '/p', blocked: false },
    { list: 'host.example/p?a', host: 'host.example', target: '/p?a&b', blocked: false },
    { list: 'host.example/p?a=1&b=2', host: 'host.example', target: '/p?b=2&a=1', blocked: false },
    { list: 'host.example/p?a+b', host: 'host.example', target: '/p?a%20b', blocked: false },
    { list: 'host.example/p', host: 'www.host.example', target: '/p', blocked: false },
    { list: '*.host.example/p', host: 'www.host.example', target: '/p', blocked: true },
    { list: '*.host.example/p', host: 'host.example', target: '/p', blocked: true },
    { list: '*.host.example/dir/*', host: 'a.b.host.example', target: '/dir/x', blocked: true },
    { list: 'www.host.example/p', host: 'host.example', target: '/p', blocked: false },
    { list: `host.example/${'d/'.repeat(32)}*`, host: 'host.example', target: `/${'d/'.repeat(32)}x`, blocked: true },
    { list: `host.example/${'d/'.repeat(32)}*`, host: 'host.example', target: `/${'d/'.repeat(40)}x`, blocked: true },
    { list: `host.example/${'d/'.repeat(32)}*`, host: 'host.example', target: `/${'d/'.repeat(31)}x`, blocked: false },
    { list: 'host.example/caf%C3%A9', host: 'host.example', target: '/caf\u00c3\u00a9', blocked: true },
  ])('$list and $host$target: $blocked', ({ list, host, target, blocked }) => {
    expect(judged(judgeOf([entry(list)]), host, target).action).toBe(blocked ? 'block' : 'pass');
  });
});

describe('CONNECT', () => {
  test.each([
    { list: 'host.example', host: 'host.example', action: 'block' },
    { list: '*.host.example', host: 'www.host.example', action: 'block' },
    { list: 'host.example/*', host: 'host.example', action: 'pass' },
    { list: 'host.example/', host: 'host.example', action: 'pass' },
  ])('$list and $host: $action', ({ list, host, action }) => {
    const judge = judgeOf([entry(list)]);
    expect(judge.host(judge.matcher.lookup(host)!, { port: 443, listMask: ALL, today: TODAY }).action).toBe(action);
  });
});

describe('what limits an entry', () => {
  test('an entry with a port holds on that port alone, one without on any', () => {
    const judge = judgeOf([entry('host.example', { port: 8080 }), entry('any.example')]);
    expect(judged(judge, 'host.example', '/', { port: 8080 }).action).toBe('block');
    expect(judged(judge, 'host.example', '/', { port: 80 })).toBe(PASS);
    expect(judged(judge, 'any.example', '/', { port: 81 }).action).toBe('block');
  });

  test('last valid day', () => {
    const judge = judgeOf([entry('host.example/x', { expires: TODAY })]);
    expect(judged(judge, 'host.example', '/x', { today: TODAY }).action).toBe('block');
    expect(judged(judge, 'host.example', '/x', { today: TODAY + 1 })).toBe(PASS);
  });

  test('lists that do not apply', () => {
    const judge = judgeOf(
      [entry('host.example', { list: 31, id: 5n })],
      Array.from({ length: 32 }, () => 'block'),
    );
    expect(judged(judge, 'host.example', '/', { mask: 0x7fff_ffff })).toBe(PASS);
    expect(judged(judge, 'host.example', '/', { mask: 1 << 31 })).toMatchObject({
      action: 'block',
      list: 31,
      entry: 5n,
    });
  });
});

describe('why an entry does not apply', () => {
  const judge = judgeOf([], ['block', 'count']);
  const when = { port: 80, listMask: 0b10, today: TODAY };

  test.each([
    { more: {}, actionOf: 'count', why: null, name: null },
    { more: { list: 0 }, actionOf: null, why: 'other_list', name: 'other_list' },
    { more: { port: 8080 }, actionOf: null, why: 'other_port', name: 'other_port' },
    { more: { port: 80 }, actionOf: 'count', why: null, name: 'other_port' },
    { more: { expires: TODAY - 1, port: 8080 }, actionOf: null, why: 'expired', name: 'expired' },
    { more: { dns: false }, actionOf: 'count', why: null, name: 'no_dns' },
  ])('$more: $why, by name $name', ({ more, actionOf, why, name }) => {
    const found = entry('host.example', { list: 1, dns: true, ...more });
    expect([judge.actionOf(found, when), judge.whyNot(found, when), judge.whyNotName(found, when)]).toEqual([
      actionOf,
      why,
      name,
    ]);
  });

  test('an entry of a list that is not there does nothing', () => {
    expect(judge.actionOf(entry('host.example', { list: 2 }), { ...when, listMask: ALL })).toBeNull();
  });
});

describe('precedence', () => {
  const lists: readonly ListAction[] = ['count', 'block', 'allow', 'block'];
  const found = (entries: readonly Entry[]): Verdict => judged(judgeOf(entries, lists), 'host.example', '/x');

  test('allow wins, then block, then count', () => {
    const entries = [0, 1, 2].map((list) => entry('host.example', { list, id: BigInt(list + 10) }));
    expect(found(entries)).toMatchObject({ action: 'allow', list: 2, entry: 12n });
    expect(found(entries.slice(0, 2))).toMatchObject({ action: 'block', list: 1, entry: 11n });
    expect(found(entries.slice(0, 1))).toMatchObject({ action: 'count', list: 0, entry: 10n });
  });

  test('an allow on a path wins over a block of the host, there and nowhere else', () => {
    const judge = judgeOf([entry('host.example', { list: 1 }), entry('host.example/x', { list: 2 })], lists);
    expect(judged(judge, 'host.example', '/x').action).toBe('allow');
    expect(judged(judge, 'host.example', '/y').action).toBe('block');
  });

  test('the attribute count softens a block', () => {
    expect(found([entry('host.example', { list: 1, count: true })]).action).toBe('count');
  });

  test('every list and action that matched is a hit, once', () => {
    const verdict = found([
      entry('host.example', { list: 1, id: 9n }),
      entry('host.example/x', { list: 1, id: 7n }),
      entry('*.example', { list: 1, id: 8n, count: true }),
      entry('host.example/*', { list: 3, id: 1n }),
      entry('host.example/x?*', { list: 0, id: 2n }),
    ]);
    expect(verdict).toMatchObject({ action: 'block', list: 1, entry: 7n });
    expect(verdict.hits).toHaveLength(4);
    expect(verdict.hits).toEqual(
      expect.arrayContaining([
        { list: 1, action: 'block', entry: 7n },
        { list: 1, action: 'count', entry: 8n },
        { list: 3, action: 'block', entry: 1n },
        { list: 0, action: 'count', entry: 2n },
      ]),
    );
  });

  test('entries that share a key are all kept', () => {
    const judge = judgeOf([
      entry('host.example/x', { port: 1, id: 1n }),
      entry('host.example/x', { port: 2, id: 2n }),
      entry('host.example/x', { expires: 1, id: 3n }),
    ]);
    expect([1, 2, 3].map((port) => judged(judge, 'host.example', '/x', { port }).entry)).toEqual([1n, 2n, 0n]);
  });
});

describe('readings of a path', () => {
  const LISTED = [
    entry('host.example/page?*', { id: 1n }),
    entry('host.example/dir/*', { id: 2n }),
    entry('host.example/dir/fine/*', { id: 3n, list: 1 }),
  ];
  const judge = judgeOf(LISTED, ['block', 'allow']);

  test('an exception below the name of a program in PHP counts for that', () => {
    const listed = [entry('host.example/*'), entry('host.example/index.php/news/*', { id: 3n, list: 1 })];
    const judge = judgeOf(listed, ['block', 'allow']);
    const actionOf = (target: string): string => judged(judge, 'host.example', target).action;
    expect(actionOf('/index.php/news/1')).toBe('allow');
    expect(actionOf('/index.php/news/a%20b')).toBe('allow');
    expect(actionOf('/news/1')).toBe('block');
    expect(actionOf('/index.php/news/../1')).toBe('block');
  });

  test.each([
    ['/q%5cy%2f..%2fpage', 'block'],
    ['//x/page', 'block'],
    ['/dir/%252e%252e/x', 'block'],
    ['/index.php/page', 'block'],
    ['/index.phppage', 'block'],
    ['/index%252ephp/page', 'block'],
    ['/app/index.php/page', 'pass'],
    ['/index.php', 'pass'],
    [`/index.php/${'a'.repeat(8000)}`, 'pass'],
    ['/index.php/dir/fine/x', 'block'],
    ['/q/../other', 'pass'],
    ['/dir/../x', 'block'],
    ['/dir/fine/x', 'allow'],
    ['/dir/fine/%C3%A9?q=%41', 'allow'],
    ['/dir/fine/%c3%a9', 'allow'],
    ['/dir/fine/a%2fb', 'allow'],
    ['/dir/fine/a/../b', 'allow'],
    // What widens the exception: the text as it came lies outside of it, or one reading does.
    ['/dir//fine/x', 'block'],
    ['/dir/fine%5cx', 'block'],
    ['/dir/fine%2fx', 'block'],
    ['/dir/%66ine/x', 'block'],
    ['/dir/./fine/x', 'block'],
    ['/dir/fine/../x', 'block'],
    ['/dir/fine/../fine\\x', 'block'],
    ['/dir/fine/q%5cy%2f..%2f..%2fz', 'block'],
  ])('%s: %s', (target, action) => {
    expect(judged(judge, 'host.example', target).action).toBe(action);
  });

  test.each([
    ['ok=1', '/p?ok=1', 'allow'],
    ['ok=1', '/p?ok=2', 'block'],
    // Programs that parse queries decode once: as browsers and forms send it, and as the line spells it.
    ['ok=1', '/p?ok=%31', 'allow'],
    ['u=http%3A%2F%2Fx.example%2Fa', '/p?u=http%3A%2F%2Fx.example%2Fa', 'allow'],
    ['u=http%3A%2F%2Fx.example%2Fa', '/p?u=http://x.example/a', 'allow'],
    ['q=a%20b%C3%A9', '/p?q=a%20b%c3%a9', 'allow'],
    ['ok=%', '/p?ok=%25', 'allow'],
    // Another value to them.
    ['ok=1', '/p?ok=%2531', 'block'],
    ['ok=1&b=2', '/p?ok=1%26b=2', 'block'],
    ['ok=1&b=2', '/p?ok=1&b%3D2', 'block'],
    ['ok=1;b', '/p?ok=1%3bb', 'block'],
    ['ok=a+b', '/p?ok=a%2Bb', 'block'],
  ])('an exception for the query %s: %s is %s', (query, target, action) => {
    const judge = judgeOf(
      [entry('host.example/p?*'), entry(`host.example/p?${query}`, { id: 2n, list: 1 })],
      ['block', 'allow'],
    );
    expect(judged(judge, 'host.example', target).action).toBe(action);
  });

  const tooMany = `/${'a/../'.repeat(40)}`;

  test('too many readings are refused where nothing else decides', () => {
    expect(judged(judge, 'host.example', tooMany)).toMatchObject({ action: 'refuse', list: -1, hits: [] });
    expect(judged(judge, 'other.example', tooMany)).toBe(PASS);
    expect(judged(judge, 'host.example', tooMany, { mask: 0 })).toBe(PASS);
    const whole = (action: ListAction): string =>
      judged(judgeOf([entry('host.example'), entry('host.example/x')], [action]), 'host.example', tooMany).action;
    expect([whole('block'), whole('allow'), whole('count')]).toEqual(['block', 'allow', 'refuse']);
  });
});

describe('folds', () => {
  const FOLDED = [
    entry('host.example/Dir/*', { id: 1n, fold: FOLD.case | FOLD.slash }),
    entry('host.example/Page;x?*', { id: 2n, fold: FOLD.params }),
    entry('host.example/Exact', { id: 3n }),
    entry('*.host.example/sub/*', { id: 4n, fold: FOLD.slash }),
    entry('host.example/Q?A', { id: 5n, fold: FOLD.case }),
    entry('host.example/find?id=5', { id: 6n, fold: FOLD.params }),
    entry('host.example/caf%C3%A9/*', { id: 7n, fold: FOLD.case }),
    entry('host.example/%C3%89T%C3%89', { id: 8n, fold: FOLD.case | FOLD.params }),
    entry('host.example/%D0%B9', { id: 9n }),
  ];
  const judge = judgeOf(FOLDED);

  test.each([
    ['host.example', '/dir', 1n],
    ['host.example', '/DIR/', 1n],
    ['host.example', '/dIr/X/y?Z', 1n],
    ['host.example', '/dirx', null],
    ['host.example', '/Page', 2n],
    ['host.example', '/Page;a=1;b', 2n],
    ['host.example', '/Page;a%2fb?q', 2n],
    ['host.example', '/Page%3ba', 2n],
    // To a front that reads as the URL standard does a backslash is a slash, which ends a parameter.
    ['host.example', '/;\\Page', 2n],
    ['host.example', '/;a%5cPage', 2n],
    ['host.example', '/q;\\..\\..\\Page', 2n],
    ['host.example', '/q;\\Page', null],
    ['host.example', '/page', null],
    ['host.example', '/Page/', null],
    ['host.example', '/Exact', 3n],
    ['host.example', '/exact', null],
    ['host.example', '/Exact;a', null],
    ['host.example', '/Exact/', null],
    ['a.host.example', '/sub', 4n],
    ['a.host.example', '/sub/deeper/', 4n],
    ['a.host.example', '/Sub', null],
    ['host.example', '/q?A', 5n],
    ['host.example', '/q?a', null],
    // As Fastify reads it up to version 4: `;` begins the query.
    ['host.example', '/find;id=5', 6n],
    ['host.example', '/find;i%64=5', 6n],
    ['host.example', '/find%3bid=5', 6n],
    ['host.example', '/find%3bid=5;', null],
    ['host.example', '/find;id=6', null],
    ['host.example', '/find;id=5?x', null],
    ['host.example', '/find;x?id=5', 6n],
    ['host.example', '/q/../find;id=5', 6n],
    ['host.example', '/q/../DIR/x', 1n],
    ['host.example', '/q%5cy%2f..%2fdIR', 1n],
    // As Caddy reads it, and Python's `re` with IGNORECASE.
    ['host.example', '/d%C4%B0r/x', 1n],
    ['host.example', '/D%25c4%25b1R', 1n],
    ['host.example', '/q/../d\u00c4\u00b0r/', 1n],
    ['a.host.example', '/%C5%BFub', null],
    // As Caddy reads it, and Windows.
    ['host.example', '/CAF%C3%89/x', 7n],
    ['host.example', '/caf\u00c3\u0089/', 7n],
    ['host.example', '/x/../Caf%25C3%2589/', 7n],
    ['host.example', '/caf%C3%AA/', null],
    ['host.example', '/%c3%a9t%c3%a9', 8n],
    ['host.example', '/%C3%A9t%C3%A9;x', 8n],
    ['host.example', '/%D0%99', null],
  ])('%s%s: %s', (host, target, id) => {
    const verdict = judged(judge, host, target);
    expect(verdict.action === 'block' ? verdict.entry : null).toBe(id);
  });

  test('a folded entry answers nobody who asks without its fold, though the text is the same', () => {
    const [folded, plain] = [
      judgeOf([entry('host.example/page?*', { fold: FOLD.case })]),
      judgeOf([entry('host.example/page?*')]),
    ];
    expect(judged(folded, 'host.example', '/PAGE').action).toBe('block');
    expect(judged(plain, 'host.example', '/PAGE').action).toBe('pass');
  });
});
