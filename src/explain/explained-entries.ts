/** Look-ups and entries of an explanation by the names that people know them by. It must not look anything up. */
import type { ListConfig } from '../config/list-types.ts';
import type { ExplainedLookUp } from '../observe/explanation.ts';
import type { LookUp } from '../verdict/explain.ts';

/** `LIST:LINE`; of a protected list the publisher's id, which `publish why` knows. */
export function entryName(list: ListConfig | undefined, id: bigint): string {
  return list?.source.kind === 'tuf' ? `${BigInt.asUintN(64, id)}` : `${list?.name ?? ''}:${id}`;
}

/** @param owners the list that brought each segment, in the order of the segments; null: the one that lists share. */
export function explainedLookUps(
  lookUps: readonly LookUp[],
  lists: readonly ListConfig[],
  owners: readonly (string | null)[],
): readonly ExplainedLookUp[] {
  return lookUps.map(({ entries, digest, ...lookUp }) => {
    const owner = owners[lookUp.segment] ?? null;
    return {
      ...lookUp,
      entries: entries.map(({ list, id }) => entryName(lists[list], id)),
      in: owner,
      digest: owner === null ? null : digest,
    };
  });
}
