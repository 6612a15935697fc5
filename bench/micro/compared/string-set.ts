/**
 * The obvious way: a `Set` of strings, in every thread anew. It is asked for less than ours: the host, its parents and the
 * exact URL; no directories, pages, ports or expiry, no entry that tells which list it was.
 */
import { canonicalHost } from '../../../src/url/host.ts';
import { canonicalTarget } from '../../../src/url/path.ts';
import type { ListedUrls } from './listed.ts';

export class StringSet implements ListedUrls {
  readonly #keys = new Set<string>();

  add(host: string, path: string): void {
    // Flat and of its own: a concatenation would hold on to its parts.
    this.#keys.add(Buffer.from(host + path, 'latin1').toString('latin1'));
  }

  finish(): void {
    // A Set is ready at any time.
  }

  blocks(rawHost: string, target: string): boolean {
    const host = canonicalHost(rawHost);
    if (host === null) return false;
    for (let at = 0; at >= 0; at = nextLabel(host, at))
      if (this.#keys.has(at === 0 ? host : host.slice(at))) return true;
    const { path, query } = canonicalTarget(target);
    return this.#keys.has(query === null ? host + path : `${host}${path}?${query}`);
  }
}

function nextLabel(host: string, at: number): number {
  const dot = host.indexOf('.', at);
  return dot < 0 ? -1 : dot + 1;
}
