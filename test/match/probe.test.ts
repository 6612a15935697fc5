/** What is looked up, as bytes with cuts: hosts with their parents, URLs up to the length of a key. */
import { describe, expect, test } from '@jest/globals';
import { HostProbe, MAX_KEY_BYTES, UrlProbe } from '../../src/match/probe.ts';
import type { UrlCuts } from '../../src/match/probe.ts';
import { FOLD } from '../../src/url/fold.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { canonicalPath } from '../../src/url/path.ts';

const ALL: UrlCuts = { root: true, depths: -1, path: true, query: true, fold: 0 };
const NONE: UrlCuts = { root: false, depths: 0, path: false, query: false, fold: 0 };

/** The text of each key. */
function keysOf(path: string, query: string | null, wanted: UrlCuts, host = 'a.example'): readonly string[] {
  const probe = new UrlProbe();
  probe.load(host, canonicalPath(path), query, wanted);
  return Array.from({ length: probe.count }, (_, i) => probe.bytes.toString('latin1', 0, probe.cuts[i]));
}

describe('a host', () => {
  const cutsOf = (host: string): readonly number[] => {
    const probe = new HostProbe();
    probe.load(canonicalHost(host)!);
    return [...probe.cuts.subarray(0, probe.count)];
  };

  test.each([
    { host: 'example', cuts: [7] },
    { host: 'b.a.example', cuts: [7, 9, 11] },
    { host: '192.0.2.1', cuts: [9] },
    { host: '[2001:db8::1]', cuts: [13] },
    { host: 'a1.example', cuts: [7, 10] },
    { host: 'a.b1', cuts: [2, 4] },
  ])('$host: as many cuts as it has parents, and itself', ({ host, cuts }) => {
    expect(cutsOf(host)).toEqual(cuts);
  });

  test('of as many labels as a name can have', () => {
    const host = `${'a.'.repeat(126)}a`;
    expect(host).toHaveLength(253);
    expect(cutsOf(host)).toHaveLength(127);
    expect(cutsOf(host).at(-1)).toBe(253);
  });
});

describe('a URL', () => {
  test('the root, each directory, the page and the query', () => {
    expect(keysOf('/d/e/p', 'q=1', ALL)).toEqual([
      'a.example/',
      'a.example/d/',
      'a.example/d/e/',
      'a.example/d/e/p',
      'a.example/d/e/p?q=1',
    ]);
  });

  test('only keys that can exist, and none twice', () => {
    expect(keysOf('/d/e/p', 'q=1', { ...NONE, depths: 0b10 })).toEqual(['a.example/d/e/']);
    expect(keysOf('/d/', null, ALL)).toEqual(['a.example/', 'a.example/d/']);
    expect(keysOf('/d/p', null, NONE)).toEqual([]);
  });

  test('where a slash at the end does not count, a directory ends before it', () => {
    expect(keysOf('/d/e', null, { ...NONE, depths: 0b11, fold: FOLD.slash })).toEqual(['a.example/d', 'a.example/d/e']);
  });

  test('as many directories as an entry may have', () => {
    const path = `/${'d/'.repeat(40)}`;
    // The root, 32 directories, and the path itself.
    expect(keysOf(path, 'q', ALL)).toHaveLength(1 + 32 + 1 + 1);
  });

  test('of as many bytes as a key has, and not of one more', () => {
    const path = (bytes: number): string => `/${'p'.repeat(bytes - 'a.example/'.length)}`;
    const page = { ...NONE, path: true };
    expect(keysOf(path(MAX_KEY_BYTES), null, page)[0]).toHaveLength(MAX_KEY_BYTES);
    expect(keysOf(path(MAX_KEY_BYTES + 1), null, page)).toEqual([]);
    const query = { ...NONE, query: true };
    expect(keysOf('/p', 'q'.repeat(MAX_KEY_BYTES - 'a.example/p?'.length), query)).toHaveLength(1);
    expect(keysOf('/p', 'q'.repeat(MAX_KEY_BYTES - 'a.example/p?'.length + 1), query)).toEqual([]);
    expect(MAX_KEY_BYTES).toBe(4096);
  });
});
