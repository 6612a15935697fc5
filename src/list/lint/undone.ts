/**
 * Entries of one list that entries of an allow list undo: whatever the first would refuse, the second lets pass. That may be
 * meant (a publisher's mistake, put right at once) or a slip, and nobody sees it in either list alone.
 *
 * Text lists only: a compiled one holds no scopes that could be compared. It holds the allow list in the clear, and must live
 * no longer than the command that asks.
 */
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { listEntries } from '../text/compile.ts';
import { EntryIndex } from './entry-index.ts';

export interface ListText {
  readonly bytes: Uint8Array;
  readonly action: ListAction;
  /** Told now and then how many bytes have been read. */
  readonly progress?: (bytes: number) => void;
}

/** Lines, 1-based. */
export interface UndoneEntry {
  readonly allow: number;
  readonly undone: number;
}

/** One allow list, to be asked about any number of others. @param today UTC days since 1970-01-01. */
export class AllowIndex {
  readonly #index = new EntryIndex();
  readonly #today: number;

  constructor(list: ListText, today: number) {
    this.#today = today;
    for (const entry of entriesOf(list, today)) this.#index.add(entry);
  }

  /** In the order of the list's lines; each with the widest entry that undoes it. */
  *undoneIn(list: ListText): Generator<UndoneEntry> {
    for (const entry of entriesOf(list, this.#today)) {
      const cover = this.#index.coveredWhileInForceBy(entry);
      if (cover !== null) yield { allow: cover.line, undone: Number(entry.id) };
    }
  }
}

function entriesOf({ bytes, action, progress }: ListText, today: number): Iterable<Entry> {
  return listEntries(bytes, { list: 0, action, today, ...(progress === undefined ? {} : { progress }) });
}
