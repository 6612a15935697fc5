/**
 * Says what an IP address is for: public, or one of the special purposes of the IANA registries (RFC 6890, as updated
 * 2025-10). Pure tables; it must not decide what is allowed (forward/destination-guard.ts and outlets/routes do).
 *
 * Stricter than the registries in two places, both harmless: of 192.0.0.0/24 and 2001::/23 nothing counts as public
 * (the anycast exceptions serve no web), and of IPv6 only 2000::/3 does (all that IANA has allocated).
 */
import { parsePrefix, prefixContains } from './prefix.ts';
import type { Prefix } from './types.ts';
import { embeddedIPv4 } from './embedded-ipv4.ts';

export type AddressClass =
  | 'public'
  | 'unspecified'
  | 'this-network'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'protocol'
  | 'documentation'
  | 'benchmarking'
  | 'multicast'
  | 'broadcast'
  | 'reserved'
  | 'unique-local'
  | 'discard'
  | 'segment-routing'
  | 'teredo';

/** From where this machine asks listeners that take nobody for a client who comes from the address he goes to: loopback of its own. */
export const ASKING_ITSELF = '127.255.255.254';

type Table = readonly (readonly [Prefix, AddressClass])[];

/** The first prefix that contains the address names it; where none does it is public. */
const V4 = table([
  ['0.0.0.0/32', 'unspecified'], // RFC 1122 §3.2.1.3; Linux connects it to loopback
  ['0.0.0.0/8', 'this-network'], // RFC 791
  ['10.0.0.0/8', 'private'], // RFC 1918
  ['100.64.0.0/10', 'shared'], // RFC 6598, carrier-grade NAT
  ['127.0.0.0/8', 'loopback'], // RFC 1122
  ['169.254.0.0/16', 'link-local'], // RFC 3927; 169.254.169.254 is the metadata service of clouds
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol'], // RFC 6890 §2.1, DS-Lite, NAT64 discovery
  ['192.0.2.0/24', 'documentation'], // RFC 5737
  ['192.88.99.0/24', 'protocol'], // RFC 7526, deprecated 6to4 relays
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'], // RFC 2544
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'], // RFC 5771
  ['255.255.255.255/32', 'broadcast'], // RFC 8190
  ['240.0.0.0/4', 'reserved'], // RFC 1112
]);

/** As above, but where no prefix contains the address it is public only inside 2000::/3. */
const V6 = table([
  ['::/128', 'unspecified'], // RFC 4291
  ['::1/128', 'loopback'],
  ['100::/64', 'discard'], // RFC 6666
  ['100:0:0:1::/64', 'discard'], // RFC 9780
  ['2001::/32', 'teredo'], // RFC 4380; a client behind a tunnel, whose addresses we cannot know to be public
  ['2001:2::/48', 'benchmarking'], // RFC 5180
  ['2001::/23', 'protocol'], // RFC 2928
  ['2001:db8::/32', 'documentation'], // RFC 3849
  ['3fff::/20', 'documentation'], // RFC 9637
  ['5f00::/16', 'segment-routing'], // RFC 9602
  ['fc00::/7', 'unique-local'], // RFC 4193
  ['fe80::/10', 'link-local'], // RFC 4291
  ['fec0::/10', 'private'], // RFC 3879, deprecated site-local
  ['ff00::/8', 'multicast'],
]);
const GLOBAL_UNICAST = prefix('2000::/3');

/**
 * What `address` is for. IPv6 that stands for an IPv4 address (v4-mapped, v4-compatible, 6to4, NAT64 by the well-known
 * prefix or one of `nat64`) is what that IPv4 address is. Total: neither 4 nor 16 bytes is 'reserved'.
 */
export function classifyAddress(address: Uint8Array, nat64: readonly Prefix[]): AddressClass {
  if (address.length === 4) return find(V4, address) ?? 'public';
  if (address.length !== 16) return 'reserved';
  const embedded = embeddedIPv4(address, nat64);
  if (embedded !== null) return find(V4, embedded.address) ?? 'public';
  return find(V6, address) ?? (prefixContains(GLOBAL_UNICAST, address) ? 'public' : 'reserved');
}

function find(rows: Table, address: Uint8Array): AddressClass | null {
  for (const [prefix, kind] of rows) if (prefixContains(prefix, address)) return kind;
  return null;
}

function table(rows: readonly (readonly [string, AddressClass])[]): Table {
  return rows.map(([text, kind]) => [prefix(text), kind]);
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new TypeError(parsed.reason);
  return parsed.value;
}
