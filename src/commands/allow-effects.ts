/**
 * What the allow lists of a configuration do to the entries of its other lists, for `check`: which they undo, of which they take a part
 * out, and which allow entries do nothing at all. Named as LIST:LINE, counted in full, shown in part. Lists that no listener and no policy
 * applies together are not compared; of lists without text only what can be asked for is told. It must not quote an entry.
 */
import type { Config } from '../config/types.ts';
import { AllowList, undoneByDigests } from '../list/lint/allow-list.ts';
import type { AllowEffect, ListText, UndoneEntry } from '../list/lint/allow-list.ts';
import type { ListProgress } from './list-progress.ts';
import type { ListReading } from './read-lists.ts';
import { counted } from './terminal.ts';

export interface AllowEffects {
  readonly undone: {
    readonly count: number;
    /** The first of them, as `LIST:LINE`. */
    readonly entries: readonly {
      readonly allow: string;
      readonly undone: string;
      /** False: spellings that not every origin reads alike stay refused. */
      readonly inEverySpelling: boolean;
    }[];
    /** Lists of which not everything could be told because they are compiled or protected. */
    readonly notCompared: readonly string[];
  };
  /** Allow entries that take a part out of another entry; likewise. */
  readonly exceptions: {
    readonly count: number;
    readonly entries: readonly { readonly allow: string; readonly inside: string }[];
  };
  /** Allow entries that have no address in common with any entry beside them; likewise. */
  readonly idle: {
    readonly count: number;
    readonly entries: readonly string[];
    /** Allow entries that may be idle: what is below them in a list without text cannot be asked for. */
    readonly unknown: number;
    /** Allow lists that are too long for it. */
    readonly notCompared: readonly string[];
  };
}

/** Enough to see what it is about. */
const MAX_SHOWN = 20;

/** How many there are, and the first of them. */
class Shown<T> {
  readonly entries: T[] = [];
  count = 0;

  add(entry: () => T): void {
    this.count += 1;
    if (this.entries.length < MAX_SHOWN) this.entries.push(entry());
  }
}

interface Collected {
  readonly undone: Shown<AllowEffects['undone']['entries'][number]>;
  readonly exceptions: Shown<AllowEffects['exceptions']['entries'][number]>;
  readonly idle: Shown<string>;
  unknown: number;
  readonly tooLong: string[];
  readonly blind: Set<number>;
}

interface Beside {
  readonly lists: readonly ListReading[];
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly progress: Pick<ListProgress, 'of'>;
}

export function allowEffects(config: Config, beside: Beside): AllowEffects {
  const all: Collected = {
    undone: new Shown(),
    exceptions: new Shown(),
    idle: new Shown(),
    unknown: 0,
    tooLong: [],
    blind: new Set(),
  };
  for (const [allow, others] of allowedBeside(config)) {
    // Nothing is said where a list cannot be read, nor of a list that nobody applies.
    const read = others.filter((other) => beside.lists[other]?.ok === true);
    if (beside.lists[allow]?.ok === true && read.length > 0) effectsOf(allow, read, beside, all);
  }
  const { undone, exceptions, idle, unknown, tooLong, blind } = all;
  const notCompared = [...blind].toSorted((a, b) => a - b).map((index) => nameOf(beside, index));
  return {
    undone: { count: undone.count, entries: undone.entries, notCompared },
    exceptions: { count: exceptions.count, entries: exceptions.entries },
    idle: { count: idle.count, entries: idle.entries, unknown, notCompared: tooLong },
  };
}

