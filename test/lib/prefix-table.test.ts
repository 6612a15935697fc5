import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PrefixTable, prefixSet } from '../../src/lib/prefix-table.ts';
import { maskedAddress, parseIpAddress, parsePrefix, prefixContains } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

function found(prefixes: readonly string[], address: string): string | null {
  return new PrefixTable(prefixes.map((text) => [prefix(text), text] as const)).find(parseIpAddress(address)!);
}

describe('the longest prefix that holds an address', () => {
  test.each([
    { prefixes: [], address: '192.0.2.1', want: null },
    { prefixes: ['192.0.2.0/24'], address: '192.0.2.0', want: '192.0.2.0/24' },
    { prefixes: ['192.0.2.0/24'], address: '192.0.2.255', want: '192.0.2.0/24' },
    { prefixes: ['192.0.2.0/24'], address: '192.0.3.0', want: null },
    { prefixes: ['192.0.2.0/24'], address: '192.0.1.255', want: null },
    { prefixes: ['192.0.2.0/24', '192.0.2.128/25'], address: '192.0.2.127', want: '192.0.2.0/24' },
    { prefixes: ['192.0.2.128/25', '192.0.2.0/24'], address: '192.0.2.128', want: '192.0.2.128/25' },
    { prefixes: ['192.0.2.0/24', '192.0.2.0/25', '192.0.2.0/26'], address: '192.0.2.1', want: '192.0.2.0/26' },
    { prefixes: ['192.0.2.0/24', '192.0.2.0/25', '192.0.2.0/26'], address: '192.0.2.100', want: '192.0.2.0/25' },
    { prefixes: ['0.0.0.0/0', '255.255.255.255'], address: '255.255.255.255', want: '255.255.255.255' },
    { prefixes: ['0.0.0.0/0', '255.255.255.255'], address: '255.255.255.254', want: '0.0.0.0/0' },
    { prefixes: ['0.0.0.0/0', '0.0.0.0'], address: '0.0.0.0', want: '0.0.0.0' },
    { prefixes: ['0.0.0.0/0'], address: '2001:db8::1', want: null },
    { prefixes: ['::/0'], address: '192.0.2.1', want: null },
    { prefixes: ['192.0.2.0/24'], address: '::ffff:192.0.2.1', want: '192.0.2.0/24' },
    { prefixes: ['::ffff:192.0.2.0/120'], address: '192.0.2.1', want: '::ffff:192.0.2.0/120' },
    { prefixes: ['::/0', '2001:db8::/32', '2001:db8:1::/48'], address: '2001:db8:1::9', want: '2001:db8:1::/48' },
    { prefixes: ['::/0', '2001:db8::/32', '2001:db8:1::/48'], address: '2001:db8:2::9', want: '2001:db8::/32' },
    { prefixes: ['::/0', '2001:db8::/32', '2001:db8:1::/48'], address: '2001:db9::', want: '::/0' },
    { prefixes: ['2001:db8:ffff::/48'], address: '2001:db9::', want: null },
  ])('of $prefixes for $address: $want', ({ prefixes, address, want }) => {
    expect(found(prefixes, address)).toBe(want);
  });

  test('of two that are equal the first counts', () => {
    const same = prefix('192.0.2.0/24');
    const table = new PrefixTable([
      [same, 'first'],
      [prefix('192.0.0.0/16'), 'around'],
      [same, 'second'],
    ]);
    expect(table.find(parseIpAddress('192.0.2.1')!)).toBe('first');
  });
});

/** Bytes from a small alphabet: prefixes meet, nest and touch. */
const bytes = (length: number) =>
  fc.array(fc.constantFrom(0, 1, 2, 127, 128, 254, 255), { minLength: length, maxLength: length });
const addresses = fc.oneof(bytes(4), bytes(16)).map((all) => Uint8Array.from(all));
const prefixes = fc
  .tuple(addresses, fc.nat({ max: 128 }))
  .map(([address, bits]): Prefix => ({ address, bits: Math.min(bits, address.length * 8) }))
  .map(({ address, bits }): Prefix => ({ address: maskedAddress(address, bits), bits }));

test('is what asking one prefix after the other finds', () => {
  fc.assert(
    fc.property(
      fc.array(prefixes, { maxLength: 40, size: 'max' }),
      fc.array(addresses, { maxLength: 20, size: 'max' }),
      (all, asked) => {
        const table = new PrefixTable(all.map((each) => [each, each.bits] as const));
        const some = prefixSet(all);
        // Where a prefix begins and ends is where a mistake would be.
        const borders = all.flatMap(({ address, bits }) => [address, lastOf(address, bits)]);
        for (const address of [...asked, ...borders]) {
          const holding = all.filter((each) => prefixContains(each, address)).map(({ bits }) => bits);
          expect(table.find(address)).toBe(holding.length === 0 ? null : Math.max(...holding));
          expect(some.find(address)).toBe(holding.length === 0 ? null : true);
        }
      },
    ),
  );
});

function lastOf(address: Uint8Array, bits: number): Uint8Array {
  return address.map((byte, i) => byte | (255 >> Math.min(8, Math.max(0, bits - i * 8))));
}
