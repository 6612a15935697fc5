import { BlockList, isIP, SocketAddress } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  formatAddress,
  formatPrefix,
  parseIpAddress,
  parsePrefix,
  prefixContains,
  plainAddress,
  prefixKey,
} from '../../src/lib/prefix.ts';

test('a text that is longer than any address is none', () => {
  const longest = '0000:0000:0000:0000:0000:0000:255.255.255.255';
  expect([longest, `0${longest}`].map((text) => [text.length, parseIpAddress(text)?.length ?? null])).toEqual([
    [45, 16],
    [46, null],
  ]);
});

describe('parseIpAddress', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    // The longest text (INET6_ADDRSTRLEN).
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '255.255.255.255'],
  ])('%s is %s', (text, want) => {
    const bytes = parseIpAddress(text);
    expect(bytes).not.toBeNull();
    expect(formatAddress(bytes!)).toBe(want);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '0x7f.0.0.1',
    '256.0.0.1',
    '1.2.3.4 ',
    '[::1]',
    ':',
    ':::',
    '1:::2',
    ':1::2',
    '1::2:',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4:5:6:7',
    '12345::',
    '::1.2.3',
    '1.2.3.4::',
    '1.2.3.4%eth0',
    '%eth0',
  ])('%j is no address', (text) => {
    expect(parseIpAddress(text)).toBeNull();
  });

  test('agrees with the platform on any text of address characters', () => {
    const characters = fc.constantFrom('0', '1', 'a', 'F', '9', ':', '::', '.', '1.2', '255', 'ffff');
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 20 }), (parts) => {
        const text = parts.join('');
        expect(parseIpAddress(text) !== null).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is formatted is what the platform writes, and reads back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4()), (text) => {
        const bytes = parseIpAddress(text)!;
        const again = formatAddress(bytes);
        expect(parseIpAddress(again)).toEqual(bytes);
        expect(isIP(again)).toBe(bytes.length === 16 ? 6 : 4);
      }),
    );
    expect(
      new SocketAddress({ address: formatAddress(parseIpAddress('2001:db8::0:1')!), family: 'ipv6' }).address,
    ).toBe('2001:db8::1');
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
])('%s, as a socket reports it, is plainly %s', (text, want) => {
  expect(plainAddress(text)).toBe(want);
});

describe('parsePrefix', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['fc00::/7', 'fc00::/7'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('%s is %s', (text, want) => {
    const parsed = parsePrefix(text);
    expect(parsed.ok && formatPrefix(parsed.value)).toBe(want);
  });

  test.each([
    ['10.0.0.1/8', /did you mean 10\.0\.0\.0\/8\?/],
    ['2001:db8::1/32', /did you mean 2001:db8::\/32\?/],
    ['10.0.0.0/33', /0 to 32/],
    ['10.0.0.0/08', /0 to 32/],
    ['10.0.0.0/', /0 to 32/],
    ['::/129', /0 to 128/],
    ['host.example/8', /not an address or prefix/],
    ['', /not an address or prefix/],
  ])('%j is refused', (text, reason) => {
    const parsed = parsePrefix(text);
    expect(parsed).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

test('containment agrees with the platform', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, bits, address) => {
      const near = `${base.split('.').slice(0, 2).join('.')}.${address.split('.').slice(2).join('.')}`;
      const platform = new BlockList();
      platform.addSubnet(base, bits, 'ipv4');
      const prefix = { address: masked(parseIpAddress(base)!, bits), bits };
      for (const candidate of [address, near, base])
        expect(prefixContains(prefix, parseIpAddress(candidate)!)).toBe(platform.check(candidate));
    }),
  );
});

test('one key for what has the first bits in common, for each family, in whatever spelling', () => {
  const key = (text: string, bits: number): string => prefixKey(parseIpAddress(text)!, bits);
  expect(key('192.0.2.1', 24)).toBe(key('192.0.2.254', 24));
  expect(key('192.0.2.1', 24)).not.toBe(key('192.0.3.1', 24));
  expect(key('::ffff:192.0.2.1', 32)).toBe(key('192.0.2.1', 32));
  expect(key('2001:db8::1', 56)).toBe(key('2001:db8:0:ff::2', 56));
  expect(key('2001:db8::1', 56)).not.toBe(key('2001:db8:0:100::1', 56));
  // Bytes: one character each, so that a longer key is never the shorter one's.
  expect([key('192.0.2.1', 8), key('2001:db8::1', 8)].map(({ length }) => length)).toEqual([4, 16]);
});

test('families never mix', () => {
  const everything = parsePrefix('::/0');
  expect(everything.ok && prefixContains(everything.value, parseIpAddress('192.0.2.1')!)).toBe(false);
});

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, i) => byte & (bits >= i * 8 + 8 ? 255 : bits <= i * 8 ? 0 : 256 - 2 ** (8 - (bits - i * 8))));
}
