import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isOwn, parseLocalRoutes, parseMarkRules, tablesFor } from '../../src/machine/routing.ts';
import { parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';
import { describeNetwork } from '../network/support/programs.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

/** What `ip` prints after these commands. */
function printed(commands: readonly string[], ...words: readonly string[]): string {
  const script = ['ip link set lo up', ...commands, `ip -j ${words.join(' ')}`].join('\n');
  return execFileSync('unshare', ['--net', 'sh', '-euc', script], { encoding: 'utf8' });
}

describeNetwork()('what ip prints', () => {
  test('rules for marks', () => {
    const rules = parseMarkRules(
      printed(['ip rule add fwmark 0xcf lookup 207', 'ip rule add fwmark 0x100/0xff00 lookup 5'], 'rule'),
    );
    expect([0xcf, 0x1cf, 0x100, 0x2cf, 0].map((mark) => tablesFor(mark, rules))).toEqual([
      ['207'],
      ['5'],
      ['5'],
      [],
      [],
    ]);
  });

  test('local routes', () => {
    const routes = parseLocalRoutes(
      printed(
        ['ip route add local default dev lo table 207', 'ip address add 192.0.2.1/32 dev lo'],
        'route show table all type local',
      ),
    );
    expect(routes.filter((route) => route.prefix === null)).toEqual(
      expect.arrayContaining([{ table: '207', prefix: null }]),
    );
    expect(['192.0.2.1', '192.0.2.2', '127.1.2.3', '192.0.2.0/31'].map((text) => isOwn(prefix(text), routes))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test.each([
    { name: 'a route of the prefix', commands: ['ip route add local 192.0.2.80/29 dev lo'] },
    {
      name: 'each address by itself',
      commands: [80, 81, 82, 83, 84, 85, 86, 87].map((last) => `ip address add 192.0.2.${last}/32 dev lo`),
    },
  ])('a prefix is own by $name', ({ commands }) => {
    const routes = parseLocalRoutes(printed(commands, 'route show table all type local'));
    expect(['192.0.2.80/29', '192.0.2.80/30', '192.0.2.80/28'].map((text) => isOwn(prefix(text), routes))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('IPv6', () => {
    const routes = parseLocalRoutes(
      printed(['ip -6 route add local 2001:db8:80::/64 dev lo'], '-6 route show table all type local'),
    );
    expect(
      ['2001:db8:80::/64', '2001:db8:80::7', '2001:db8:80::/60'].map((text) => isOwn(prefix(text), routes)),
    ).toEqual([true, true, false]);
  });
});

describe('anything else', () => {
  test('is read without a fault', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect([parseMarkRules(text), parseLocalRoutes(text)]).toEqual([expect.any(Array), expect.any(Array)]);
      }),
    );
  });
});

test('of a prefix without a route of its own so many addresses are looked for', () => {
  const routes = (hostBits: number): ReturnType<typeof parseLocalRoutes> =>
    parseLocalRoutes(
      JSON.stringify(
        Array.from({ length: 2 ** hostBits }, (_, i) => ({
          type: 'local',
          table: 'local',
          dst: `10.0.${i >> 8}.${i & 255}`,
        })),
      ),
    );
  expect(isOwn(prefix('10.0.0.0/22'), routes(10))).toBe(true);
  expect(isOwn(prefix('10.0.0.0/22'), routes(10).slice(1))).toBe(false);
  expect(isOwn(prefix('10.0.0.0/21'), routes(11))).toBe(false);
});
