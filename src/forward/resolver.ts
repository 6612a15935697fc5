/** Names to addresses: localhost, hosts file, DNS with a cache (design §4). */
import type { UpstreamConfig } from '../config/types.ts';
import type { CanonicalHost } from '../url/host.ts';

export interface ResolverOptions {
  readonly dns: UpstreamConfig['dns'];
  /** Usually /etc/hosts. */
  readonly hostsFile: string;
  /** Milliseconds, monotonic (`performance.now`): a clock jump must neither keep nor drop names. */
  readonly now: () => number;
}

/** 'not_found': the name or its addresses do not exist; 'failed': the resolvers answered with an error. */
export type ResolveFailure = 'not_found' | 'timeout' | 'failed';

export type ResolveDone = (failure: ResolveFailure | null, addresses: readonly string[]) => void;

export class Resolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** What is known without asking anybody: literal, localhost, hosts file, fresh cache; null: `resolve` it. */
  lookup(host: CanonicalHost): readonly string[] | null {
    throw new Error(`to be written: ${host} ${this.#options.hostsFile}`);
  }

  /** Calls back exactly once and never before it has returned. */
  resolve(host: CanonicalHost, callback: ResolveDone): void {
    throw new Error(`to be written: ${host} ${callback.length} ${this.#options.hostsFile}`);
  }
}
