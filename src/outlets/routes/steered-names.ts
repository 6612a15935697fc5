/**
 * The names that lists in force steer, less those that an allow list takes out. A list is read once a version and day. Of one that is missing
 * what was known stays.
 *
 *   lists ─▶ hosts with `steer` ─┐
 *   allow lists ─▶ hosts, domains ┴▶ the names to ask for, at most so many
 *
 * It must not ask for a name. An entry with its subdomains gives its own name only: nobody can say which there are below it.
 */
import type { ListNames } from '../../list/names/list-names.ts';
import { namedEntriesOf } from '../../list/names/list-names.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { namePieces } from './name-pieces.ts';

export interface SteeredNamesOptions {
  readonly lists: readonly string[];
  readonly allow: readonly string[];
  readonly max: number;
  /** Between two pieces. */
  readonly rest: () => Promise<void>;
}

export interface Steered {
  readonly names: ReadonlySet<CanonicalHost>;
  /** There are more than there may be. */
  readonly tooMany: number;
  /** Every list is there, or was. */
  readonly isWhole: boolean;
}

interface KnownList {
  readonly version: string;
  readonly today: number;
  readonly hosts: ReadonlySet<CanonicalHost>;
  /** Of an allow list: hosts with all below them. */
  readonly domains: ReadonlySet<string>;
}

export class SteeredNames {
  readonly #options: SteeredNamesOptions;
  readonly #known = new Map<string, KnownList>();

  constructor(options: SteeredNamesOptions) {
    this.#options = options;
  }

  /** @param today UTC days since 1970-01-01. */
  async of(present: readonly ListNames[], today: number): Promise<Steered> {
    const { lists, allow, max } = this.#options;
    for (const names of present) await this.#read(names, today);
    const names = new Set<CanonicalHost>();
    let tooMany = 0;
    const allowed = allow.flatMap((list) => this.#known.get(list) ?? []);
    for (const list of lists) {
      for (const host of this.#known.get(list)?.hosts ?? []) {
        if (names.has(host) || allowed.some((known) => isIn(known, host))) continue;
        if (names.size < max) names.add(host);
        else tooMany += 1;
      }
    }
    return { names, tooMany, isWhole: [...lists, ...allow].every((list) => this.#known.has(list)) };
  }

  async #read(names: ListNames, today: number): Promise<void> {
    const known = this.#known.get(names.list);
    if (known?.version === names.version && known.today === today) return;
    const hosts = new Set<CanonicalHost>();
    const domains = new Set<string>();
    const isAllow = names.action === 'allow';
    for (const piece of namePieces(names)) {
      for (const { host, subdomains, steer } of namedEntriesOf(piece, today)) {
        if (isAllow && subdomains) domains.add(host);
        else if (isAllow || steer) hosts.add(host);
      }
      await this.#options.rest();
    }
    this.#known.set(names.list, { version: names.version, today, hosts, domains });
  }
}

function isIn({ hosts, domains }: KnownList, host: CanonicalHost): boolean {
  if (hosts.has(host)) return true;
  for (let at = 0; at !== -1; at = nextLabel(host, at)) if (domains.has(host.slice(at))) return true;
  return false;
}

/** @returns where the next label begins; -1: there is none. */
function nextLabel(host: string, from: number): number {
  const dot = host.indexOf('.', from);
  return dot === -1 ? -1 : dot + 1;
}
