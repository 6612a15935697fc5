/**
 * The lines of a text whose entries are on protected hosts, as the text is read: named one by one, and left out where the configuration says so.
 * It must not decide what becomes of a list that has them.
 */
import type { Entry } from '../../match/entry.ts';
import type { LineDiagnostic } from '../text/diagnostic.ts';
import type { Finding } from './findings.ts';
import type { Guarded, GuardedHost } from './guarded.ts';
import { mayRefuse, protectedMessage } from './protected-hosts.ts';
import type { ProtectedHosts } from './protected-hosts.ts';

/** Where an entry stands; its line is its id. */
interface Placed {
  readonly entry: Entry;
  readonly column: number;
}

export class CoveringLines {
  /** In order, as many as are named. */
  readonly lines: LineDiagnostic[] = [];
  readonly #action: Guarded['action'];
  readonly #leavesOut: boolean;
  readonly #guarded: ProtectedHosts;
  readonly #covered = new Set<GuardedHost>();
  readonly #maxLines: number;

  /** @param maxLines that are named; all are left out. */
  constructor(
    guarded: ProtectedHosts,
    { action, leavesOut }: Pick<Guarded, 'action' | 'leavesOut'>,
    maxLines = Number.POSITIVE_INFINITY,
  ) {
    this.#guarded = guarded;
    this.#action = action;
    this.#leavesOut = leavesOut;
    this.#maxLines = maxLines;
  }

  /** As the gate of a node tells it. */
  get finding(): Finding | null {
    const [first] = this.#covered;
    if (first === undefined) return null;
    const at = `by entry ${this.lines[0]?.line ?? 0}`;
    return {
      count: this.#covered.size,
      first: `${first.where}, ${at}`,
      named: [`${first.where}, ${at}`],
    };
  }

  /** Whether the entry is on such a host, and the list is used without it. */
  leavesOut(entry: Entry): boolean {
    return this.#leavesOut && this.#coveredBy(entry).length > 0;
  }

  /** Names the line of an entry that is on such a host. */
  add({ entry, column }: Placed): void {
    const covered = this.#coveredBy(entry);
    const message = protectedMessage(covered);
    if (message === null) return;
    for (const host of covered) this.#covered.add(host);
    if (this.lines.length < this.#maxLines)
      this.lines.push({ code: 'protected_host', line: Number(entry.id), column, message });
  }

  #coveredBy(entry: Entry): readonly GuardedHost[] {
    return mayRefuse(entry, this.#action) ? this.#guarded.coveredBy(entry) : [];
  }
}
