import { describe, expect, test } from '@jest/globals';
import type { ListAction } from '../../src/lib/types.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { PASS } from '../../src/policy/verdict.ts';
import type { Verdict } from '../../src/policy/verdict.ts';
import { entry, snapshotOf } from '../match/support.ts';

const ALL = -1;
const TODAY = 20_000;

function judgeOf(entries: readonly Entry[], actions: readonly ListAction[] = ['block']): Judge {
  const matcher = new Matcher({ cacheEntries: 100 });
  matcher.use(snapshotOf([entries]));
  return new Judge(matcher, actions.map((action) => ({ action })));
}

function judged(judge: Judge, host: string, target: string, more: { port?: number; mask?: number; today?: number } = {}): Verdict {
  return judge.url(judge.matcher.lookup(host)!, more.port ?? 80, target, more.mask ?? ALL, more.today ?? TODAY);
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
    { list: 'host.example/dir/*', host: 'host.example', target: '/dir/../a', blocked: false },
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
    expect(judge.host(judge.matcher.lookup(host)!, 443, ALL, TODAY).action).toBe(action);
  });
});

describe('what limits an entry', () => {
  test('port', () => {
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
    const judge = judgeOf([entry('host.example', { list: 31, id: 5n })], Array.from({ length: 32 }, () => 'block'));
    expect(judged(judge, 'host.example', '/', { mask: 0x7fff_ffff })).toBe(PASS);
    expect(judged(judge, 'host.example', '/', { mask: 1 << 31 })).toMatchObject({ action: 'block', list: 31, entry: 5n });
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
    expect(verdict.hits).toEqual(expect.arrayContaining([
      { list: 1, action: 'block', entry: 7n },
      { list: 1, action: 'count', entry: 8n },
      { list: 3, action: 'block', entry: 1n },
      { list: 0, action: 'count', entry: 2n },
    ]));
  });

  test('entries that share a key are all kept', () => {
    const judge = judgeOf([entry('host.example/x', { port: 1, id: 1n }), entry('host.example/x', { port: 2, id: 2n }), entry('host.example/x', { expires: 1, id: 3n })]);
    expect([1, 2, 3].map((port) => judged(judge, 'host.example', '/x', { port }).entry)).toEqual([1n, 2n, 0n]);
  });
});
