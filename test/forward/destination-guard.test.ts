import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DestinationGuard } from '../../src/forward/destination-guard.ts';
import type { GuardVerdict } from '../../src/forward/destination-guard.ts';
import { parseIpAddress, parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';

function prefixes(...texts: string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.value;
  });
}

function guard(allow: string[] = [], nat64: string[] = [], own: string[] = []): DestinationGuard {
  const ownAddresses = own.map((text) => parseIpAddress(text)!);
  return new DestinationGuard({ allow: prefixes(...allow), nat64: prefixes(...nat64), ownAddresses });
}

describe('requirement 31: special destinations', () => {
  test.each<[string, GuardVerdict]>([
    ['8.8.8.8', 'ok'],
    ['2606:4700::1111', 'ok'],
    ['127.0.0.1', 'special'],
    ['::1', 'special'],
    ['0.0.0.0', 'special'],
    ['::', 'special'],
    ['10.1.2.3', 'special'],
    ['169.254.169.254', 'special'],
    ['100.64.0.1', 'special'],
    ['224.0.0.1', 'special'],
    ['fd00:ec2::254', 'special'],
    ['fe80::1', 'special'],
    ['fe80::1%eth0', 'special'],
    ['::ffff:127.0.0.1', 'special'],
    ['::ffff:7f00:1', 'special'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'special'],
    ['::127.0.0.1', 'special'],
    ['64:ff9b::a9fe:a9fe', 'special'],
    ['2002:7f00:1::', 'special'],
    ['2001::1', 'special'],
    ['host.example', 'special'],
    ['', 'special'],
    ['0x7f.1', 'special'],
    ['[::1]', 'special'],
  ])('%p: %s', (address, want) => {
    const checked = guard();
    // Twice: the second answer comes from memory.
    expect([checked.check(address, 80), checked.check(address, 80)]).toEqual([want, want]);
  });

  test.each<[string[], string, GuardVerdict]>([
    [['127.0.0.0/8'], '127.0.0.1', 'ok'],
    [['127.0.0.0/8'], '::ffff:127.0.0.1', 'ok'],
    [['127.0.0.0/8'], '64:ff9b::127.0.0.1', 'ok'],
    [['127.0.0.0/8'], '::1', 'special'],
    [['127.0.0.0/8'], '10.0.0.1', 'special'],
    [['::1/128'], '::1', 'ok'],
    [['10.0.0.0/8'], '2002:a00:1::', 'special'],
    [['2002:a00:1::/48'], '2002:a00:1::', 'ok'],
    [['::/0'], '::ffff:10.0.0.1', 'special'],
    [['::/0'], 'fd00::1', 'ok'],
    [['0.0.0.0/0'], '169.254.169.254', 'ok'],
    [['0.0.0.0/0'], 'host.example', 'special'],
  ])('allowed %p: %s is %s', (allow, address, want) => {
    expect(guard(allow).check(address, 80)).toBe(want);
  });

  test('a configured NAT64 prefix is unwrapped, and the IPv4 address inside is what an allowance names', () => {
    const checked = guard(['10.0.0.0/8', 'fd00:64::/96'], ['fd00:64::/96']);
    expect(['8.8.8.8', '10.0.0.1', '127.0.0.1'].map((inner) => checked.check(`fd00:64::${inner}`, 80))).toEqual([
      'ok',
      'ok',
      'special',
    ]);
  });

  test('permitted keeps the order, and the array itself where all may', () => {
    const checked = guard();
    const clean = ['2606:4700::1111', '8.8.8.8'];
    expect(checked.permitted(clean, 80)).toBe(clean);
    expect(checked.permitted(['2606:4700::1111', '10.0.0.1', '8.8.8.8'], 80)).toEqual(clean);
    expect(checked.permitted(['::1', '127.0.0.1'], 80)).toEqual([]);
  });
});

