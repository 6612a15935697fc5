/**
 * Rules between keys about groups of clients. They read the plain data of the file, as all rules between keys do (cross-checks.ts).
 * They must not repeat what the schema checks.
 */
import { formatPrefix } from '../lib/prefix.ts';
import { keyText, type KeyPath } from './diagnostic.ts';
import { at, items, prefixOf } from './plain-data.ts';
import { prefixTexts } from './prefix-texts.ts';
import type { Violation } from './violation.ts';

/** A prefix that is in two policies, or twice in one: which of them is the longest? */
export function policyClients(data: unknown): Violation[] {
  const owners = new Map<string, KeyPath>();
  return items(data, 'policies').flatMap((policy, i) =>
    prefixTexts(at(policy, 'clients')).flatMap((text, j): Violation[] => {
      const parsed = prefixOf(text);
      if (parsed === null) return [];
      const path = ['policies', i, 'clients', j];
      const prefix = formatPrefix(parsed);
      const owner = owners.get(prefix);
      if (owner === undefined) owners.set(prefix, path);
      return owner === undefined ? [] : [{ path, message: `the prefix ${prefix} is the same as in ${keyText(owner)}` }];
    }),
  );
}
