/**
 * Finds the IPv4 address that an IPv6 address stands for. A packet sent to such an address ends at the IPv4 host, so it
 * is that host which must be judged, or `[::ffff:169.254.169.254]` walks past a rule for 169.254.0.0/16.
 *
 * It must not decide anything: special-addresses.ts and forward/destination-guard.ts do.
 */
import { prefixContains } from './prefix.ts';
import type { Prefix } from './types.ts';

export interface EmbeddedIPv4 {
  readonly kind: 'mapped' | 'compatible' | 'nat64' | '6to4';
  /** 4 bytes. */
  readonly address: Uint8Array;
}

/** Leading zero bytes of ::ffff:0:0/96 and ::/96 (RFC 4291 §2.5.5). */
const MAPPED_ZEROS = 10;
const COMPATIBLE_ZEROS = 12;

/** RFC 6052 §2.1; translators use it without being configured here, and nothing else may. */
const WELL_KNOWN_NAT64: Prefix = {
  address: Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  bits: 96,
};

/**
 * @param nat64 the prefixes of RFC 6052; the longest that fits is the one that is meant.
 * @returns null if the address embeds no IPv4 address.
 */
export function embeddedIPv4(address: Uint8Array, nat64: readonly Prefix[]): EmbeddedIPv4 | null {
  if (address.length !== 16) return null;
  const translated = longestNat64(address, nat64);
  if (translated !== null) return { kind: 'nat64', address: nat64Suffix(address, translated.bits) };
  const zeros = leadingZeros(address);
  if (zeros === MAPPED_ZEROS && address[10] === 0xff && address[11] === 0xff)
    return { kind: 'mapped', address: address.slice(12) };
  // :: and ::1 have purposes of their own.
  if (zeros >= COMPATIBLE_ZEROS && !(zeros === 16 || (zeros === 15 && address[15] === 1)))
    return { kind: 'compatible', address: address.slice(12) };
  if (address[0] === 0x20 && address[1] === 0x02) return { kind: '6to4', address: address.slice(2, 6) };
  return null;
}

/** RFC 6052 §2.2: the IPv4 address follows the prefix and jumps over byte 8, which is reserved. */
function nat64Suffix(address: Uint8Array, bits: number): Uint8Array {
  const start = bits / 8;
  const inner = new Uint8Array(4);
  for (let i = 0, at = start; i < 4; i++, at++) {
    if (at === 8) at++;
    inner[i] = address[at] ?? 0;
  }
  return inner;
}

function longestNat64(address: Uint8Array, nat64: readonly Prefix[]): Prefix | null {
  let longest: Prefix | null = prefixContains(WELL_KNOWN_NAT64, address) ? WELL_KNOWN_NAT64 : null;
  for (const prefix of nat64) {
    if (isNat64Length(prefix) && prefixContains(prefix, address) && (longest === null || prefix.bits > longest.bits))
      longest = prefix;
  }
  return longest;
}

function isNat64Length({ address, bits }: Prefix): boolean {
  return address.length === 16 && (bits === 96 || (bits >= 32 && bits <= 64 && bits % 8 === 0));
}

function leadingZeros(address: Uint8Array): number {
  let count = 0;
  while (count < address.length && address[count] === 0) count++;
  return count;
}
