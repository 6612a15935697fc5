/**
 * Which addresses are never steered, wherever a listed name leads (requirements 58, 80): what is not public, what stands for an IPv4 address,
 * ranges that many sites share, what the operator protects, the filter itself and the servers it asks.
 *
 *   special purpose, not in `allow` ─▶ never      an IPv6 address that means an IPv4 one ─▶ never      in one of `ranges` ─▶ never
 *
 * `allow` is `upstream.allow`: an address that the filter may not connect to would be cut off by a route to it.
 * It must not read files, nor know names.
 */
import { embeddedIPv4 } from '../../lib/embedded-ipv4.ts';
import { prefixSet } from '../../lib/prefix-table.ts';
import { parseIpAddress } from '../../lib/prefix.ts';
import { classifyAddress } from '../../lib/special-addresses.ts';
import type { Prefix } from '../../lib/types.ts';

export interface NeverSettings {
  readonly allow: readonly Prefix[];
  readonly nat64: readonly Prefix[];
  readonly ranges: readonly Prefix[];
}

/** Total: what is no address is never steered. */
export function neverSteered({ allow, nat64, ranges }: NeverSettings): (address: string) => boolean {
  const allowed = prefixSet(allow);
  const inRanges = prefixSet(ranges);
  return (text) => {
    const address = parseIpAddress(text);
    // An IPv4 address that is mapped into IPv6 is read as the 4 bytes it stands for.
    if (address === null || text.includes(':') !== (address.length === 16)) return true;
    if (embeddedIPv4(address, nat64) !== null) return true;
    const isReached = classifyAddress(address, nat64) === 'public' || allowed.find(address) === true;
    return !isReached || inRanges.find(address) === true;
  };
}
