/**
 * Names to addresses (design §4): a literal is itself, `localhost` is loopback (RFC 6761), then the hosts file, then A and
 * AAAA from DNS, kept for their TTL.
 *
 *   lookup(host)  ─ literal │ localhost │ hosts file │ fresh cache ─▶ addresses, at once
 *   resolve(host) ─ the same, or one DNS question shared by all who ask meanwhile ─▶ callback
 *
 * It must not decide whether an address may be connected to: destination-guard.ts does, for every address, every time.
 */
import { Resolver as DnsClient } from 'node:dns';
import { isIPv4 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { UpstreamConfig } from '../config/types.ts';
import type { CanonicalHost } from '../url/host.ts';
import { queryAddresses } from './address-query.ts';
import type { Answer, ResolveFailure } from './address-query.ts';
import { HostsFile } from './hosts-file.ts';

export type { ResolveFailure } from './address-query.ts';

export interface ResolverOptions {
  readonly dns: UpstreamConfig['dns'];
  /** Usually /etc/hosts. */
  readonly hostsFile: string;
  /** Milliseconds, monotonic (`performance.now`): a clock jump must neither keep nor drop names. */
  readonly now: () => number;
}

export type ResolveDone = (failure: ResolveFailure | null, addresses: readonly string[]) => void;

interface Known {
  readonly failure: ResolveFailure | null;
  readonly addresses: readonly string[];
  /** In terms of `now`. */
  readonly expires: number;
}

const NONE: readonly string[] = [];
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** Milliseconds a failure of the resolvers themselves is kept (RFC 9520 §3.2: at least one second). */
const FAILURE_TTL_MS = 1000;
/** Retries of c-ares, each waiting twice as long as the one before: a lost datagram must not cost the whole timeout. */
const TRIES = 3;
const FIRST_WAIT_SHARE = 1 / 7;
/** Names being asked for, and requests waiting for them: with dead DNS both would grow with what clients send. */
const MAX_QUERIES = 4096;
const MAX_WAITING = 16_384;

export class Resolver {
  readonly #dns: UpstreamConfig['dns'];
  readonly #now: () => number;
  readonly #client: DnsClient;
  readonly #hosts: HostsFile;
  readonly #cache: LRUCache<CanonicalHost, Known>;
  readonly #waiting = new Map<CanonicalHost, ResolveDone[]>();
  #queries = 0;
  #waiters = 0;

  constructor(options: ResolverOptions) {
    const { timeoutMs, servers, cacheEntries } = options.dns;
    this.#dns = options.dns;
    this.#now = options.now;
    this.#client = new DnsClient({ tries: TRIES, timeout: Math.ceil(timeoutMs * FIRST_WAIT_SHARE) });
    if (servers.length > 0) this.#client.setServers(servers);
    this.#hosts = new HostsFile(options.hostsFile);
    this.#cache = new LRUCache({ max: cacheEntries });
  }

  /** What is known without asking anybody; null: `resolve` it. */
  lookup(host: CanonicalHost): readonly string[] | null {
    const fixed = fixedAddresses(host);
    if (fixed !== null) return fixed;
    const now = this.#now();
    const listed = this.#hosts.lookup(host, now);
    if (listed !== null) return listed;
    const known = this.#cache.get(host);
    return known !== undefined && known.failure === null && known.expires > now ? known.addresses : null;
  }

  /** Calls back exactly once, never before `resolve` has returned, at the latest after `dns.timeoutMs`. */
  resolve(host: CanonicalHost, callback: ResolveDone): void {
    const addresses = this.lookup(host);
    const failure = addresses === null ? this.#knownFailure(host) : null;
    if (addresses !== null || failure !== null) process.nextTick(callback, failure, addresses ?? NONE);
    else this.#wait(host, callback);
  }

  #knownFailure(host: CanonicalHost): ResolveFailure | null {
    const known = this.#cache.get(host);
    return known !== undefined && known.expires > this.#now() ? known.failure : null;
  }

  #wait(host: CanonicalHost, callback: ResolveDone): void {
    const waiting = this.#waiting.get(host);
    if (this.#waiters >= MAX_WAITING || (waiting === undefined && this.#queries >= MAX_QUERIES)) {
      process.nextTick(callback, 'failed', NONE);
      return;
    }
    this.#waiters++;
    if (waiting !== undefined) {
      waiting.push(callback);
      return;
    }
    this.#waiting.set(host, [callback]);
    this.#ask(host);
  }

  #ask(host: CanonicalHost): void {
    this.#queries++;
    queryAddresses({
      client: this.#client,
      host,
      timeoutMs: this.#dns.timeoutMs,
      onAnswer: (answer) => this.#answered(host, answer),
      onEnd: () => this.#queries--,
    });
  }

  #answered(host: CanonicalHost, answer: Answer): void {
    const failure = answer.failure;
    const addresses = answer.failure === null ? answer.addresses : NONE;
    this.#cache.set(host, { failure, addresses, expires: this.#now() + this.#lifetime(answer) });
    const waiting = this.#waiting.get(host) ?? [];
    this.#waiting.delete(host);
    this.#waiters -= waiting.length;
    // Each in its own turn, outside of c-ares and of this class: a callback may ask again.
    for (const callback of waiting) process.nextTick(callback, failure, addresses);
  }

  /** Milliseconds. */
  #lifetime(answer: Answer): number {
    const { minTtlMs, maxTtlMs, negativeTtlMs } = this.#dns;
    if (answer.failure === null) return Math.min(Math.max(answer.ttl * 1000, minTtlMs), maxTtlMs);
    return answer.failure === 'not_found' ? negativeTtlMs : FAILURE_TTL_MS;
  }
}

const ZERO = 0x30;
const NINE = 0x39;

/** Addresses that no configuration and no server can change. */
function fixedAddresses(host: CanonicalHost): readonly string[] | null {
  if (host.startsWith('[')) return [host.slice(1, -1)];
  const last = host.charCodeAt(host.length - 1);
  if (last >= ZERO && last <= NINE && isIPv4(host)) return [host];
  return host === 'localhost' || host.endsWith('.localhost') ? LOOPBACK : null;
}
