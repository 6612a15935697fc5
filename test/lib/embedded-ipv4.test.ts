/** Which IPv4 address an IPv6 address stands for. */
import { describe, expect, test } from '@jest/globals';
import { embeddedIPv4 } from '../../src/lib/embedded-ipv4.ts';
import { formatAddress, parseIpAddress, parsePrefix } from '../../src/lib/prefix.ts';
import type { Prefix } from '../../src/lib/types.ts';

/** All 16 bytes: `parseIpAddress` makes an IPv4 address of a mapped one. */
function bytesOf(text: string): Uint8Array {
  const groups = text.split(':');
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const words = text.includes('::')
    ? [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
    : groups;
  return Uint8Array.from(words.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]));
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

describe('the IPv4 address in an IPv6 address', () => {
  test.each([
    { address: '::ffff:a9fe:a9fe', want: ['mapped', '169.254.169.254'] },
    { address: '::c000:201', want: ['compatible', '192.0.2.1'] },
    { address: '::2', want: ['compatible', '0.0.0.2'] },
    { address: '64:ff9b::c000:201', want: ['nat64', '192.0.2.1'] },
    { address: '2002:c000:201::1', want: ['6to4', '192.0.2.1'] },
    { address: '::', want: null },
    { address: '::1', want: null },
    { address: '2001:db8::1', want: null },
    { address: '::fffe:c000:201', want: null },
  ])('$address: $want', ({ address, want }) => {
    const found = embeddedIPv4(bytesOf(address), []);
    expect(found === null ? null : [found.kind, formatAddress(found.address)]).toEqual(want);
  });

  test.each([
    { bits: 32, address: '2001:db8:c000:201::', want: '192.0.2.1' },
    { bits: 40, address: '2001:db8:1c0:2:1::', want: '192.0.2.1' },
    { bits: 48, address: '2001:db8:1:c000:2:100::', want: '192.0.2.1' },
    { bits: 56, address: '2001:db8:1:1c0:0:201::', want: '192.0.2.1' },
    { bits: 64, address: '2001:db8:1:1:c0:2:100:0', want: '192.0.2.1' },
    { bits: 96, address: '2001:db8:1:1:0:0:c000:201', want: '192.0.2.1' },
  ])('behind a prefix of $bits bits, byte 8 left out (RFC 6052 2.2)', ({ bits, address, want }) => {
    const bytes = bytesOf(address);
    const masked = bytes.map((byte, i) => (i * 8 < bits ? byte : 0));
    const found = embeddedIPv4(bytes, [{ address: masked, bits }]);
    expect([found?.kind, formatAddress(found?.address ?? bytes)]).toEqual(['nat64', want]);
  });

  test('the longest prefix that fits is meant; one of another length is none', () => {
    const bytes = bytesOf('2001:db8:c000:201:0:0:c633:6401');
    const all = [prefix('2001:db8::/32'), prefix('2001:db8:c000:201::/96'), prefix('2001:db8:c000:201::/72')];
    expect(formatAddress(embeddedIPv4(bytes, all)?.address ?? bytes)).toBe('198.51.100.1');
    expect(embeddedIPv4(bytes, [prefix('2001:db8:c000:201::/72')])).toBeNull();
  });

  test('an IPv4 address has none', () => {
    expect(embeddedIPv4(parseIpAddress('192.0.2.1')!, [])).toBeNull();
  });
});
