/** A small world of names for policy zones: what entries say of a name, and what a zone says of it, as engines of both kinds read it. */
import fc from 'fast-check';
import {
  ALLOW_BELOW,
  ALLOW_NAME,
  BLOCK_BELOW,
  BLOCK_NAME,
  policyRules,
} from '../../../src/outlets/zones/policy-rules.ts';
import { SortedNames } from '../../../src/outlets/zones/sorted-names.ts';
import { isPlainName } from '../../../src/url/host.ts';

export interface Said {
  readonly host: string;
  readonly flags: number;
}

export function sortedNames(said: readonly Said[]): SortedNames {
  const names = new SortedNames();
  for (const { host, flags } of said) {
    if (!isPlainName(host)) throw new Error(host);
    names.add(host, flags);
  }
  names.sort();
  return names;
}

/** Rules by their owner, as in the zone; each owner has one. */
export function rulesOf(names: SortedNames): Map<string, 'block' | 'pass'> {
  const rules = new Map<string, 'block' | 'pass'>();
  for (const { start, end, below, blocked } of policyRules(names)) {
    const labels = names.bytes
      .toString('latin1', start, end - 1)
      .split('\0')
      .toReversed();
    const owner = `${below ? '*.' : ''}${labels.join('.')}`;
    if (rules.has(owner)) throw new Error(`two rules of ${owner}`);
    rules.set(owner, blocked ? 'block' : 'pass');
  }
  return rules;
}

function parentsOf(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'));
}

/** The longest wildcard above it. */
export function byLongest(rules: ReadonlyMap<string, string>, name: string): string | undefined {
  const wildcard = parentsOf(name).find((parent) => rules.has(`*.${parent}`));
  return rules.get(name) ?? (wildcard === undefined ? undefined : rules.get(`*.${wildcard}`));
}

/** RFC 4592: the wildcard of the closest name that exists, and no other. */
export function byClosest(rules: ReadonlyMap<string, string>, name: string): string | undefined {
  const exists = new Set([...rules.keys()].flatMap((owner) => [owner].concat(parentsOf(owner))));
  if (exists.has(name)) return rules.get(name);
  const closest = parentsOf(name).find((parent) => exists.has(parent));
  return closest === undefined ? undefined : rules.get(`*.${closest}`);
}

export function isBlocked(said: readonly Said[], name: string): boolean {
  const parents = parentsOf(name);
  const has = (own: number, below: number): boolean =>
    said.some(
      ({ host, flags }) => (host === name && (flags & own) !== 0) || (parents.includes(host) && (flags & below) !== 0),
    );
  return has(BLOCK_NAME, BLOCK_BELOW) && !has(ALLOW_NAME, ALLOW_BELOW);
}

const label = fc.constantFrom('a', 'b', 'a-b', 'ab', '0');
export const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, 'example'].join('.'));
const flags = fc.constantFrom(
  BLOCK_NAME,
  BLOCK_NAME | BLOCK_BELOW,
  BLOCK_NAME | BLOCK_BELOW,
  ALLOW_NAME,
  ALLOW_NAME | ALLOW_BELOW,
);
export const lists = fc.array(fc.record({ host, flags }), { maxLength: 30, size: 'max' });

/** Names that these are about, those above them, and some below. */
export function namesAround(hosts: readonly string[]): ReadonlySet<string> {
  const all = [...hosts, ...hosts.flatMap(parentsOf)];
  return new Set(all.flatMap((name) => [name, `z.${name}`, `z.b.${name}`]));
}
