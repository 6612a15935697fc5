/**
 * Whose datagram it is, by the bytes of its address: the registry's clients, found without making a text of the address. It
 * remembers so many that a busy client is nearly always found at once; it must not decide anything.
 */
import type { Client, ClientRegistry } from '../accept/client-registry.ts';
import { peerLength, readPeer } from './datagrams/datagrams.ts';

const REMEMBERED = 8192;
const WORDS = 4;
const AF_INET = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const MAPPED = 0xffff;

export class ClientLookup {
  readonly #registry: ClientRegistry;
  readonly #seed: number;
  /** Of each, its address as IPv6: IPv4 is mapped. */
  readonly #addresses = new Int32Array(REMEMBERED * WORDS);
  readonly #clients: (Client | null)[] = Array.from({ length: REMEMBERED }, () => null);
  #revision = -1;

  constructor(registry: ClientRegistry, seed: number) {
    this.#registry = registry;
    this.#seed = seed;
  }

  of(bytes: Buffer, peer: number): Client {
    const registry = this.#registry;
    if (registry.revision !== this.#revision) {
      this.#clients.fill(null);
      this.#revision = registry.revision;
    }
    const isV4 = bytes[peer] === AF_INET;
    const a = isV4 ? 0 : four(bytes, peer + IPV6_AT);
    const b = isV4 ? 0 : four(bytes, peer + IPV6_AT + 4);
    const c = isV4 ? MAPPED : four(bytes, peer + IPV6_AT + 8);
    const d = four(bytes, peer + (isV4 ? IPV4_AT : IPV6_AT + 12));
    const place = this.#place(a, b, c, d);
    const at = place * WORDS;
    const addresses = this.#addresses;
    const known = this.#clients[place] ?? null;
    if (
      known !== null &&
      addresses[at + 3] === d &&
      addresses[at + 2] === c &&
      addresses[at + 1] === b &&
      addresses[at] === a
    )
      return known;
    const client = registry.client(peerLength(bytes, peer) === 0 ? '' : readPeer(bytes, peer).address);
    addresses[at] = a;
    addresses[at + 1] = b;
    addresses[at + 2] = c;
    addresses[at + 3] = d;
    this.#clients[place] = client;
    return client;
  }

  #place(a: number, b: number, c: number, d: number): number {
    let hash = Math.imul(this.#seed ^ a, 0x85eb_ca6b) ^ b;
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35) ^ c;
    hash = Math.imul(hash ^ (hash >>> 13), 0x9e37_79b1) ^ d;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    return (hash >>> 8) & (REMEMBERED - 1);
  }
}

function four(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}
