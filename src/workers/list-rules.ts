/**
 * What list indexes mean: the part of a configuration that must change together with the snapshot, in the same flip, or a
 * request would be judged by one list's entries under another list's name. It must not be changed in place: a flip replaces the whole.
 */
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import type { ListRules } from './messages.ts';

export function listRules(config: Config, slots: CounterSlots, revision: number): ListRules {
  return {
    revision,
    lists: config.lists,
    slots: slots.lists,
    masks: masksOf(config.listeners),
    policyMasks: masksOf(config.policies),
  };
}

/**
 * The mask of a listener or policy that the new rules do not know (it has been removed, its last connections are still there): the
 * same lists, where they still exist.
 */
export function carriedMask(mask: number, from: readonly ListConfig[], to: readonly ListConfig[]): number {
  return maskOf(
    to.flatMap(({ name }, index) => {
      const old = from.findIndex((list) => list.name === name);
      return old !== -1 && (mask & (1 << old)) !== 0 ? [index] : [];
    }),
  );
}

interface WithLists {
  readonly name: string;
  readonly lists: readonly number[];
}

function masksOf(owners: readonly WithLists[]): ReadonlyMap<string, number> {
  return new Map(owners.map(({ name, lists }) => [name, maskOf(lists)]));
}

function maskOf(indexes: readonly number[]): number {
  return indexes.reduce((mask, index) => mask | (1 << index), 0);
}
