/**
 * Decides whether an address may be connected to (requirement 31). Every address that resolver.ts gave is checked here
 * before dial.ts sees it: a name anyone controls may resolve to 127.0.0.1 or to a cloud's metadata service.
 *
 *   own listener or admin port? → 'own', whatever is allowed, but for the page of the guard beside a listener on all addresses
 *   public, or in upstream.allow, or the page of the guard? → 'ok'
 *   anything else → 'special'
 *
 * It must not resolve names: what is checked is what is connected to, so that the answer cannot change in between.
 */
import { LRUCache } from 'lru-cache';
import { parseIpAddress, prefixContains } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';
import { embeddedIPv4 } from '../lib/embedded-ipv4.ts';
import { OwnEndpoints, interfaceAddresses } from './own-endpoints.ts';
import type { Endpoint } from './own-endpoints.ts';
import { classifyAddress } from '../lib/special-addresses.ts';

export interface GuardOptions {
  /** Special addresses that are allowed all the same (`upstream.allow`). */
  readonly allow: readonly Prefix[];
  /** `upstream.nat64`; the well-known prefix 64:ff9b::/96 is always unwrapped. */
  readonly nat64: readonly Prefix[];
  /** Connections to these, at any port, come to us. */
  readonly ownPrefixes?: readonly Prefix[];
  /** Addresses of this machine beside those of its interfaces: what listens on all addresses is reached there. */
  readonly ownNetworks?: readonly Prefix[];
  /** One address and port that is allowed besides: the page of `cleanfeed guard`. */
  readonly page?: Endpoint | null;
  /** Addresses of this machine, for wildcard listeners; a function is asked again at most once a second. */
  readonly ownAddresses?: readonly Uint8Array[] | (() => readonly Uint8Array[]);
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** 'special': not public and not allowed, or not an address at all. 'own': one of our own listeners. */
export type GuardVerdict = 'ok' | 'special' | 'own';

/** Address texts whose verdict is kept, so that an origin's address is not parsed again for each connection. */
const REMEMBERED = 4096;

export class DestinationGuard {
  readonly #allow: readonly Prefix[];
  readonly #nat64: readonly Prefix[];
  readonly #ownPrefixes: readonly Prefix[];
  readonly #own: OwnEndpoints;
  readonly #page: { readonly address: Uint8Array | null; readonly port: number } | null;
  /** By address text: whether it may be connected to as far as ports do not matter. */
  readonly #verdicts = new LRUCache<string, boolean>({ max: REMEMBERED });
  /** By address text: whether it is this machine's, as of an edition of its addresses. */
  readonly #ownTexts = new LRUCache<string, boolean>({ max: REMEMBERED });
  #ownEdition = 0;

  constructor(options: GuardOptions) {
    const { ownPrefixes = [], ownNetworks = [], page = null } = options;
    const { ownAddresses = interfaceAddresses, now = () => performance.now() } = options;
    this.#allow = options.allow;
    this.#nat64 = options.nat64;
    this.#ownPrefixes = ownPrefixes;
    this.#page = page === null ? null : { address: parseIpAddress(page.address), port: page.port };
    const local = typeof ownAddresses === 'function' ? ownAddresses : () => ownAddresses;
    this.#own = new OwnEndpoints(local, now, ownNetworks);
  }

  /** Replaces what is known of our own listeners: the proxy's, of all workers, and the admin server's. */
  setOwn(endpoints: readonly Endpoint[]): void {
    this.#own.set(endpoints);
  }

  /** Total: what is not an address (text or 4 or 16 bytes) is 'special'. */
  check(address: Uint8Array | string, port: number): GuardVerdict {
    if (this.#own.hasPort(port) && this.#isOwn(address, port))
      return this.#isPageBesideUs(address, port) ? 'ok' : 'own';
    if (this.#ownPrefixes.length > 0 && this.#isInOwnPrefix(address)) return 'own';
    const isAllowed = typeof address === 'string' ? this.#textAllowed(address) : this.#allowed(address);
    return isAllowed || this.#isPage(address, port) ? 'ok' : 'special';
  }

  /** Whether a connection to this address ends at this machine, whoever listens there. */
  isOwnAddress(address: string): boolean {
    const { edition } = this.#own;
    if (edition !== this.#ownEdition) this.#ownTexts.clear();
    this.#ownEdition = edition;
    const known = this.#ownTexts.get(address);
    if (known !== undefined) return known;
    const bytes = parseIpAddress(address);
    const isOwn = bytes !== null && (this.#own.isLocal(bytes) || this.#isInOwnPrefix(bytes));
    this.#ownTexts.set(address, isOwn);
    return isOwn;
  }

  /** The addresses that may be connected to, in the same order; the same array (nothing allocated) where all may. */
  permitted(addresses: readonly string[], port: number): readonly string[] {
    for (const address of addresses) {
      if (this.check(address, port) !== 'ok')
        return addresses.filter((candidate) => this.check(candidate, port) === 'ok');
    }
    return addresses;
  }

  #isInOwnPrefix(address: Uint8Array | string): boolean {
    const bytes = typeof address === 'string' ? parseIpAddress(address) : address;
    return bytes !== null && this.#ownPrefixes.some((prefix) => prefixContains(prefix, bytes));
  }

  /** The guard's page holds nothing: to allow the whole loopback address for its sake would open every service of this machine. */
  #isPage(address: Uint8Array | string, port: number): boolean {
    if (this.#page?.port !== port || this.#page.address === null) return false;
    const bytes = typeof address === 'string' ? parseIpAddress(address) : address;
    return bytes !== null && Buffer.compare(bytes, this.#page.address) === 0;
  }

  /**
   * A steered listener with several addresses has the page's port on all addresses of this machine; the guard has it on one, and the kernel
   * gives that one's connections to the guard. Where no guard runs they come to the listener, which takes nobody at such an address.
   */
  #isPageBesideUs(address: Uint8Array | string, port: number): boolean {
    const page = this.#page?.address ?? null;
    return page !== null && this.#isPage(address, port) && !this.#own.hasItself(page, port);
  }

  #isOwn(address: Uint8Array | string, port: number): boolean {
    const bytes = typeof address === 'string' ? parseIpAddress(address) : address;
    if (bytes === null) return false;
    const embedded = embeddedIPv4(bytes, this.#nat64);
    return this.#own.has(bytes, port) || (embedded !== null && this.#own.has(embedded.address, port));
  }

  #textAllowed(text: string): boolean {
    const known = this.#verdicts.get(text);
    if (known !== undefined) return known;
    const bytes = parseIpAddress(text);
    const allowed = bytes !== null && this.#allowed(bytes);
    this.#verdicts.set(text, allowed);
    return allowed;
  }

  #allowed(address: Uint8Array): boolean {
    if (classifyAddress(address, this.#nat64) === 'public') return true;
    const embedded = embeddedIPv4(address, this.#nat64);
    // A 6to4 address is reached through a tunnel that ends at the IPv4 address: allowing the one does not allow the other.
    const reached = embedded === null || embedded.kind === '6to4' ? address : embedded.address;
    return this.#allow.some((prefix) => prefixContains(prefix, reached));
  }
}
