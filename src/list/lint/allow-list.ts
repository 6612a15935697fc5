/**
 * What the entries of an allow list do to the entries of the lists beside it. Each of these may be meant or a slip, and nobody sees it in
 * either list alone:
 *
 *   undone   whatever an entry would refuse, the allow list lets pass; of an allow entry with a path: but for spellings of it that not
 *            every origin reads alike, since it counts only if it covers all that may be meant (policy/judge.ts)
 *   inside   an allow entry takes a part out of an entry: an exception
 *   idle     an allow entry has no address in common with any entry
 *
 * Lists without text are asked by digest (digest-scopes.ts), which shows less. It holds the allow list in the clear, and must live no
 * longer than the command that asks.
 */
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { listEntries } from '../text/compile.ts';
import { AllowScopes } from './allow-scopes.ts';
import type { Met } from './allow-scopes.ts';
import { DigestScopes } from './digest-scopes.ts';
import { EntryIndex } from './entry-index.ts';

export interface ListText {
  readonly bytes: Uint8Array;
  readonly action: ListAction;
  /** Told now and then how many bytes have been read. */
  readonly progress?: (bytes: number) => void;
}

/** Ids: of text lists, lines. */
export interface UndoneEntry {
  readonly allow: bigint;
  readonly undone: bigint;
  /** False: spellings that not every origin reads alike stay refused. */
  readonly inEverySpelling: boolean;
}

export interface AllowEffect {
  /** Of the allow entry. */
  readonly id: bigint;
  /** The widest entry that it takes a part out of; null: none that is known. */
  readonly inside: Met | null;
  /** `unknown`: no entry that can be seen or asked for, but there are others. */
  readonly meets: 'some' | 'none' | 'unknown';
}

/** One allow list, beside any number of others. */
export class AllowList {
  readonly #index = new EntryIndex();
  readonly #scopes: AllowScopes;
  readonly #entries: Entry[] = [];
  readonly #today: number;
  /** Of lists without text. */
  readonly #asked = new Map<bigint, { inside: Met | null; meets: AllowEffect['meets'] }>();

  /** @param today UTC days since 1970-01-01. */
  constructor(list: ListText, today: number, scopes = new AllowScopes()) {
    this.#today = today;
    this.#scopes = scopes;
    for (const entry of entriesOf(list, today)) {
      this.#index.add(entry);
      this.#scopes.add(entry);
      this.#entries.push(entry);
    }
  }

  /** In the order of the list's lines; each with the entry that undoes most of it, the widest of several. @param number of the list, for `inside`. */
  *undoneIn(list: ListText, number: number): Generator<UndoneEntry> {
    for (const entry of entriesOf(list, this.#today)) {
      this.#scopes.meet(entry, number);
      const cover = this.#index.coveredWhileInForceBy(entry);
      if (cover === null) continue;
      yield { allow: BigInt(cover.listed.line), undone: entry.id, inEverySpelling: cover.isWholeHost };
    }
  }

  /**
   * Of a list without text those that can be asked for, in the order of the allow list's lines.
   * @param segment its bytes.
   */
  *undoneInDigests(segment: Uint8Array, number: number): Generator<UndoneEntry> {
    const digests = new DigestScopes(segment, this.#today);
    for (const entry of this.#entries) {
      const { met, mayHaveMore } = digests.ask(entry);
      const before = this.#asked.get(entry.id);
      const around = met.find(({ isContained }) => !isContained);
      this.#asked.set(entry.id, {
        inside: before?.inside ?? (around === undefined ? null : { list: number, id: around.id }),
        meets: stronger(before?.meets ?? 'none', met.length > 0 ? 'some' : mayHaveMore ? 'unknown' : 'none'),
      });
      const inEverySpelling = entry.path.kind === 'host';
      for (const { id, isContained } of met) if (isContained) yield { allow: entry.id, undone: id, inEverySpelling };
    }
  }

  /** @returns null if the list is too long for it. In the order of the lines, once all lists beside it have been told. */
  effects(): readonly AllowEffect[] | null {
    if (this.#scopes.isFull) return null;
    return this.#scopes.effects().map(({ id, inside, meets }) => {
      const asked = this.#asked.get(id);
      return {
        id,
        inside: inside ?? asked?.inside ?? null,
        meets: meets ? 'some' : (asked?.meets ?? 'none'),
      };
    });
  }
}

/** Which entries of a text list an allow list without text undoes. @param segment the bytes of that allow list. */
export function* undoneByDigests(segment: Uint8Array, list: ListText, today: number): Generator<UndoneEntry> {
  const digests = new DigestScopes(segment, today);
  for (const entry of entriesOf(list, today)) {
    const covers = digests.ask(entry).met.filter(({ contains }) => contains);
    const cover = covers.find(({ isWholeHost }) => isWholeHost) ?? covers[0];
    if (cover !== undefined) yield { allow: cover.id, undone: entry.id, inEverySpelling: cover.isWholeHost };
  }
}

function stronger(one: AllowEffect['meets'], other: AllowEffect['meets']): AllowEffect['meets'] {
  switch (one) {
    case 'some':
      return 'some';
    case 'unknown':
      return other === 'some' ? 'some' : 'unknown';
    case 'none':
      return other;
  }
}

function entriesOf({ bytes, action, progress }: ListText, today: number): Iterable<Entry> {
  return listEntries(bytes, { list: 0, action, today, ...(progress === undefined ? {} : { progress }) });
}
