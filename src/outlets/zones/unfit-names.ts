/**
 * Which names do not belong in a policy zone, whatever a list says: one of them would take away what nobody meant. A name that is left out costs
 * itself, never the zone, and is counted with the reason. It must not read a file.
 */
import { getPublicSuffix } from 'tldts';
import type { NamedEntry } from '../../list/names/named-entry.ts';
import { isPlainName } from '../../url/host.ts';

/** Why a name is left out; the metric's label. */
export const SKIP_REASONS = ['address', 'characters', 'length', 'suffix', 'protected'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** RFC 1035 §2.3.4 as text, without the final dot; 127 labels fit no longer name. */
const MAX_NAME = 253;
const WILDCARD = '*.';
/** `a.1b`, too. */
const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const ADDRESS = /^\[|^[0-9.]+$/;
/** What ends so is no name in a policy zone but a trigger: `8.0.0.0.10.rpz-client-ip` would block all names for all of 10.0.0.0/8. */
const TRIGGER = /(?:^|\.)rpz-[^.]*$/;
const OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
} as const;

/** What a name is, or has below it. */
const SUFFIX = 1;
const ABOVE_SUFFIX = 2;
const GUARDED = 4;
const ABOVE_GUARDED = 8;

export class UnfitNames {
  readonly #longest: number;
  readonly #kinds: ReadonlyMap<string, number>;
  /** Below which each name is a suffix (`*.ck`). */
  readonly #parents: ReadonlySet<string>;

  /** @param zone its name. @param guarded hosts that no entry may cover. */
  constructor(zone: string, guarded: readonly string[], { suffixes, parents }: Suffixes) {
    this.#longest = MAX_NAME - zone.length - 1;
    this.#parents = parents;
    const kinds = new Map<string, number>();
    mark(kinds, suffixes, SUFFIX, ABOVE_SUFFIX);
    mark(kinds, guarded, GUARDED, ABOVE_GUARDED);
    this.#kinds = kinds;
  }

  /** @returns null if it belongs there. An exception needs no reason to be there. */
  reasonOf({ host, subdomains }: NamedEntry, isException: boolean): SkipReason | null {
    if (!isPlainName(host) && ADDRESS.test(host)) return 'address';
    // What is no plain name would be something else in a master file, or in a policy zone.
    if ((!isPlainName(host) && !PLAIN.test(host)) || TRIGGER.test(host)) return 'characters';
    if (host.length + (subdomains ? WILDCARD.length : 0) > this.#longest) return 'length';
    if (isException) return null;
    const kinds = this.#kinds.get(host) ?? 0;
    if ((kinds & (subdomains ? SUFFIX | ABOVE_SUFFIX : SUFFIX)) !== 0 || this.#isBelowWildcard(host)) return 'suffix';
    return (kinds & (subdomains ? GUARDED | ABOVE_GUARDED : GUARDED)) === 0 ? null : 'protected';
  }

  /** A name without a dot is a suffix too: no registry, no customer's site. */
  #isBelowWildcard(host: string): boolean {
    const dot = host.indexOf('.');
    return dot === -1 || (this.#parents.has(host.slice(dot + 1)) && isSuffix(host));
  }
}

/** Public suffixes, private ones too. */
export interface Suffixes {
  readonly suffixes: readonly string[];
  /** Those below which each name is a suffix (`*.ck`). */
  readonly parents: ReadonlySet<string>;
}

/** @param text one suffix a line, `#` before comments (config/public-suffixes.txt). */
export function suffixesIn(text: string): Suffixes {
  const suffixes = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { suffixes, parents: new Set(suffixes.filter((suffix) => isSuffix(`any--name.${suffix}`))) };
}

function isSuffix(host: string): boolean {
  return getPublicSuffix(host, OPTIONS) === host;
}

function mark(kinds: Map<string, number>, hosts: readonly string[], own: number, above: number): void {
  for (const host of hosts) {
    kinds.set(host, (kinds.get(host) ?? 0) | own);
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const parent = host.slice(dot + 1);
      kinds.set(parent, (kinds.get(parent) ?? 0) | above);
    }
  }
}
