/**
 * Knows where this process itself listens, so that nobody reaches the admin port, or the proxy through the proxy, by way
 * of it (requirement 31). It must not be asked for ports other than ours: that is the fast way out.
 *
 * Not known to it: addresses that only another machine maps to us (NAT in front), and `local` routes without an
 * interface address, but for those of steered listeners. There the Via pseudonym ends a loop.
 */
import { networkInterfaces } from 'node:os';
import { parseIpAddress, prefixContains } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';
import { classifyAddress } from '../lib/special-addresses.ts';

export interface Endpoint {
  /** IP address literal as `server.address()` gives it. */
  readonly address: string;
  readonly port: number;
}

const NONE = new Uint8Array(0);
/** Milliseconds. Reading the interfaces takes long beside a request: clients must not be able to ask for it at will. */
const REREAD_MS = 1000;

export class OwnEndpoints {
  /** By port: the addresses listened on; null is every address of this machine. */
  readonly #byPort = new Map<number, (Uint8Array | null)[]>();
  readonly #local: () => readonly Uint8Array[];
  readonly #now: () => number;
  readonly #networks: readonly Prefix[];
  #addresses: readonly Uint8Array[] = [];
  #readAt = -Infinity;
  #edition = 0;

  /** `local` gives the addresses of this machine's interfaces, `networks` are its own beside them; `now` is in milliseconds, monotonic. */
  constructor(local: () => readonly Uint8Array[], now: () => number, networks: readonly Prefix[] = []) {
    this.#networks = networks;
    this.#local = local;
    this.#now = now;
  }

  set(endpoints: readonly Endpoint[]): void {
    this.#byPort.clear();
    this.#readAt = -Infinity;
    for (const { address, port } of endpoints) {
      const listening = this.#byPort.get(port) ?? [];
      listening.push(specificAddress(address));
      this.#byPort.set(port, listening);
    }
  }

  hasPort(port: number): boolean {
    return this.#byPort.has(port);
  }

  /** Whether a connection to this address (4 or 16 bytes, nothing embedded in it) and port would arrive here. */
  has(address: Uint8Array, port: number): boolean {
    const listening = this.#byPort.get(port);
    if (listening === undefined) return false;
    const kind = classifyAddress(address, []);
    // Connecting to 0.0.0.0 or :: is connecting to loopback.
    if (kind === 'unspecified') return true;
    return listening.some((own) => (own === null ? this.isLocal(address) : sameBytes(own, address)));
  }

  /** Whether we listen on this very address at that port, not only on all addresses. */
  hasItself(address: Uint8Array, port: number): boolean {
    return (this.#byPort.get(port) ?? []).some((own) => own !== null && sameBytes(own, address));
  }

  /** Whether it is an address of this machine. */
  isLocal(address: Uint8Array): boolean {
    if (classifyAddress(address, []) === 'loopback') return true;
    if (this.#networks.some((network) => prefixContains(network, address))) return true;
    this.#refresh();
    return this.#addresses.some((local) => sameBytes(local, address));
  }

  /** Another number where `isLocal` may say otherwise than before. */
  get edition(): number {
    this.#refresh();
    return this.#edition;
  }

  #refresh(): void {
    const now = this.#now();
    if (now - this.#readAt < REREAD_MS) return;
    const before = this.#addresses;
    this.#addresses = this.#local();
    this.#readAt = now;
    if (!sameList(before, this.#addresses)) this.#edition += 1;
  }
}

/** Every address of every interface, read now. */
export function interfaceAddresses(): readonly Uint8Array[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .map(({ address }) => parseIpAddress(address))
    .filter((address) => address !== null);
}

/** @returns null for a wildcard; what cannot be read is taken for one, to be on the safe side. */
function specificAddress(text: string): Uint8Array | null {
  const address = parseIpAddress(text);
  return address === null || address.every((byte) => byte === 0) ? null : address;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sameList(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((address, i) => sameBytes(address, b[i] ?? NONE));
}
