/** Which address of the filter a host gets: always the same, of the pool, and all of it. */
import { expect, test } from '@jest/globals';
import { formatAddress, parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';
import { SteerAddresses } from '../../src/dns-front/steer-addresses.ts';

function prefixes(...texts: readonly string[]): readonly Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.value;
  });
}

const text = (addresses: readonly Uint8Array[] | null): string[] | null => addresses?.map(formatAddress) ?? null;
const HOSTS = Array.from({ length: 500 }, (_, i) => `h${i}.example`);

test('IPv4: every address of every prefix, and no other', () => {
  const steer = new SteerAddresses({ a: prefixes('192.0.2.64/30', '198.51.100.7'), aaaa: [] });
  const given = new Set(HOSTS.flatMap((host) => text(steer.ipv4(host)) ?? []));
  expect([...given].toSorted()).toEqual(['192.0.2.64', '192.0.2.65', '192.0.2.66', '192.0.2.67', '198.51.100.7']);
  expect(steer.ipv6('h.example')).toEqual([]);
});

test('IPv6: a prefix and bits of the host; the same host the same address', () => {
  const pools = { a: [], aaaa: prefixes('2001:db8:1::/64', '2001:db8:2::/120') };
  const [one, other] = [new SteerAddresses(pools), new SteerAddresses(pools)];
  const given = HOSTS.map((host) => text(one.ipv6(host))?.[0] ?? '');
  expect(HOSTS.map((host) => text(other.ipv6(host))?.[0])).toEqual(given);
  expect(given.every((address) => /^2001:db8:(1|2):/.test(address))).toBe(true);
  expect(
    given
      .filter((address) => address.startsWith('2001:db8:2:'))
      .every((address) => /^2001:db8:2::[0-9a-f]{0,2}$/.test(address)),
  ).toBe(true);
  expect(new Set(given.filter((address) => address.startsWith('2001:db8:1:'))).size).toBeGreaterThan(200);
  expect(one.ipv4('h.example')).toEqual([]);
});

test('this host has this address: what is written down in other places depends on it', () => {
  const steer = new SteerAddresses({ a: prefixes('192.0.2.64/29'), aaaa: prefixes('2001:db8:1::/64') });
  expect([text(steer.ipv4('www.example')), text(steer.ipv6('www.example'))]).toEqual([
    ['192.0.2.64'],
    ['2001:db8:1:0:aaa5:6712:b296:87c8'],
  ]);
});

test('nothing is steered where nothing is configured', () => {
  const off = new SteerAddresses(null);
  expect([off.isOff, off.ipv4('h.example'), off.ipv6('h.example')]).toEqual([true, null, null]);
});
