import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { classifyAddress } from '../../src/lib/special-addresses.ts';
import type { AddressClass } from '../../src/lib/special-addresses.ts';
import { parseIpAddress, parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';

/** Unlike parseIpAddress it keeps v4-mapped addresses as the 16 bytes they are. */
function bytes(text: string): Uint8Array {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const parsed = parseIpAddress(mapped?.[1] ?? text);
  if (parsed === null) throw new Error(text);
  return mapped === null ? parsed : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...parsed);
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

describe('IPv4 special-purpose registry', () => {
  /** First and last address of each block, and its neighbours outside. */
  test.each<[string, AddressClass]>([
    ['0.0.0.0', 'unspecified'],
    ['0.0.0.1', 'this-network'],
    ['0.255.255.255', 'this-network'],
    ['1.0.0.0', 'public'],
    ['9.255.255.255', 'public'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['11.0.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.64.0.0', 'shared'],
    ['100.100.100.200', 'shared'],
    ['100.127.255.255', 'shared'],
    ['100.128.0.0', 'public'],
    ['126.255.255.255', 'public'],
    ['127.0.0.0', 'loopback'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['128.0.0.0', 'public'],
    ['169.253.255.255', 'public'],
    ['169.254.0.0', 'link-local'],
    ['169.254.169.254', 'link-local'],
    ['169.254.255.255', 'link-local'],
    ['169.255.0.0', 'public'],
    ['172.15.255.255', 'public'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['191.255.255.255', 'public'],
    ['192.0.0.0', 'protocol'],
    ['192.0.0.255', 'protocol'],
    ['192.0.1.0', 'public'],
    ['192.0.2.0', 'documentation'],
    ['192.0.2.255', 'documentation'],
    ['192.0.3.0', 'public'],
    ['192.88.98.255', 'public'],
    ['192.88.99.1', 'protocol'],
    ['192.88.100.0', 'public'],
    ['192.167.255.255', 'public'],
    ['192.168.0.0', 'private'],
    ['192.168.255.255', 'private'],
    ['192.169.0.0', 'public'],
    ['198.17.255.255', 'public'],
    ['198.18.0.0', 'benchmarking'],
    ['198.19.255.255', 'benchmarking'],
    ['198.20.0.0', 'public'],
    ['198.51.99.255', 'public'],
    ['198.51.100.1', 'documentation'],
    ['198.51.101.0', 'public'],
    ['203.0.112.255', 'public'],
    ['203.0.113.255', 'documentation'],
    ['203.0.114.0', 'public'],
    ['223.255.255.255', 'public'],
    ['224.0.0.0', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.0', 'reserved'],
    ['255.255.255.254', 'reserved'],
    ['255.255.255.255', 'broadcast'],
  ])('%s is %s', (text, want) => {
    expect(classifyAddress(bytes(text), [])).toBe(want);
  });
});

describe('IPv6 special-purpose registry', () => {
  test.each<[string, AddressClass]>([
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['100::1', 'discard'],
    ['100:0:0:1::', 'discard'],
    ['100:0:0:2::', 'reserved'],
    ['64:ff9b:1::1', 'reserved'],
    ['1fff:ffff::', 'reserved'],
    ['2001::1', 'teredo'],
    ['2001:0:ffff::', 'teredo'],
    ['2001:1::1', 'protocol'],
    ['2001:2::', 'benchmarking'],
    ['2001:10::', 'protocol'],
    ['2001:1ff:ffff::', 'protocol'],
    ['2001:200::', 'public'],
    ['2001:db7:ffff::', 'public'],
    ['2001:db8::', 'documentation'],
    ['2001:db8:ffff::', 'documentation'],
    ['2001:db9::', 'public'],
    ['2003::', 'public'],
    ['2606:4700::1111', 'public'],
    ['3ffe:ffff::', 'public'],
    ['3fff::', 'documentation'],
    ['3fff:fff::', 'documentation'],
    ['3fff:1000::', 'public'],
    ['4000::', 'reserved'],
    ['5f00::', 'segment-routing'],
    ['fbff::', 'reserved'],
    ['fc00::', 'unique-local'],
    ['fd00:ec2::254', 'unique-local'],
    ['fdff:ffff::', 'unique-local'],
    ['fe00::', 'reserved'],
    ['fe80::1', 'link-local'],
    ['febf:ffff::', 'link-local'],
    ['fec0::1', 'private'],
    ['ff02::1', 'multicast'],
  ])('%s is %s', (text, want) => {
    expect(classifyAddress(bytes(text), [])).toBe(want);
  });
});

describe('IPv4 inside IPv6', () => {
  test.each<[string, AddressClass]>([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['::ffff:8.8.8.8', 'public'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['::127.0.0.1', 'loopback'],
    ['::10.0.0.1', 'private'],
    ['::2', 'this-network'],
    ['::fffe:8.8.8.8', 'reserved'],
    ['::ffff:0:8.8.8.8', 'reserved'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:a9fe:a9fe::1', 'link-local'],
    ['2002:808:808::1', 'public'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['64:ff9b::1:808:808', 'reserved'],
  ])('%s is %s', (text, want) => {
    expect(classifyAddress(bytes(text), [])).toBe(want);
  });

  /** RFC 6052 §2.4, table 1, with prefixes in place of 2001:db8::, and 192.0.2.33 inside; then a loopback in the same place. */
  test.each<[string, string, AddressClass]>([
    ['2001:db8::/32', '2001:db8:c000:221::', 'documentation'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::', 'documentation'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::', 'documentation'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::', 'documentation'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::', 'documentation'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::192.0.2.33', 'documentation'],
    ['2001:db8::/32', '2001:db8:7f00:1::', 'loopback'],
    ['2001:db8:100::/40', '2001:db8:17f:0:1::', 'loopback'],
    ['2001:db8:122::/48', '2001:db8:122:7f00:0:100::', 'loopback'],
    ['2001:db8:122:300::/56', '2001:db8:122:37f:0:1::', 'loopback'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:7f:0:100::', 'loopback'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::127.0.0.1', 'loopback'],
    ['64:ff9b:1::/48', '64:ff9b:1:808:8:800::', 'public'],
    ['fd00:64::/96', 'fd00:64::8.8.8.8', 'public'],
    ['fd00:64::/96', 'fd00:64::10.0.0.1', 'private'],
    ['fd00:64::/96', 'fd00:65::8.8.8.8', 'unique-local'],
  ])('NAT64 prefix %s: %s is %s', (nat64, text, want) => {
    expect(classifyAddress(bytes(text), [prefix(nat64)])).toBe(want);
  });

  test('of nested NAT64 prefixes the longest is meant, in any order', () => {
    const prefixes = [prefix('64:ff9b:1::/48'), prefix('64:ff9b:1:ffff::/96')];
    const address = bytes('64:ff9b:1:ffff::8.8.8.8');
    expect([classifyAddress(address, prefixes), classifyAddress(address, prefixes.toReversed())]).toEqual([
      'public',
      'public',
    ]);
  });

  test('every IPv4 address is itself behind every wrapping', () => {
    const wrappings: readonly ((v4: Uint8Array) => Uint8Array)[] = [
      (v4) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...v4),
      (v4) => Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ...v4),
      (v4) => Uint8Array.of(0x20, 0x02, ...v4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.constantFrom(...wrappings), (v4, wrap) => {
        expect(classifyAddress(wrap(v4), [])).toBe(classifyAddress(v4, []));
      }),
    );
  });
});

describe('any bytes', () => {
  test('total, whatever the prefixes', () => {
    const anyPrefix = fc.record({
      address: fc.uint8Array({ minLength: 0, maxLength: 16 }),
      bits: fc.integer({ min: 0, max: 128 }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.array(anyPrefix, { maxLength: 3 }), (address, nat64) => {
        const kind = classifyAddress(address, nat64);
        expect(kind === 'reserved' || address.length === 4 || address.length === 16).toBe(true);
        expect(typeof kind).toBe('string');
      }),
    );
  });

  test('IPv6 is public only inside 2000::/3 or around a public IPv4 address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
        const global = address[0]! >> 5 === 1;
        const embeds = address.subarray(0, 8).every((byte) => byte === 0) || (address[0] === 0 && address[1] === 0x64);
        expect(global || embeds || classifyAddress(address, []) !== 'public').toBe(true);
      }),
    );
  });
});
