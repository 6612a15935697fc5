/**
 * Names to addresses (design §4): a literal is itself, `localhost` is loopback (RFC 6761), then the hosts file, then A and
 * AAAA from DNS, kept for their TTL.
 *
 *   lookup(host)  ─ literal │ localhost │ hosts file │ fresh cache ─▶ addresses, at once
 *   resolve(host) ─ the same, or one DNS question shared by all who ask meanwhile ─▶ callback
 *
 * A question counts against whoever asked it until it is answered or given up, also when nobody waits for it any more:
 * names of servers that do not answer must not take the questions of other clients.
 *
 * The servers are those of the configuration, or the system's, whose file is read again when it changes: questions that are
 * open stay with the servers that were asked.
 *
 * It must not decide whether an address may be connected to: destination-guard.ts does, for every address, every time.
 */
import { isIPv4 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { UpstreamConfig } from '../config/types.ts';
import type { CanonicalHost } from '../url/host.ts';
import { queryAddresses } from './address-query.ts';
import type { Answer, ResolveFailure as AnswerFailure } from './address-query.ts';
import { HostsFile } from './hosts-file.ts';
import { NameServer } from '../stub-resolver/name-server.ts';
import { serverAddress, type ServerAddress } from '../stub-resolver/server-address.ts';
import { ResolvConf } from './resolv-conf.ts';

/** 'busy': nobody was asked, too many queries are open already. */
export type ResolveFailure = AnswerFailure | 'busy';

/** The client on whose behalf a name is asked for. */
export interface ResolveClient {
  /** Clients with the same prefix are one. */
  readonly prefix: string;
  readonly maxConnections: number;
}

export interface ResolverOptions {
  readonly dns: UpstreamConfig['dns'];
  /** Usually /etc/hosts. */
  readonly hostsFile: string;
  /** Usually /etc/resolv.conf; read where `dns.servers` names none. */
  readonly resolvConf: string;
  /** Milliseconds, monotonic (`performance.now`): a clock jump must neither keep nor drop names. */
  readonly now: () => number;
}

/** With the files of this machine. */
export function systemResolver(dns: UpstreamConfig['dns']): Resolver {
  return new Resolver({
    dns,
    hostsFile: '/etc/hosts',
    resolvConf: '/etc/resolv.conf',
    now: () => performance.now(),
  });
}

export type ResolveDone = (failure: ResolveFailure | null, addresses: readonly string[]) => void;

interface Known {
  readonly failure: AnswerFailure | null;
  readonly addresses: readonly string[];
  /** In terms of `now`. */
  readonly expires: number;
}

const NONE: readonly string[] = [];
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** Milliseconds a failure of the resolvers themselves is kept (RFC 9520 §3.2: at least one second). */
const FAILURE_TTL_MS = 1000;
/** Open queries: with dead DNS they would grow with what clients send. */
const MAX_QUERIES = 4096;
/** Of these, those of one client: a share of the connections it may have, within bounds. */
const SHARE_OF_CONNECTIONS = 1 / 4;
const MIN_QUERIES_PER_CLIENT = 16;
const MAX_QUERIES_PER_CLIENT = MAX_QUERIES / 4;

export class Resolver {
  readonly #dns: UpstreamConfig['dns'];
  readonly #now: () => number;
  readonly #resolvConf: ResolvConf;
  /** What `#servers` were made from. */
  #addresses: readonly ServerAddress[] = [];
  #servers: readonly NameServer[] = [];
  readonly #hosts: HostsFile;
  readonly #cache: LRUCache<CanonicalHost, Known>;
  /** At most one for each connection. */
  readonly #waiting = new Map<CanonicalHost, Set<ResolveDone>>();
  #queries = 0;
  /** Open questions by prefix; only prefixes that have one. */
  readonly #queriesOf = new Map<string, number>();

  constructor(options: ResolverOptions) {
    const { servers, cacheEntries } = options.dns;
    this.#dns = options.dns;
    this.#now = options.now;
    this.#resolvConf = new ResolvConf(options.resolvConf);
    this.#use(servers.map(serverAddress));
    this.#hosts = new HostsFile(options.hostsFile);
    this.#cache = new LRUCache({ max: cacheEntries });
  }

  /** @returns the addresses that are known without a query, null if `resolve` has to find them. */
  lookup(host: CanonicalHost): readonly string[] | null {
    const fixed = fixedAddresses(host);
    if (fixed !== null) return fixed;
    const now = this.#now();
    const listed = this.#hosts.lookup(host, now);
    if (listed !== null) return listed;
    const known = this.#cache.get(host);
    return known !== undefined && known.failure === null && known.expires > now ? known.addresses : null;
  }

  /**
   * Calls back exactly once, never before `resolve` has returned, at the latest after `dns.timeoutMs`. The returned function
   * cancels: it is not waited for any more, though a call that is on its way may still come.
   */
  resolve(host: CanonicalHost, client: ResolveClient, callback: ResolveDone): () => void {
    const addresses = this.lookup(host);
    const found = addresses === null ? (this.#knownFailure(host) ?? this.#ask(host, client)) : null;
    if (found instanceof Set) {
      found.add(callback);
      return () => void found.delete(callback);
    }
    process.nextTick(callback, found, addresses ?? NONE);
    return nothing;
  }

  #knownFailure(host: CanonicalHost): AnswerFailure | null {
    const known = this.#cache.get(host);
    return known !== undefined && known.expires > this.#now() ? known.failure : null;
  }

  /** Opens the question, unless it is open already. @returns who waits for the answer, 'busy' if there are too many questions. */
  #ask(host: CanonicalHost, client: ResolveClient): Set<ResolveDone> | 'busy' {
    const open = this.#waiting.get(host);
    if (open !== undefined) return open;
    const { prefix } = client;
    const own = this.#queriesOf.get(prefix) ?? 0;
    if (this.#queries >= MAX_QUERIES || own >= maxQueriesPerClient(client)) return 'busy';
    this.#queries++;
    this.#queriesOf.set(prefix, own + 1);
    const waiting = new Set<ResolveDone>();
    this.#waiting.set(host, waiting);
    queryAddresses({
      servers: this.#currentServers(),
      host,
      timeoutMs: this.#dns.timeoutMs,
      onAnswer: (answer) => this.#answered(host, answer),
      onEnd: () => this.#ended(prefix),
    });
    return waiting;
  }

  #currentServers(): readonly NameServer[] {
    if (this.#dns.servers.length === 0) {
      const addresses = this.#resolvConf.servers(this.#now());
      if (addresses !== this.#addresses) this.#use(addresses);
    }
    return this.#servers;
  }

  /** Each once. One that was there before stays what it is: whether it is slow is known already. */
  #use(addresses: readonly ServerAddress[]): void {
    const known = [...this.#servers];
    const serverAt = (wanted: ServerAddress): NameServer => {
      const found =
        known.find(({ at }) => at.address === wanted.address && at.port === wanted.port) ?? new NameServer(wanted);
      known.push(found);
      return found;
    };
    this.#addresses = addresses;
    this.#servers = [...new Set(addresses.map(serverAt))];
  }

  #ended(prefix: string): void {
    this.#queries--;
    const own = this.#queriesOf.get(prefix) ?? 0;
    if (own > 1) this.#queriesOf.set(prefix, own - 1);
    else this.#queriesOf.delete(prefix);
  }

  #answered(host: CanonicalHost, answer: Answer): void {
    const failure = answer.failure;
    const addresses = answer.failure === null ? answer.addresses : NONE;
    if (!this.#isOvertaken(host, failure))
      this.#cache.set(host, { failure, addresses, expires: this.#now() + this.#lifetime(answer) });
    const waiting = this.#waiting.get(host) ?? [];
    this.#waiting.delete(host);
    // Each in its own turn, outside of this class: a callback may ask again.
    for (const callback of waiting) process.nextTick(callback, failure, addresses);
  }

  /** That nobody said anything, while a response to the question before has brought addresses, takes nothing from those. */
  #isOvertaken(host: CanonicalHost, failure: AnswerFailure | null): boolean {
    return failure !== null && failure !== 'not_found' && this.lookup(host) !== null;
  }

  /** Milliseconds. */
  #lifetime(answer: Answer): number {
    const { minTtlMs, maxTtlMs, negativeTtlMs } = this.#dns;
    if (answer.failure === null) return Math.min(Math.max(answer.ttl * 1000, minTtlMs), maxTtlMs);
    return answer.failure === 'not_found' ? negativeTtlMs : FAILURE_TTL_MS;
  }
}

function maxQueriesPerClient({ maxConnections }: ResolveClient): number {
  return Math.min(Math.max(maxConnections * SHARE_OF_CONNECTIONS, MIN_QUERIES_PER_CLIENT), MAX_QUERIES_PER_CLIENT);
}

function nothing(): void {}

const ZERO = 0x30;
const NINE = 0x39;

/** Addresses that no configuration and no server can change. */
function fixedAddresses(host: CanonicalHost): readonly string[] | null {
  if (host.startsWith('[')) return [host.slice(1, -1)];
  const last = host.charCodeAt(host.length - 1);
  if (last >= ZERO && last <= NINE && isIPv4(host)) return [host];
  return host === 'localhost' || host.endsWith('.localhost') ? LOOPBACK : null;
}
