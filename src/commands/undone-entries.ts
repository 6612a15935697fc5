/**
 * Which entries of a configuration's lists its allow lists undo, for `check`: named as LIST:LINE, counted in full, shown in
 * part. Lists that no listener and no policy applies together are not compared.
 */
import type { Config } from '../config/types.ts';
import { AllowIndex } from '../list/lint/undone.ts';
import type { ListProgress, ReadReport } from './list-progress.ts';
import type { ListReading } from './read-lists.ts';
import { counted } from './terminal.ts';

export interface UndoneEntries {
  readonly count: number;
  /** The first of them, as `LIST:LINE`. */
  readonly entries: readonly { readonly allow: string; readonly undone: string }[];
  /** Lists that could not be compared because they are compiled. */
  readonly notCompared: readonly string[];
}

/** Enough to see what it is about. */
const MAX_SHOWN = 20;

/** @param today UTC days since 1970-01-01. */
export function undoneEntries(
  config: Config,
  lists: readonly ListReading[],
  { today, progress }: { readonly today: number; readonly progress: Pick<ListProgress, 'of'> },
): UndoneEntries {
  const names = config.lists.map(({ name }) => name);
  const texts = new Map(
    config.lists.flatMap(({ action }, i) => {
      const list = lists[i];
      return list?.ok === true && list.judged.segment.kind === 'shared'
        ? [[i, { bytes: list.judged.bytes, action }] as const]
        : [];
    }),
  );
  const entries: UndoneEntries['entries'][number][] = [];
  let count = 0;
  for (const [allow, others] of allowedBeside(config)) {
    const allowText = texts.get(allow);
    if (allowText === undefined) continue;
    const told = (list: number): ReadReport => progress.of(names[list] ?? '', `beside ${names[allow]}`);
    const index = new AllowIndex({ ...allowText, progress: told(allow) }, today);
    for (const other of others) {
      const otherText = texts.get(other);
      if (otherText === undefined) continue;
      for (const { allow: line, undone } of index.undoneIn({ ...otherText, progress: told(other) })) {
        count += 1;
        if (entries.length < MAX_SHOWN)
          entries.push({ allow: `${names[allow]}:${line}`, undone: `${names[other]}:${undone}` });
      }
    }
  }
  return { count, entries, notCompared: notCompared(config, lists) };
}

/** @returns a line in words for each; empty if there is nothing to say. */
export function undoneWarnings({ count, entries, notCompared: compiled }: UndoneEntries): readonly string[] {
  const named = entries.map(({ allow, undone }) => `allow ${allow} undoes ${undone}`);
  const more =
    count > entries.length
      ? [`${counted(count - entries.length, 'more entry is', 'more entries are')} undone by allow lists`]
      : [];
  const blind =
    compiled.length === 0
      ? []
      : [`conflicts with allow lists cannot be checked for compiled lists: ${compiled.join(', ')}`];
  return [...named, ...more, ...blind];
}

/** Of each allow list the lists that some listener or policy applies together with it. */
function allowedBeside({ lists, listeners, policies }: Config): Map<number, readonly number[]> {
  const isAllow = (index: number): boolean => lists[index]?.action === 'allow';
  return new Map(
    [...lists.keys()].filter(isAllow).map((allow) => {
      const together = new Set(
        [...listeners, ...policies].filter((owner) => owner.lists.includes(allow)).flatMap((owner) => owner.lists),
      );
      return [allow, [...together].filter((index) => !isAllow(index)).toSorted((a, b) => a - b)];
    }),
  );
}

/** Nothing is said where there is nothing to be undone, or nothing that could undo it. */
function notCompared(config: Config, lists: readonly ListReading[]): readonly string[] {
  const compared = new Set<number>();
  for (const [allow, others] of allowedBeside(config)) for (const index of others) compared.add(allow).add(index);
  return [...compared].flatMap((index) => {
    const list = lists[index];
    const name = config.lists[index]?.name;
    return name !== undefined && list?.ok === true && list.judged.segment.kind === 'own' ? [name] : [];
  });
}
