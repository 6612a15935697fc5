/**
 * Which protected hosts an entry covers, asked of one entry as it is read: for the lint and for whoever compiles or publishes, who name the line. The gate
 * asks the same of a built index (findings.ts), with the code that judges requests. It must not decide what becomes of the list.
 */
import type { Entry } from '../../match/entry.ts';
import type { ListAction } from '../../lib/types.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { isIpLiteral } from '../text/ip-literal.ts';
import type { GuardedHost } from './guarded.ts';

export class ProtectedHosts {
  readonly #exactly = new Map<string, GuardedHost>();
  /** By each name that they are or lie below. */
  readonly #below = new Map<string, GuardedHost[]>();

  constructor(hosts: readonly GuardedHost[]) {
    for (const guarded of hosts) {
      const { host } = guarded;
      if (this.#exactly.has(host)) continue;
      this.#exactly.set(host, guarded);
      for (const name of namesAbove(host)) {
        const below = this.#below.get(name);
        if (below === undefined) this.#below.set(name, [guarded]);
        else below.push(guarded);
      }
    }
  }

  /** In the order of their files. An entry on a page of such a host is no matter; one on a port of it, or on all of its paths, means the host. */
  coveredBy({ host, subdomains, path }: Pick<Entry, 'host' | 'subdomains' | 'path'>): readonly GuardedHost[] {
    if (!isWholeHost(path)) return [];
    if (subdomains) return this.#below.get(host) ?? [];
    const exactly = this.#exactly.get(host);
    return exactly === undefined ? [] : [exactly];
  }
}

function isWholeHost(path: Entry['path']): boolean {
  return path.kind === 'host' || (path.kind === 'directory' && path.path === '/');
}

/** Hosts that one message names; the number of the others follows. */
export const MAX_NAMED_HOSTS = 20;

/** @returns null if none is covered. */
export function protectedMessage(covered: readonly GuardedHost[]): string | null {
  if (covered.length === 0) return null;
  const what = covered.length === 1 ? 'the protected host' : `${covered.length} protected hosts:`;
  const named = covered.slice(0, MAX_NAMED_HOSTS).map(({ host, where }) => `${host} (${where})`);
  return `covers ${what} ${namedOf(named, covered.length)}, which no list should`;
}

/** @param count of all of them. */
export function namedOf(named: readonly string[], count: number, separator = ', '): string {
  const more = count - named.length;
  return `${named.join(separator)}${more > 0 ? ` and ${more} more` : ''}`;
}

/** An entry that only counts refuses nobody. It may still lead the host's traffic to the filter, which is as costly a slip. */
export function mayRefuse({ count, steer }: Pick<Entry, 'count' | 'steer'>, action: ListAction): boolean {
  return steer || !(count || action === 'count');
}

export const NO_PROTECTED_HOSTS = new ProtectedHosts([]);

/** Itself among them. Nothing lies above an address. */
function namesAbove(host: CanonicalHost): readonly string[] {
  if (isIpLiteral(host)) return [host];
  const labels = host.split('.');
  return labels.map((_, i) => labels.slice(i).join('.'));
}
