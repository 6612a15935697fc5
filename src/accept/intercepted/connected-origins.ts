/**
 * Where clients of a transparent listener go: the address and port that they have connected to, as an origin. Most connect to where others
 * have been before: what was made of an address then is used again.
 *
 *   '203.0.113.10', 80 ─▶ { host, port, key, authority }
 *
 * What is kept is bounded. It must not decide whether anybody may go there.
 */
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { plainAddress } from '../../lib/prefix.ts';
import type { Origin } from '../../match/host-facts.ts';
import { canonicalHost } from '../../url/host.ts';

const REMEMBERED = 4096;
const HTTP_PORT = 80;

export class ConnectedOrigins {
  /** By address: those at port 80, where nearly all go who speak HTTP. By address and port: all others. */
  readonly #known = new LRUCache<string, Origin>({ max: REMEMBERED });

  /**
   * @param address as the kernel tells it: IPv4 on a socket for both families is mapped into IPv6.
   * @returns null for what is no address
   */
  of(address: string, port: number): Origin | null {
    const connected = port === HTTP_PORT ? address : `${address} ${port}`;
    const known = this.#known.get(connected);
    if (known !== undefined) return known;
    const origin = originOf(plainAddress(address), port);
    if (origin !== null) this.#known.set(connected, origin);
    return origin;
  }
}

function originOf(address: string, port: number): Origin | null {
  const host = canonicalHost(isIPv6(address) ? `[${address}]` : address);
  if (host === null) return null;
  const key = `${host}:${port}`;
  return { host, port, key, authority: key };
}
