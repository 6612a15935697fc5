/**
 * To which address of the filter a host is steered: the same on every node and after every restart, so that a client's connections
 * for one host meet one address, and hosts are spread over all.
 *
 *   IPv4: one of the addresses in all prefixes        IPv6: a prefix, and 64 bits of the host's digest behind it
 *
 * It must not remember a host.
 */
import { createHash } from 'node:crypto';
import type { Prefix } from '../lib/types.ts';

const IPV4_BITS = 32;
const IPV6_BYTES = 16;
const DIGEST_BYTES = 8;
const NONE: readonly Uint8Array[] = [];

export class SteerAddresses {
  readonly #pools: { readonly a: readonly Prefix[]; readonly aaaa: readonly Prefix[] } | null;
  readonly #sizes: readonly number[];
  readonly #total: number;

  constructor(pools: { readonly a: readonly Prefix[]; readonly aaaa: readonly Prefix[] } | null) {
    this.#pools = pools;
    this.#sizes = (pools?.a ?? []).map(({ bits }) => 2 ** (IPV4_BITS - bits));
    this.#total = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Nothing is steered. */
  get isOff(): boolean {
    return this.#pools === null;
  }

  /** @returns one, or none where the filter has none of this family; null where nothing is steered. */
  ipv4(host: string): readonly Uint8Array[] | null {
    if (this.#pools === null) return null;
    let left = Number(digestOf(host).readBigUInt64BE() % BigInt(Math.max(1, this.#total)));
    for (const [index, { address }] of this.#pools.a.entries()) {
      const size = this.#sizes[index] ?? 0;
      if (left < size) {
        const bytes = Buffer.from(address);
        bytes.writeUInt32BE(bytes.readUInt32BE() + left);
        return [bytes];
      }
      left -= size;
    }
    return NONE;
  }

  /** As `ipv4`. */
  ipv6(host: string): readonly Uint8Array[] | null {
    if (this.#pools === null) return null;
    const { aaaa } = this.#pools;
    const digest = digestOf(host);
    const prefix = aaaa[digest.readUInt32BE() % Math.max(1, aaaa.length)];
    if (prefix === undefined) return NONE;
    const bytes = Buffer.from(prefix.address);
    // Of a prefix longer than 64 bits, its own bits stay.
    for (let i = 0; i < DIGEST_BYTES; i++) {
      const at = IPV6_BYTES - DIGEST_BYTES + i;
      const free = 0xff >> Math.min(8, Math.max(0, prefix.bits - at * 8));
      bytes[at] = ((bytes[at] ?? 0) & ~free) | ((digest[i] ?? 0) & free);
    }
    return [bytes];
  }
}

function digestOf(host: string): Buffer {
  return createHash('sha256').update(host, 'latin1').digest();
}
