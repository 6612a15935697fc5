import { describe, expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { entry, snapshotOf, truncatedHash } from './support.ts';

function matcherOf(texts: readonly string[]): Matcher {
  const matcher = new Matcher({ cacheEntries: 100 });
  matcher.use(snapshotOf([texts.map((text) => entry(text))]));
  return matcher;
}

describe('Matcher', () => {
  test('before the first snapshot nothing is listed', () => {
    expect(new Matcher({ cacheEntries: 10 }).lookup('host.example')).toMatchObject({
      host: 'host.example',
      listed: false,
    });
  });

  test.each([
    { name: 'the host', entries: ['host.example'], host: 'host.example', listed: true },
    { name: 'in another spelling', entries: ['host.example'], host: 'HOST%2Eexample.', listed: true },
    { name: 'not below without subdomains', entries: ['host.example'], host: 'www.host.example', listed: false },
    { name: 'not above', entries: ['*.host.example'], host: 'example', listed: false },
    { name: 'not beside', entries: ['*.host.example'], host: 'otherhost.example', listed: false },
    { name: 'subdomains include the host', entries: ['*.host.example'], host: 'host.example', listed: true },
    { name: 'however deep', entries: ['*.host.example'], host: `${'a.'.repeat(118)}host.example`, listed: true },
    { name: 'path entry on the host', entries: ['host.example/x'], host: 'host.example', listed: true },
    { name: 'path entry does not reach below', entries: ['host.example/x'], host: 'www.host.example', listed: false },
    { name: 'path entry with subdomains does', entries: ['*.host.example/x'], host: 'www.host.example', listed: true },
    { name: 'an address has no parents', entries: ['*.0.2.1'], host: '192.0.2.1', listed: false },
    { name: 'IPv6', entries: ['[2001:db8::1]'], host: '[2001:DB8:0::1]', listed: true },
  ])('$name', ({ entries, host, listed }) => {
    expect(matcherOf(entries).lookup(host)!.listed).toBe(listed);
  });

  test('counts and caches, what is no host included', () => {
    const matcher = matcherOf(['host.example']);
    expect(matcher.lookup('a b')).toBeNull();
    expect(matcher.lookup('a b')).toBeNull();
    const facts = matcher.lookup('host.example');
    expect(matcher.lookup('host.example')).toBe(facts);
    expect([matcher.hits, matcher.misses]).toEqual([2, 2]);
  });

  test('very long spellings are judged and not cached', () => {
    const matcher = matcherOf(['host.example']);
    const long = `host.example${'.'.repeat(900)}`;
    expect(matcher.lookup(long)!.listed).toBe(true);
    expect(matcher.lookup(long)!.listed).toBe(true);
    expect([matcher.hits, matcher.misses]).toEqual([0, 2]);
  });

  test('a spelling of so many bytes is cached, one of one more is not', () => {
    const matcher = matcherOf(['host.example']);
    const spelled = (length: number): string => `host.example${'.'.repeat(length - 'host.example'.length)}`;
    for (const length of [512, 512, 513, 513]) matcher.lookup(spelled(length));
    expect([matcher.hits, matcher.misses]).toEqual([1, 3]);
  });

  test('a new snapshot begins a new cache', () => {
    const matcher = matcherOf(['host.example']);
    expect(matcher.lookup('host.example')!.listed).toBe(true);
    matcher.use(snapshotOf([[entry('other.example')]]));
    expect(matcher.lookup('host.example')!.listed).toBe(false);
    expect(matcher.lookup('other.example')!.listed).toBe(true);
  });

  test('when all fingerprints collide, proofs still tell hosts apart', () => {
    const makeHash = truncatedHash(0);
    const names = Array.from({ length: 200 }, (_, i) => `h${i}.example`);
    const matcher = new Matcher({ cacheEntries: 1000 });
    matcher.use(snapshotOf([names.map((name, i) => entry(name, { id: BigInt(i) }))], makeHash));
    for (const [i, name] of names.entries())
      expect(matcher.lookup(name)!.entries.map(({ id }) => id)).toEqual([BigInt(i)]);
    expect(matcher.lookup('other.example')!.listed).toBe(false);
  });
});
