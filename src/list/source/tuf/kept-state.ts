/**
 * The state of a store as a source changes it: one commit after the other, and none by a source that does not own the folder (folder-owner.ts). Such a
 * one, of a configuration that is not in force yet, looks at what lies here, and what it makes of it is in its memory only. It must not know what the
 * state means.
 *
 *   commit ─▶ disk ─ it takes nothing ─▶ memory, and once more at each look      what was verified holds whatever the disk does
 *   decide ─▶ disk ─ it takes nothing ─▶ refused                                 an operator is told at once, and can mend the disk
 *
 * Versions that were seen keep older ones out as long as the process runs. A restart begins with what lies on the disk, as it would if the node had been off
 * since. Where nothing lies there yet, nothing is begun in memory: each start would believe whatever it is shown first.
 */
import { toldElsewhere } from '../../../lib/errors.ts';
import { ListError, listError } from '../../list-error.ts';
import type { VersionNotes } from '../version-notes.ts';
import { faultOf } from './fault-of.ts';
import { FolderOwner } from './folder-owner.ts';
import type { Store } from './store.ts';
import { filesOf } from './stored-state.ts';
import type { StoredState } from './stored-state.ts';

/** What becomes other of the state; a function is given it as the commits before have left it. */
export type Change = Partial<StoredState> | ((state: StoredState) => Partial<StoredState>);

export class KeptState {
  readonly #store: Store;
  readonly #owner: FolderOwner;
  #state: StoredState | null = null;
  /** A state lies in the folder, be it an older one. */
  #hasWritten = false;
  /** Ends with the last commit that was asked for. */
  #commits: Promise<void> = Promise.resolve();
  /** What is under way that changes the folder. */
  readonly #works = new Set<Promise<unknown>>();
  /** Another source has had the folder: it may have been changed. */
  #isStale = false;
  /** A source that has just been made takes the folder from the one before it, and that one does not take it back while the other is there. */
  #hasOwned = false;
  /** Its source is closed: what that still has under way gets the folder no more. */
  #isReleased = false;

  /** @param interrupt ends what waits for the network. */
  constructor(store: Store, interrupt: () => void) {
    this.#store = store;
    this.#owner = new FolderOwner(store.folder, () => {
      interrupt();
      return this.#works.size === 0 ? null : this.#ended();
    });
  }

  get isOpen(): boolean {
    return this.#state !== null && !this.#isStale;
  }

  get isOwner(): boolean {
    return this.#owner.isOwner;
  }

  /** As of the last commit. */
  get current(): StoredState {
    if (this.#state === null) throw listError('internal', 'a repository is used before it was opened');
    return this.#state;
  }

  /** @param isNew nothing was there. */
  open(state: StoredState, isNew: boolean): void {
    // What the gate holds is written down with other things only, and is not asked of it again.
    const held = this.#state === null ? state.notes.held : this.#state.notes.held;
    this.#state = { ...state, notes: { ...state.notes, held } };
    this.#hasWritten = !isNew;
    this.#isStale = false;
  }

  /** Where nobody else has the folder. */
  async takeIfFree(): Promise<void> {
    if (!this.#isReleased && !this.#owner.isOwner && this.#owner.isFree) await this.#take();
  }

  /** @returns false where another source has taken the folder over: nothing may be changed. */
  async take(): Promise<boolean> {
    const mayTake = !this.#isReleased && (!this.#hasOwned || this.#owner.isFree);
    if (!this.#owner.isOwner && mayTake) await this.#take();
    return this.#owner.isOwner;
  }

  /** For good. */
  release(): void {
    if (!this.#isReleased) this.#store.close();
    this.#isReleased = true;
    this.#owner.release();
  }

  /** @throws ListError `state` where the folder is somebody else's. */
  checkOwner(): void {
    if (!this.#owner.isOwner) throw listError('state', 'the list is being read anew by another configuration');
  }

  /** Until it has ended nobody else gets the folder. */
  async within<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    try {
      return await work;
    } finally {
      this.#works.delete(work);
    }
  }

  /** One after the other: an operator may decide while an update is under way. @throws ListError `state` where nothing lies here yet; then it is as it was. */
  async commit(change: Change): Promise<void> {
    await this.#next(change, false);
  }

  /** What must not be forgotten. @throws ListError `state`; then it is as it was. */
  async decide(change: Change): Promise<void> {
    await this.#next(change, true);
  }

  /** Before anything is fetched; what could not be written before is, if it can be by now. @throws ListError `state` where nothing lies here yet. */
  async prepare(): Promise<void> {
    const fault = await faultOf(this.#store.prepare());
    if (fault !== null && !this.#hasWritten) throw fault;
    if (this.#store.fault !== null) await this.commit({});
  }

  /**
   * Where somebody has removed the folder, or files of it, what is in force goes on: the state is written again, without what is not here any more, so that
   * it is fetched. The withdrawn set stays named, so that a start without it says so. @returns what was lost, by SHA-256.
   */
  async forgetLost(): Promise<ReadonlySet<string>> {
    const lost = this.#hasWritten ? await this.#store.lostOf(this.current) : null;
    if (lost === null && this.#store.mustRewrite) await this.commit({});
    if (lost === null) return new Set();
    await this.commit(({ chains, names }) => ({
      chains: chains.filter((chain) => !filesOf(chain).some(({ sha256 }) => lost.has(sha256))),
      names: names.filter(({ file }) => !lost.has(file.sha256)),
    }));
    return lost;
  }

  /** A folder that is somebody else's, or has nothing yet, counts as one. */
  async isWritable(): Promise<boolean> {
    return !this.#owner.isOwner || !this.#hasWritten || (await this.#store.isWritable());
  }

  /** With the next commit: a restart finds out by itself. */
  note(notes: VersionNotes): void {
    this.#state = { ...this.current, notes };
  }

  async #next(change: Change, isDecision: boolean): Promise<void> {
    const committed = this.#commits.then(async () => await this.#commitNow(change, isDecision));
    this.#commits = toldElsewhere(committed);
    await committed;
  }

  async #commitNow(change: Change, isDecision: boolean): Promise<void> {
    const changed = typeof change === 'function' ? change(this.current) : change;
    const next = { ...this.current, ...changed };
    if (this.#owner.isOwner || this.#works.size > 0) await this.#write(next, isDecision);
    // What was noted meanwhile stays.
    this.#state = { ...this.current, ...changed };
  }

  async #write(next: StoredState, isDecision: boolean): Promise<void> {
    try {
      await this.#store.write(next);
      this.#hasWritten = true;
    } catch (error) {
      if (isDecision || !this.#hasWritten || !(error instanceof ListError)) throw error;
      const reason = `${error.message}; what came since then is in force, and is kept in memory only until it can be written`;
      this.#store.keepInMemory(next, listError('state', reason, error));
    }
  }

  async #take(): Promise<void> {
    await this.#owner.take();
    this.#hasOwned = true;
    // Whoever had it before may have changed it.
    this.#isStale = true;
    if (this.#isReleased) this.#owner.release();
  }

  async #ended(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works);
    await this.#commits;
  }
}