function effectsOf(allow: number, others: readonly number[], beside: Beside, all: Collected): void {
  const name = (list: number, id: bigint): string => `${nameOf(beside, list)}:${id}`;
  const tell = (list: number, found: Iterable<UndoneEntry>): void => {
    for (const { allow: id, undone, inEverySpelling } of found)
      all.undone.add(() => ({ allow: name(allow, id), undone: name(list, undone), inEverySpelling }));
  };
  const own = textOf(allow, allow, beside);
  if (own === null) {
    all.blind.add(allow);
    for (const other of others) {
      const text = textOf(other, allow, beside);
      if (text === null) all.blind.add(other);
      else tell(other, undoneByDigests(segmentOf(beside, allow), text, beside.today));
    }
    return;
  }
  const list = new AllowList(own, beside.today);
  for (const other of others) {
    const text = textOf(other, allow, beside);
    if (text === null) all.blind.add(other);
    tell(other, text === null ? list.undoneInDigests(segmentOf(beside, other), other) : list.undoneIn(text, other));
  }
  const effects = list.effects();
  if (effects === null) all.tooLong.push(nameOf(beside, allow));
  else for (const effect of effects) addEffect(effect, (id) => name(allow, id), name, all);
}

function addEffect(
  { id, inside, meets }: AllowEffect,
  allowName: (id: bigint) => string,
  name: (list: number, id: bigint) => string,
  all: Collected,
): void {
  if (inside !== null) all.exceptions.add(() => ({ allow: allowName(id), inside: name(inside.list, inside.id) }));
  switch (meets) {
    case 'none':
      all.idle.add(() => allowName(id));
      return;
    case 'unknown':
      all.unknown += 1;
      return;
    case 'some':
  }
}

/** @returns a line in words for each; empty if there is nothing to say. */
export function undoneWarnings({ undone, idle }: AllowEffects): readonly string[] {
  const { entries, notCompared } = undone;
  const idleMore = [
    ...more(idle, (count) => `${counted(count, 'more allow entry does', 'more allow entries do')} nothing`),
    ...idle.notCompared.map(
      (name) => `allow list ${name} is too long to tell which of its entries do nothing, and which are exceptions`,
    ),
  ];
  return [
    ...entries.map(
      ({ allow, undone: other, inEverySpelling }) =>
        `allow ${allow} undoes ${other}${inEverySpelling ? '' : ', but for spellings that servers read in several ways'}`,
    ),
    ...more(undone, (count) => `${counted(count, 'more entry is', 'more entries are')} undone by allow lists`),
    ...idle.entries.map((allow) => `allow ${allow} does nothing: no entry beside it has an address in common with it`),
    ...idleMore,
    ...(notCompared.length === 0 ? [] : [blindWarning(notCompared, idle.unknown)]),
  ];
}

/** What is as it should be, in words: whoever reads the lists may want to know. */
export function exceptionNotes({ exceptions }: AllowEffects): readonly string[] {
  return [
    ...exceptions.entries.map(({ allow, inside }) => `allow ${allow} is an exception inside ${inside}`),
    ...more(
      exceptions,
      (count) => `${counted(count, 'more allow entry is', 'more allow entries are')} such exceptions`,
    ),
  ];
}

function more(
  { count, entries }: { readonly count: number; readonly entries: readonly unknown[] },
  words: (count: number) => string,
): readonly string[] {
  return count > entries.length ? [words(count - entries.length)] : [];
}

function blindWarning(names: readonly string[], unknown: number): string {
  const perhaps =
    unknown === 0
      ? ''
      : `; ${counted(unknown, 'allow entry', 'allow entries')} may do nothing, or undo entries there that cannot be asked for`;
  return `conflicts with allow lists are found in part only where a list has no text: ${names.join(', ')}${perhaps}`;
}

/** @returns null if it has none. */
function textOf(list: number, allow: number, { lists, progress }: Beside): ListText | null {
  const reading = lists[list];
  if (reading?.ok !== true || reading.judged.segment.kind === 'own') return null;
  const { config, judged } = reading;
  const told = progress.of(config.name, `beside ${lists[allow]?.config.name}`);
  return { bytes: judged.bytes, action: config.action, progress: told };
}

function segmentOf({ lists }: Beside, list: number): Uint8Array {
  const reading = lists[list];
  if (reading?.ok !== true || reading.judged.segment.kind !== 'own') throw new TypeError('the list has text');
  return reading.judged.segment.bytes;
}

function nameOf({ lists }: Beside, list: number): string {
  return lists[list]?.config.name ?? '';
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
