/**
 * Clients by address: may they use the proxy, are they exempt, how many connections does their prefix hold. What is kept
 * is bounded, whatever addresses connect.
 *
 *   address ─▶ described once, remembered ─▶ counted by prefix, against the cap of its range
 */
import { LRUCache } from 'lru-cache';
import type { Config, LimitsConfig, SharedRange } from '../config/types.ts';
import { maskedAddress, parseIpAddress, prefixContains } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';

export interface Client {
  /** As text, IPv4 in dotted form. Goes into X-Forwarded-For, never into a log or a metric. */
  readonly address: string;
  readonly allowed: boolean;
  /** Never judged (police, clearing house). */
  readonly exempt: boolean;
  /** Connections are counted by this. Bytes, not text. */
  readonly prefix: string;
  /** Connections the prefix may hold; Infinity where many customers share an address and no cap is given. */
  readonly maxConnections: number;
  /** False for addresses that many customers share, and for this machine's own. */
  readonly isOneClient: boolean;
}

const REMEMBERED = 16_384;

export class ClientRegistry {
  #allow: readonly Prefix[] = [];
  #exempt: readonly Prefix[] = [];
  #limits: LimitsConfig;
  /** Addresses from which this machine asks itself. */
  #own: ReadonlySet<string> = new Set();
  /** The longest prefixes first: the first that fits is the one that counts. */
  #shared: readonly SharedRange[] = [];
  readonly #known = new LRUCache<string, Client>({ max: REMEMBERED });
  /** Open connections by prefix; only prefixes that hold one. */
  readonly #open = new Map<string, number>();

  constructor(config: Config) {
    this.#limits = config.limits;
    this.configure(config, []);
  }

  /** From now on these prefixes and caps. `connections`, all that are open, are counted anew; none is ended. */
  configure({ clients, exempt, limits, listeners }: Config, connections: Iterable<{ client: Client | null }>): void {
    this.#allow = clients.allow;
    this.#exempt = exempt.clients;
    this.#limits = limits;
    this.#own = new Set(['127.0.0.1', '::1', ...listeners.map(({ address }) => address)]);
    this.#shared = limits.sharedAddresses.toSorted((a, b) => b.prefix.bits - a.prefix.bits);
    this.#known.clear();
    this.#open.clear();
    for (const connection of connections) {
      if (connection.client === null) continue;
      connection.client = this.client(connection.client.address);
      this.#count(connection.client);
    }
  }

  /** `text`: the socket's remote address. */
  client(text: string): Client {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const client = this.#describe(text);
    this.#known.set(text, client);
    return client;
  }

  /** Whether this machine asks itself from there. */
  isOwn(address: string): boolean {
    return this.#own.has(address);
  }

  /** Counts a connection. @returns false if the client's prefix holds as many as it may. */
  open(client: Client): boolean {
    if ((this.#open.get(client.prefix) ?? 0) >= client.maxConnections) return false;
    this.#count(client);
    return true;
  }

  close(client: Client): void {
    const count = this.#open.get(client.prefix) ?? 0;
    if (count > 1) this.#open.set(client.prefix, count - 1);
    else this.#open.delete(client.prefix);
  }

  #count({ prefix }: Client): void {
    this.#open.set(prefix, (this.#open.get(prefix) ?? 0) + 1);
  }

  #describe(text: string): Client {
    const bytes = parseIpAddress(text);
    if (bytes === null)
      return { address: '', allowed: false, exempt: false, prefix: '', maxConnections: 0, isOneClient: false };
    const within = (prefixes: readonly Prefix[]): boolean => prefixes.some((prefix) => prefixContains(prefix, bytes));
    const address = text.replace(/^::ffff:(?=\d+\.)/, '');
    return { address, allowed: within(this.#allow), exempt: within(this.#exempt), ...this.#counted(bytes, address) };
  }

  /** A range that is narrower than a client's prefix is counted apart from what is around it. */
  #counted(bytes: Uint8Array, address: string): Pick<Client, 'prefix' | 'maxConnections' | 'isOneClient'> {
    const { clientPrefix, connectionsPerClient } = this.#limits;
    const bits = bytes.length === 4 ? clientPrefix.ipv4 : clientPrefix.ipv6;
    const range = this.#shared.find(({ prefix }) => prefixContains(prefix, bytes));
    if (range === undefined)
      return {
        prefix: prefixKey(bytes, bits, 0),
        maxConnections: connectionsPerClient,
        isOneClient: !this.isOwn(address),
      };
    // 0 is a length that a range can have: the mark of a range is one more.
    const prefix = prefixKey(bytes, Math.max(bits, range.prefix.bits), range.prefix.bits + 1);
    return { prefix, maxConnections: range.connectionsPerClient ?? Infinity, isOneClient: false };
  }
}

function prefixKey(bytes: Uint8Array, bits: number, mark: number): string {
  return Buffer.from([...maskedAddress(bytes, bits), mark]).toString('latin1');
}
