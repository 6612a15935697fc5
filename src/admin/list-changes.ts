/**
 * What changed when in which list: the last changes of each, for the status page. Found by looking at the lists now and then, so that two
 * changes between two looks are one. It must hold no entry of a list, and no more of a list than figures and the publisher's own label.
 */
import type { ListStatus, ListTurnover } from '../observe/control-view.ts';

export interface ListChange {
  readonly list: string;
  /** Milliseconds of a clock that does not jump. */
  readonly at: number;
  /** Entries in force before; null: nothing was. */
  readonly before: number | null;
  readonly entries: number;
  /** Entries that came and that went; null: that is not known, and only the difference is. */
  readonly added: number | null;
  readonly removed: number | null;
  /** The publisher's label of the version; null: its source has no versions. */
  readonly version: string | null;
}

/** What a list had when it was last looked at. */
interface Seen {
  readonly entries: number;
  readonly loadedAt: number;
  readonly turnover: ListTurnover;
}

/** Of one list. */
const MAX_CHANGES = 20;

type Looked = Pick<ListStatus, 'name' | 'entries' | 'loadedAt' | 'turnover' | 'versions'>;

export class ListChanges {
  #changes: readonly ListChange[] = [];
  readonly #seen = new Map<string, Seen>();

  /** The oldest first. */
  get all(): readonly ListChange[] {
    return this.#changes;
  }

  of(list: string): readonly ListChange[] {
    return this.#changes.filter((change) => change.list === list);
  }

  /** Of the process before: what a list has when it is first seen is compared with the last of them. What lies in the future is of a clock that was wrong. */
  restore(changes: readonly ListChange[], now: number): void {
    const past = changes.filter(({ at }) => at <= now);
    this.#changes = bounded([...past, ...this.#changes].toSorted((one, other) => one.at - other.at));
  }

  /** @returns whether anything has changed. */
  look(lists: readonly Looked[]): boolean {
    const before = this.#changes;
    for (const list of lists) this.#lookAt(list);
    for (const name of this.#seen.keys()) if (!lists.some((list) => list.name === name)) this.#seen.delete(name);
    return this.#changes !== before;
  }

  #lookAt({ name, entries, loadedAt, turnover, versions: { inForce: version } }: Looked): void {
    if (loadedAt === null) return;
    const seen = this.#seen.get(name);
    const last = this.#changes.findLast((change) => change.list === name);
    this.#seen.set(name, { entries, loadedAt, turnover });
    // A list that goes on being in force keeps its time. At the start of a process every list loads: then a change is what differs from what was kept.
    const isChange =
      seen === undefined ? last?.entries !== entries || last.version !== version : seen.loadedAt !== loadedAt;
    if (!isChange) return;
    const before = seen?.entries ?? last?.entries ?? null;
    const change = { list: name, at: loadedAt, before, entries, ...turnoverBetween(seen?.turnover, turnover), version };
    this.#changes = bounded([...this.#changes, change]);
  }
}

/** @param before undefined: of a process before, of whose entries nothing is left. What has gone back is of another list of this name. */
function turnoverBetween(before: ListTurnover | undefined, after: ListTurnover): Pick<ListChange, 'added' | 'removed'> {
  if (before === undefined || before.unknown !== after.unknown) return { added: null, removed: null };
  const [added, removed] = [after.added - before.added, after.removed - before.removed];
  return added < 0 || removed < 0 ? { added: null, removed: null } : { added, removed };
}

function bounded(changes: readonly ListChange[]): readonly ListChange[] {
  const kept = new Map<string, number>();
  return changes
    .toReversed()
    .filter(({ list }) => {
      const count = (kept.get(list) ?? 0) + 1;
      kept.set(list, count);
      return count <= MAX_CHANGES;
    })
    .toReversed();
}
