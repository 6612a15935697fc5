/** Values as operators write them, plain data of any shape, and where in a file something stands. */
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { blockAnswer, hostName, zoneName } from '../../src/config/fields.ts';
import { at, items, prefixOf } from '../../src/config/plain-data.ts';
import { prefixTexts } from '../../src/config/prefix-texts.ts';
import { describe as described, parseDuration, parsePortRange, parseSize, shown } from '../../src/config/quantities.ts';
import { YamlPlaces } from '../../src/config/yaml-places.ts';

test('a host name has 253 characters, and labels of 63 (RFC 1035 section 2.3.4)', () => {
  const name = (last: number): string => [63, 63, 63, last].map((length) => 'n'.repeat(length)).join('.');
  expect([name(61), name(62), 'n'.repeat(63), 'n'.repeat(64)].map((text) => hostName().parse(text).ok)).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

describe('quantities', () => {
  test.each([
    [30, 30_000],
    [0.5, 500],
    ['500ms', 500],
    ['2h4m', 7_440_000],
    ['1.5s', 1500],
    ['1d', 86_400_000],
    ['1d2h3m4s5ms', 93_784_005],
  ])('the duration %s is %d ms', (text, want) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: want });
  });

  test('a duration has 100 characters', () => {
    const seconds = (characters: number): string => `${'0'.repeat(characters - 2)}1s`;
    expect([parseDuration(seconds(100)), parseDuration(seconds(101)).ok]).toEqual([{ ok: true, value: 1000 }, false]);
  });

  test.each(['', '30', '5 m', '1h30', 'x1s', '-1s', NaN, null, [], true])('%j is no duration', (value) => {
    expect(parseDuration(value)).toMatchObject({ ok: false, reason: expect.stringContaining('duration') as unknown });
  });

  test.each(['1m1m', '5m1h', '1h2h', '500ms30s'])(
    '%s names no unit twice, nor a larger one behind a smaller',
    (value) => {
      expect(parseDuration(value)).toEqual({
        ok: false,
        reason: expect.stringContaining('the largest first') as unknown,
      });
    },
  );

  test.each([
    [0, 0],
    ['512B', 512],
    ['64KiB', 65_536],
    ['2GiB', 2_147_483_648],
  ])('the size %s is %d bytes', (text, want) => {
    expect(parseSize(text)).toEqual({ ok: true, value: want });
  });

  test.each(['64KB', '1.5MiB', '-1B', 1.5, null])('%j is no size', (value) => {
    expect(parseSize(value).ok).toBe(false);
  });

  test.each([
    [443, { from: 443, to: 443 }],
    ['8000-8999', { from: 8000, to: 8999 }],
    ['1-65535', { from: 1, to: 65_535 }],
  ])('the ports %s', (text, want) => {
    expect(parsePortRange(text)).toEqual({ ok: true, value: want });
  });

  test.each([0, 65_536, '9-8', '0-1', '1-65536', 'http', 1.5, null])('%j are no ports', (value) => {
    expect(parsePortRange(value).ok).toBe(false);
  });

  test('a value in words, of one line and of bounded length', () => {
    expect([null, undefined, [], {}, 'x', 1, true].map(described)).toEqual([
      'empty',
      'empty',
      'a list',
      'a mapping',
      "'x'",
      '1',
      'true',
    ]);
    expect(shown('a\nb\u0007')).toBe('a?b?');
    expect(shown('x'.repeat(60))).toBe('x'.repeat(60));
    expect(shown('x'.repeat(61))).toBe(`${'x'.repeat(57)}...`);
    // What is beyond the characters that are looked at is not shown in any case.
    expect(shown('x'.repeat(1_000_000))).toBe(`${'x'.repeat(57)}...`);
  });
});

test('plain data is read without trust', () => {
  const data: unknown = JSON.parse('{ "a": { "b": [1, 2] }, "__proto__": 3 }');
  expect(at(at(data, 'a'), 'b')).toEqual([1, 2]);
  expect([at(data, 'toString'), at(null, 'a'), at('text', 'length'), at([7], 0)]).toEqual([
    undefined,
    undefined,
    undefined,
    7,
  ]);
  expect([items(at(data, 'a'), 'b'), items(data, 'a'), items(5, 'a')]).toEqual([[1, 2], [], []]);
  expect(prefixOf('192.0.2.0/24')?.bits).toBe(24);
  expect([prefixOf('192.0.2.1/24'), prefixOf(7)]).toEqual([null, null]);
});

test('prefixes in a list, or one a line with comments', () => {
  expect(prefixTexts(['192.0.2.0/24', 7])).toEqual(['192.0.2.0/24', 7]);
  expect(prefixTexts('192.0.2.0/24 # a school\n\n# none\n  2001:db8::/32\n')).toEqual([
    '192.0.2.0/24',
    '2001:db8::/32',
  ]);
  expect([prefixTexts(null), prefixTexts(5)]).toEqual([[], []]);
});

describe('places in a file', () => {
  const text = 'a:\n  b: [x, { c: 1 }]\nd: &d { e: 2 }\nf: *d\ng:\na: 3\n';
  const places = new YamlPlaces(parseDocument(text, { uniqueKeys: false }));
  const from = (offset: number): string => text.slice(offset).split('\n', 1)[0] ?? '';

  test.each([
    { path: ['a', 'b'], want: '[x, { c: 1 }]' },
    { path: ['a', 'b', 0], want: 'x, { c: 1 }]' },
    { path: ['a', 'b', 1, 'c'], want: '1 }]' },
    { path: ['f', 'e'], want: '2 }' },
    { path: ['g'], want: 'g:' },
    { path: ['a', 'nothing', 'more'], want: 'b: [x, { c: 1 }]' },
    { path: ['nothing'], want: 'a:' },
    { path: [], want: 'a:' },
  ])('of the value at $path', ({ path, want }) => {
    expect(from(places.value(path))).toBe(want);
  });

  test.each([
    { path: ['a', 'b', 1, 'c'], want: 'c: 1 }]' },
    { path: ['f', 'e'], want: 'e: 2 }' },
    { path: ['a', 'nothing'], want: 'b: [x, { c: 1 }]' },
  ])('of the key at $path', ({ path, want }) => {
    expect(from(places.key(path))).toBe(want);
  });

  test('of keys that stand twice, and of an alias of nothing', () => {
    expect([...places.repeatedKeys()].map(({ key, offset }) => [key, from(offset)])).toEqual([['a', 'a: 3']]);
    expect(places.aliasOfNothing()).toBeNull();
    expect(new YamlPlaces(parseDocument('a: *b\nc: &b 1\n')).aliasOfNothing()).toBe(3);
  });
});

test('a zone has a name of 100 characters, and a blocked name eight addresses of a family', () => {
  const zone = (length: number): string => `${'z'.repeat(length - '.example'.length)}.example`;
  expect([zoneName().parse(zone(100)).ok, zoneName().parse(zone(101)).ok]).toEqual([true, false]);
  const answer = (count: number): unknown => ({ a: Array.from({ length: count }, (_, i) => `192.0.2.${i}`) });
  expect([blockAnswer().parse(answer(8)).ok, blockAnswer().parse(answer(9)).ok]).toEqual([true, false]);
});