describe('requirement 31: own listeners, though everything is allowed', () => {
  const everything = ['0.0.0.0/0', '::/0'];

  test.each<[string, string, GuardVerdict]>([
    ['127.0.0.1', '127.0.0.1', 'own'],
    ['127.0.0.1', '::ffff:127.0.0.1', 'own'],
    ['127.0.0.1', '64:ff9b::127.0.0.1', 'own'],
    ['127.0.0.1', 'fd00:64::127.0.0.1', 'own'],
    ['127.0.0.1', '::127.0.0.1', 'own'],
    ['127.0.0.1', '2002:7f00:1::', 'own'],
    ['127.0.0.1', '0.0.0.0', 'own'],
    ['127.0.0.1', '::', 'own'],
    ['127.0.0.1', '::ffff:0.0.0.0', 'own'],
    ['127.0.0.1', '127.0.0.2', 'ok'],
    ['127.0.0.1', '::1', 'ok'],
    ['127.0.0.1', '192.0.2.7', 'ok'],
    ['::1', '::1', 'own'],
    ['::1', '::', 'own'],
    ['::1', '127.0.0.1', 'ok'],
    ['::ffff:127.0.0.1', '127.0.0.1', 'own'],
    ['0.0.0.0', '127.0.0.1', 'own'],
    ['0.0.0.0', '127.9.9.9', 'own'],
    ['0.0.0.0', '::1', 'own'],
    ['0.0.0.0', '192.0.2.7', 'own'],
    ['0.0.0.0', '2001:db8::7', 'own'],
    ['0.0.0.0', 'fd00:64::192.0.2.7', 'own'],
    ['0.0.0.0', '192.0.2.8', 'ok'],
    ['::', '127.0.0.1', 'own'],
    ['::', '2001:db8::7', 'own'],
    ['::', '2001:db8::8', 'ok'],
    ['192.0.2.7', '192.0.2.7', 'own'],
    ['192.0.2.7', '127.0.0.1', 'ok'],
    ['not-an-address', '127.0.0.1', 'own'],
  ])('listening on %s: %s is %s', (listening, address, want) => {
    const checked = guard(everything, ['fd00:64::/96'], ['192.0.2.7', '2001:db8::7']);
    expect(checked.check(address, 3128)).toBe('ok');
    checked.setOwn([{ address: listening, port: 3128 }]);
    expect([checked.check(address, 3128), checked.check(address, 3129)]).toEqual([want, 'ok']);
    expect(checked.check(parseIpAddress(address)!, 3128)).toBe(want);
  });

  test('setOwn replaces what was known', () => {
    const checked = guard(everything);
    checked.setOwn([
      { address: '127.0.0.1', port: 3128 },
      { address: '127.0.0.1', port: 9090 },
      { address: '127.0.0.2', port: 9090 },
    ]);
    expect([
      checked.check('127.0.0.1', 9090),
      checked.check('127.0.0.2', 9090),
      checked.check('127.0.0.2', 3128),
    ]).toEqual(['own', 'own', 'ok']);
    checked.setOwn([{ address: '127.0.0.1', port: 4000 }]);
    expect([checked.check('127.0.0.1', 9090), checked.check('127.0.0.1', 4000)]).toEqual(['ok', 'own']);
  });

  test('an address the machine gets later is covered, and the interfaces are read at most once a second', () => {
    let now = 0;
    let reads = 0;
    let local = ['192.0.2.7'];
    const ownAddresses = (): Uint8Array[] => {
      reads++;
      return local.map((text) => parseIpAddress(text)!);
    };
    const checked = new DestinationGuard({ allow: prefixes(...everything), nat64: [], ownAddresses, now: () => now });
    checked.setOwn([{ address: '0.0.0.0', port: 3128 }]);
    local = ['192.0.2.7', '192.0.2.8'];
    expect([checked.check('192.0.2.7', 3128), checked.check('192.0.2.8', 3128)]).toEqual(['own', 'own']);
    local = ['192.0.2.9'];
    now = 999;
    expect([checked.check('192.0.2.9', 3128), reads]).toEqual(['ok', 1]);
    now = 1000;
    expect([checked.check('192.0.2.9', 3128), reads]).toEqual(['own', 2]);
  });

  test('what is said of whose address it is follows the interfaces, at most a second later', () => {
    let now = 0;
    let local = ['192.0.2.7'];
    const ownAddresses = (): Uint8Array[] => local.map((text) => parseIpAddress(text)!);
    const checked = new DestinationGuard({ allow: [], nat64: [], ownAddresses, now: () => now });
    const own = (): boolean[] =>
      ['192.0.2.7', '192.0.2.8', '127.0.0.1', 'none'].map((text) => checked.isOwnAddress(text));
    expect([own(), own()]).toEqual([
      [true, false, true, false],
      [true, false, true, false],
    ]);
    local = ['192.0.2.8'];
    now = 1000;
    expect(own()).toEqual([false, true, true, false]);
    local = [];
    now = 2000;
    expect(own()).toEqual([false, false, true, false]);
  });

  // Was so: a steered listener with several addresses has port 80 on all of this machine's, and the guard's page at that port passed for a loop.
  test.each<[string, string, GuardVerdict]>([
    ['0.0.0.0', '127.0.0.1', 'ok'],
    ['::', '127.0.0.1', 'ok'],
    ['::', '127.0.0.2', 'own'],
    ['::', '192.0.2.7', 'own'],
    ['127.0.0.1', '127.0.0.1', 'own'],
    ['127.0.0.2', '127.0.0.1', 'ok'],
  ])("the guard's page at our own port, listening on %s: %s is %s", (listening, address, want) => {
    const page = { address: '127.0.0.1', port: 80 };
    const ownAddresses = [parseIpAddress('192.0.2.7')!];
    const checked = new DestinationGuard({ allow: prefixes(...everything), nat64: [], ownAddresses, page });
    checked.setOwn([{ address: listening, port: 80 }]);
    expect([checked.check(address, 80), checked.check(parseIpAddress(address)!, 80)]).toEqual([want, want]);
  });

  test('by default the interfaces of this machine', () => {
    const checked = new DestinationGuard({ allow: prefixes(...everything), nat64: [] });
    checked.setOwn([{ address: '::', port: 3128 }]);
    const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
      (entries ?? []).map((entry) => entry.address),
    );
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => checked.check(address, 3128) !== 'own')).toEqual([]);
  });
});

test('total on any text and bytes', () => {
  const checked = guard(['10.0.0.0/8'], ['fd00:64::/96'], ['192.0.2.7']);
  checked.setOwn([{ address: '::', port: 3128 }]);
  const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.%[\]/]{0,50}$/));
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 20 })), fc.constantFrom(80, 3128), (address, port) => {
      expect(['ok', 'special', 'own']).toContain(checked.check(address, port));
    }),
  );
});
