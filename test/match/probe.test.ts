/** What is looked up, as bytes with cuts: hosts with their parents, URLs up to the length of a key. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HostProbe, MAX_KEY_BYTES, UrlProbe } from '../../src/match/probe.ts';
import type { UrlCuts } from '../../src/match/probe.ts';
import { FOLD } from '../../src/url/fold.ts';
import { canonicalHost } from '../../src/url/host.ts';
import { canonicalPath } from '../../src/url/path.ts';
import type { CanonicalPath } from '../../src/url/path.ts';

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

describe('one URL after the other', () => {
  /** As told in the head of the module, of a text. */
  function plainKeys(host: string, path: string, query: string | null, wanted: UrlCuts): readonly string[] {
    const isOpen = (wanted.fold & FOLD.slash) !== 0;
    const names = path.split('/').slice(1);
    const ends = names.map((_, depth) => names.slice(0, depth).reduce((at, name) => at + name.length + 1, 1));
    const ofDepth = (depth: number): boolean =>
      depth === 0 ? wanted.root : (wanted.depths & (1 << (depth - 1))) !== 0;
    const keys = ends
      .map((end, depth) => ({ depth, key: `${host}${path.slice(0, isOpen && depth > 0 ? end - 1 : end)}` }))
      .filter(
        ({ depth, key }) => depth <= 32 && ofDepth(depth) && key.length - (isOpen && depth > 0 ? 0 : 1) < MAX_KEY_BYTES,
      )
      .map(({ key }) => key);
    const whole = `${host}${path}`;
    const isFile = isOpen && path.length > 1 && whole.length <= MAX_KEY_BYTES && names.length <= 32;
    if (isFile && ofDepth(names.length) && names.length <= deepestOf(wanted)) keys.push(whole);
    if (wanted.path && whole.length <= MAX_KEY_BYTES && keys.at(-1) !== whole) keys.push(whole);
    const asked = `${whole}?${query}`;
    if (wanted.query && query !== null && asked.length <= MAX_KEY_BYTES) keys.push(asked);
    return keys;
  }

  const deepestOf = ({ depths }: UrlCuts): number => 32 - Math.clz32(depths);

  const cuts = fc.record({
    root: fc.boolean(),
    depths: fc.oneof(fc.constantFrom(0, 1, 2, 3, -1, 1 << 31), fc.integer()),
    path: fc.boolean(),
    query: fc.boolean(),
    fold: fc.constantFrom(0, FOLD.slash, FOLD.case, FOLD.info),
  });
  const paths = fc.oneof(
    fc.array(fc.constantFrom('', 'a', 'dir'), { minLength: 1, maxLength: 40 }),
    fc.array(
      fc.integer({ min: 0, max: 4200 }).map((length) => 'l'.repeat(length)),
      { minLength: 1, maxLength: 3 },
    ),
  );

  test('a long path has its keys again behind a short one', () => {
    const probe = new UrlProbe();
    const long = `/${'l'.repeat(300)}/${'m'.repeat(300)}/p`;
    for (const path of [long, '/d/e/p', long]) {
      probe.load('a.example', path as CanonicalPath, null, ALL);
      const keys = Array.from({ length: probe.count }, (_, i) => probe.bytes.toString('latin1', 0, probe.cuts[i]));
      expect(keys).toEqual(plainKeys('a.example', path, null, ALL));
    }
  });

  test('each has the keys of its own, whatever came before', () => {
    const probe = new UrlProbe();
    const requests = fc.array(
      fc.record({
        host: fc.constantFrom('a', 'a.example', 'b.a.example'),
        path: paths.map((names) => `/${names.join('/')}`),
        query: fc.option(fc.constantFrom('', 'q=1', 'q'.repeat(4085))),
        hints: fc.array(cuts, { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(requests, (asked) => {
        for (const { host, path, query, hints } of asked)
          for (const wanted of hints) {
            probe.load(host, path as CanonicalPath, query, wanted);
            const keys = Array.from({ length: probe.count }, (_, i) =>
              probe.bytes.toString('latin1', 0, probe.cuts[i]),
            );
            const marked = (wanted.fold & FOLD.info) === 0 ? host : `${host}?`;
            const plain = plainKeys(host, path, query, wanted);
            expect(keys).toEqual(plain.map((key) => marked + key.slice(host.length)));
          }
      }),
    );
  });

  // Was a fault: a host with entries on many names above it was asked for a path of 8,000 bytes in 1.9 ms, nearly all of it copies of the path.
  test('no more of a path is written than is hashed', () => {
    const probe = new UrlProbe();
    probe.load('a.example', canonicalPath(`/d/${'p'.repeat(1000)}`), 'q', { ...NONE, depths: 1 });
    expect([probe.count, probe.bytes.indexOf('p', 'a.example/d/'.length)]).toEqual([1, -1]);
    probe.load('a.example', canonicalPath(`/${'p'.repeat(1000)}`), null, { ...NONE, depths: 1 });
    expect([probe.count, probe.bytes.indexOf('pp')]).toEqual([0, -1]);
  });
});
