/**
 * Clients by address: may they use the proxy, are they exempt, which policy do they have, how many connections does their prefix hold. What is kept
 * is bounded, whatever addresses connect.
 *
 *   address ─▶ described once, remembered ─▶ counted by prefix, against the cap of its range
 *
 * It must not write an address into a log or a metric.
 */
import { LRUCache } from 'lru-cache';
import { policyOf } from '../config/policy-of.ts';
import type { Config, LimitsConfig, PolicyConfig, SharedRange } from '../config/types.ts';
import { parseIpAddress, plainAddress, prefixKey } from '../lib/prefix.ts';
import { PrefixTable, prefixSet } from '../lib/prefix-table.ts';
import { ASKING_ITSELF } from '../lib/special-addresses.ts';

export interface Client {
  /** As text, IPv4 in dotted form. Goes into X-Forwarded-For, never into a log or a metric. */
  readonly address: string;
  readonly allowed: boolean;
  /** Never judged (police, clearing house). */
  readonly exempt: boolean;
  /** Whose lists apply in place of the listener's; null: the listener's do. */
  readonly policy: PolicyView | null;
  /** Connections are counted by this. Bytes, not text. */
  readonly prefix: string;
  /** Connections the prefix may hold; Infinity where many customers share an address and no cap is given. */
  readonly maxConnections: number;
  /** Questions of the prefix that may wait at a DNS listener; Infinity for this machine's own addresses, and for shared ones without a cap. */
  readonly maxQuestions: number;
  /** False for addresses that many customers share, and for this machine's own. */
  readonly isOneClient: boolean;
  /** This machine asks itself from there, or its guard does. */
  readonly isOwn: boolean;
}

/** A policy as the connections of its clients see it. */
export interface PolicyView {
  readonly name: string;
  /** Bit i: list i applies. It changes with the lists. */
  listMask: number;
}

const REMEMBERED = 16_384;

export class ClientRegistry {
  /** Another one: clients that were given out before are described anew. */
  revision = 0;
  #allow = prefixSet([]);
  #exempt = prefixSet([]);
  #policies: readonly PolicyConfig[] = [];
  #views: ReadonlyMap<string, PolicyView> = new Map();
  #limits: LimitsConfig;
  /** Addresses from which this machine asks itself. */
  #own: ReadonlySet<string> = new Set();
  /** From which the guard's probes may come besides; nobody there is trusted with more. */
  #asking: ReadonlySet<string | null> = new Set();
  #shared = new PrefixTable<SharedRange>([]);
  readonly #known = new LRUCache<string, Client>({ max: REMEMBERED });
  /** Open connections by prefix; only prefixes that hold one. */
  readonly #open = new Map<string, number>();

  constructor(config: Config, policyMasks: PolicyMasks) {
    this.#limits = config.limits;
    this.configure(config, policyMasks, []);
  }

  /** For whoever changes the lists: masks must change with them. */
  get policies(): Iterable<PolicyView> {
    return this.#views.values();
  }

  /** From now on these prefixes and caps. `connections`, all that are open, are counted anew; none is ended. */
  configure(
    { clients, exempt, policies, limits, listeners, guard }: Config,
    policyMasks: PolicyMasks,
    connections: Iterable<{ client: Client | null }>,
  ): void {
    this.#allow = prefixSet(clients.allow);
    this.#exempt = prefixSet(exempt.clients);
    this.#policies = policies;
    this.#views = new Map(policies.map(({ name }) => [name, { name, listMask: policyMasks.get(name) ?? 0 }]));
    this.#limits = limits;
    this.#own = new Set(['127.0.0.1', '::1', ASKING_ITSELF, ...listeners.map(({ address }) => address)]);
    this.#asking = new Set((guard?.probes ?? []).flatMap(({ from, address }) => [from, address].map(plainOrNone)));
    this.#shared = new PrefixTable(limits.sharedAddresses.map((range) => [range.prefix, range] as const));
    this.revision += 1;
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
    if (bytes === null) return NOBODY;
    const address = plainAddress(text);
    const policy = policyOf(this.#policies, bytes);
    return {
      address,
      allowed: this.#allow.find(bytes) !== null,
      exempt: this.#exempt.find(bytes) !== null,
      policy: policy === null ? null : (this.#views.get(policy.name) ?? null),
      isOwn: this.isOwn(address) || this.#asking.has(address),
      ...this.#counted(bytes, address),
    };
  }

  /** A range that is narrower than a client's prefix is counted apart from what is around it. */
  #counted(
    bytes: Uint8Array,
    address: string,
  ): Pick<Client, 'prefix' | 'maxConnections' | 'maxQuestions' | 'isOneClient'> {
    const { clientPrefix, connectionsPerClient, questionsPerClient } = this.#limits;
    const bits = bytes.length === 4 ? clientPrefix.ipv4 : clientPrefix.ipv6;
    const range = this.#shared.find(bytes);
    if (range === null) {
      const isOneClient = !this.isOwn(address);
      return {
        prefix: markedKey(bytes, bits, 0),
        maxConnections: connectionsPerClient,
        maxQuestions: isOneClient ? questionsPerClient : Infinity,
        isOneClient,
      };
    }
    // 0 is a length that a range can have: the mark of a range is one more.
    const prefix = markedKey(bytes, Math.max(bits, range.prefix.bits), range.prefix.bits + 1);
    return {
      prefix,
      maxConnections: range.connectionsPerClient ?? Infinity,
      maxQuestions: range.questionsPerClient ?? Infinity,
      isOneClient: false,
    };
  }
}

const NOBODY: Client = {
  address: '',
  allowed: false,
  exempt: false,
  policy: null,
  prefix: '',
  maxConnections: 0,
  maxQuestions: 0,
  isOneClient: false,
  isOwn: false,
};

/** A connection to an address of this machine comes from the same one, where no other is named. */
function plainOrNone(address: string | null): string | null {
  return address === null ? null : plainAddress(address);
}

/** Of each policy, by its name. */
type PolicyMasks = ReadonlyMap<string, number>;

function markedKey(bytes: Uint8Array, bits: number, mark: number): string {
  return prefixKey(bytes, bits) + String.fromCharCode(mark);
}
