/**
 * As Google Safe Browsing v4 looks a URL up: SHA-256 of up to five host suffixes times up to six path prefixes, 32 bits of
 * each against a sorted table, all 256 where they are found. No key: whoever has a list of guesses can read the list.
 *
 * `hash` to a string is the fastest SHA-256 that Node offers (an allocation of a Buffer costs more than the digest).
 */
import { hash } from 'node:crypto';
import { canonicalHost } from '../../../src/url/host.ts';
import { canonicalTarget } from '../../../src/url/path.ts';
import type { ListedUrls } from './listed.ts';

const MAX_PARENTS = 4;
const MAX_DIRECTORIES = 4;
const DIGEST = 32;

export class SafeBrowsing implements ListedUrls {
  #count = 0;
  /** Digests, one after the other; by prefix once finished. */
  #full = Buffer.alloc(1024 * DIGEST);
  #prefixes = new Uint32Array(0);

  add(host: string, path: string): void {
    const at = this.#count * DIGEST;
    if (at === this.#full.length) this.#full = Buffer.concat([this.#full], this.#full.length * 2);
    this.#full.write(hash('sha256', host + path, 'binary'), at, 'latin1');
    this.#count += 1;
  }

  finish(): void {
    const unsorted = this.#full;
    const prefix = (i: number): number => unsorted.readUInt32BE(i * DIGEST);
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i).sort((a, b) => prefix(a) - prefix(b));
    this.#prefixes = order.map(prefix);
    this.#full = Buffer.alloc(this.#count * DIGEST);
    for (const [to, from] of order.entries())
      unsorted.copy(this.#full, to * DIGEST, from * DIGEST, (from + 1) * DIGEST);
  }

  blocks(rawHost: string, target: string): boolean {
    const host = canonicalHost(rawHost);
    if (host === null) return false;
    const { path, query } = canonicalTarget(target);
    const paths = pathPrefixes(path, query);
    for (const suffix of hostSuffixes(host))
      for (const prefix of paths) if (this.#has(hash('sha256', suffix + prefix, 'binary'))) return true;
    return false;
  }

  #has(digest: string): boolean {
    const prefix = prefixOf(digest);
    let low = 0;
    let high = this.#prefixes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#prefixes[middle]! < prefix) low = middle + 1;
      else high = middle;
    }
    for (; this.#prefixes[low] === prefix; low += 1)
      if (this.#full.toString('latin1', low * DIGEST, (low + 1) * DIGEST) === digest) return true;
    return false;
  }
}

function prefixOf(digest: string): number {
  return (
    ((digest.charCodeAt(0) << 24) |
      (digest.charCodeAt(1) << 16) |
      (digest.charCodeAt(2) << 8) |
      digest.charCodeAt(3)) >>>
    0
  );
}

/** The host, and up to four parents out of its last five labels, the top-level domain not among them. */
function hostSuffixes(host: string): readonly string[] {
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return [host];
  const labels = host.split('.');
  const suffixes = [host];
  for (let from = Math.max(1, labels.length - 1 - MAX_PARENTS); from <= labels.length - 2; from += 1)
    suffixes.push(labels.slice(from).join('.'));
  return suffixes;
}

/** With query, without, then `/` and up to three directories below it. */
function pathPrefixes(path: string, query: string | null): readonly string[] {
  const prefixes = query === null ? [path] : [`${path}?${query}`, path];
  let end = 0;
  for (let i = 0; i < MAX_DIRECTORIES && end >= 0; i += 1) {
    const directory = path.slice(0, end + 1);
    if (directory !== path) prefixes.push(directory);
    end = path.indexOf('/', end + 1);
  }
  return prefixes;
}
