/**
 * Says what an IP address is for: public, or one of the special purposes of the IANA registries (RFC 6890).
 */
import type { Prefix } from '../lib/types.ts';

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
  | 'teredo';

/** Total: an array that is neither 4 nor 16 bytes long is 'reserved'. */
export function classifyAddress(address: Uint8Array, nat64: readonly Prefix[]): AddressClass {
  throw new Error(`to be written: ${address.length} ${nat64.length}`);
}
