/**
 * Clients by address: may they use the proxy, are they exempt, how many connections does their prefix hold. What is kept
 * is bounded, whatever addresses connect.
 */
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/types.ts';
import { parseAddress, prefixContains } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';

export interface Client {
  /** As text, IPv4 in dotted form. Goes into X-Forwarded-For, never into a log or a metric. */
  readonly address: string;
  readonly allowed: boolean;
  /** Never judged (police, clearing house). */
  readonly exempt: boolean;
  /** Connections are counted by this: an IPv4 address, or the /56 an IPv6 customer gets. */
  readonly prefix: string;
}

const REMEMBERED = 16_384;
const IPV6_PREFIX_BYTES = 7;

export class ClientRegistry {
  #allow: readonly Prefix[];
  #exempt: readonly Prefix[];
  readonly #known = new LRUCache<string, Client>({ max: REMEMBERED });
  /** Open connections by prefix; only prefixes that hold one. */
  readonly #open = new Map<string, number>();

  constructor(config: Config) {
    this.#allow = config.clients.allow;
    this.#exempt = config.exempt.clients;
  }

  /** From now on these prefixes; connections that are open stay counted. */
  configure({ clients, exempt }: Config): void {
    this.#allow = clients.allow;
    this.#exempt = exempt.clients;
    this.#known.clear();
  }

  /** The client of an open connection as the prefixes are now. */
  again(client: Client): Client {
    const bytes = parseAddress(client.address);
    return bytes === null ? client : { ...client, ...this.#standing(bytes) };
  }

  /** `text`: the socket's remote address; a socket that is gone already has none. */
  client(text: string | undefined): Client {
    const key = text ?? '';
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const client = this.#describe(key);
    this.#known.set(key, client);
    return client;
  }

  /** Counts a connection; false where the prefix already holds `limit`. */
  open(client: Client, limit: number): boolean {
    const count = this.#open.get(client.prefix) ?? 0;
    if (count >= limit) return false;
    this.#open.set(client.prefix, count + 1);
    return true;
  }

  close(client: Client): void {
    const count = this.#open.get(client.prefix) ?? 0;
    if (count > 1) this.#open.set(client.prefix, count - 1);
    else this.#open.delete(client.prefix);
  }

  #describe(text: string): Client {
    const bytes = parseAddress(text);
    if (bytes === null) return { address: '', allowed: false, exempt: false, prefix: '' };
    const prefix = bytes.length === 4 ? text : Buffer.from(bytes.subarray(0, IPV6_PREFIX_BYTES)).toString('latin1');
    return { address: text.replace(/^::ffff:(?=\d+\.)/, ''), ...this.#standing(bytes), prefix };
  }

  #standing(bytes: Uint8Array): Pick<Client, 'allowed' | 'exempt'> {
    const within = (prefixes: readonly Prefix[]): boolean => prefixes.some((prefix) => prefixContains(prefix, bytes));
    return { allowed: within(this.#allow), exempt: within(this.#exempt) };
  }
}
