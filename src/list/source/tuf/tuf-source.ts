/**
 * A protected list: a TUF repository for this recipient, on servers or in a folder.
 *
 *   first read ─▶ what lies here, verified without the network ─▶ served at once
 *   each later ─▶ follow ─▶ choice (versions.ts) ─▶ fetch ─▶ image (image-maker.ts), if it differs from what is in force
 *   each poll  ─▶ follow, also while a read is under way ─▶ a newer withdrawn set ─▶ withdrawn from what is in force, in place
 *
 * A removal waits for nothing (following.ts). It must not judge the list: the gate does.
 */
import type { Rest } from '../../../lib/steps.ts';
import { ListError, listError } from '../../list-error.ts';
import type { ListVersion } from '../../staged-list.ts';
import { ALONE } from '../source.ts';
import type { ListSource, NamesSource, ReadContext, SourceEvents, SourceRead, VersionFigures } from '../source.ts';
import * as notes from '../version-notes.ts';
import { faultOf, orFault } from './fault-of.ts';
import { Following } from './following.ts';
import { isDamage, versionOf } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import type { MirrorFault } from './mirror-turns.ts';
import { imageIn } from './stored-image.ts';
import { NO_NAMES } from './names-payloads.ts';
import type { NamesPayloads } from './names-payloads.ts';
import { labelled, notedEntry, notedRefusal, RefusedVersions } from './refused-versions.ts';
import type { StoredState } from './stored-state.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { versionFigures } from './version-figures.ts';
import { choose, idIn, idOf, isSame, leftBehind, nameOf, nothingToTake, planFor } from './versions.ts';
import type { Choice, Offers, Supported, VersionId } from './versions.ts';

export interface TufSourceOptions {
  readonly repository: SyncedRepository;
  readonly images: ImageMaker;
  /** Null: nobody here is to know any name. */
  readonly names: NamesPayloads | null;
  readonly supported: Supported;
  readonly delayMs: number;
  /** Only what lies here is given, and nothing is changed. */
  readonly isOffline: boolean;
  /** A mirror failed while it was followed beside something else. */
  readonly onFault: MirrorFault;
  /** Tells when it is worth asking again, until it is closed. */
  readonly watch: (events: SourceEvents) => { close(): void };
  /** Connections. */
  readonly close: () => void;
}

export class TufSource implements ListSource {
  readonly hasCache = true;
  readonly #options: TufSourceOptions;
  #hasRead = false;
  /** What lies here was given, and the repository has not been asked since. */
  #isUnasked = false;
  #watching: { close(): void } | null = null;
  #events: SourceEvents | null = null;
  /** Goes to the gate. */
  #given: VersionId | null = null;
  /** Given in place of the version in force, of which a file is damaged: it does not become the one in force. */
  #givenInstead: VersionId | null = null;
  readonly #refused = new RefusedVersions();
  /** Reads that were begun. */
  #reads = 0;
  readonly #following: Following;

  readonly names: NamesSource;

  constructor(options: TufSourceOptions) {
    this.#options = options;
    this.names = options.names ?? NO_NAMES;
    this.#following = new Following({ ...options, withdrawn: () => this.#events?.withdrawn() });
  }

  get versions(): VersionFigures {
    return versionFigures(this.#options);
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    const { repository, isOffline } = this.#options;
    this.#reads += 1;
    // What lies here may be another source's still, which a reload is about to replace: then it is looked at only.
    if (!this.#hasRead && !isOffline) await repository.ownIfFree();
    await repository.open();
    // What is held goes to the gate again after a start, so that an operator sees it.
    if (!this.#hasRead) repository.note({ ...repository.state.notes, held: null });
    if (!this.#hasRead || isOffline) {
      this.#hasRead = true;
      // Where nothing can be written, the run before may have known of removals that do not lie here.
      if (!isOffline && !(await repository.isWritable())) await this.#following.follow(this.#options.onFault);
      const kept = await this.#readKept(context);
      if (kept !== null) {
        this.#isUnasked = !isOffline;
        if (this.#isUnasked) this.#events?.changed();
        return kept;
      }
      if (isOffline)
        throw listError(
          'unreadable',
          "there is no copy of the list yet: 'serve' fetches it; that of a unit is found with STATE_DIRECTORY=/var/lib/cleanfeed, or by `state.directory`",
        );
    }
    this.#isUnasked = false;
    if (!(await repository.own())) return { kind: 'unchanged' };
    return await this.#toldOfDamage(this.#readNewest(context), context);
  }

  async withdraw(bytes: Uint8Array, rest: Rest): Promise<boolean> {
    if (imageIn(bytes) === null) return false;
    const { repository, images } = this.#options;
    if (!repository.isOwner) {
      // Where it cannot be looked at, what is known to be withdrawn stays so; that source goes on, and tells.
      await faultOf(repository.look());
      await this.#following.loadWithdrawn();
    }
    return await images.withdraw(bytes, rest);
  }

  /** Each read gives what is not in force. What is held goes to the gate again: its rules may be others by now. */
  forget(): void {
    const { repository, images } = this.#options;
    if (repository.isOpen) repository.note({ ...this.#state.notes, held: null });
    this.#refused.forget();
    images.forget();
  }

  async accepted(bytes: Uint8Array): Promise<string | null> {
    const terms = imageIn(bytes);
    if (terms === null) return null;
    const { repository, images } = this.#options;
    const entered = versionOf(terms);
    try {
      await repository.own();
      if (isSame(entered, this.#current()) || isSame(entered, this.#givenInstead)) return this.#diskFault;
      if (this.#refused.forget()) this.#events?.changed();
      // With it the time of the withdrawn set may be believed that was not before.
      const times = repository.timesWith([{ time: terms.time * 1000, of: 'list' }, ...images.signedTimes]);
      // An operator may have pinned a version meanwhile.
      await repository.commit((state) => ({
        current: entered.version,
        currentDigest: entered.digest,
        previous: state.current,
        previousDigest: state.currentDigest,
        notes: notedEntry(state.notes, entered.version, repository.offers),
        ...times,
      }));
      this.#syncNames();
      return this.#diskFault;
    } catch (error) {
      return error instanceof ListError ? error.message : String(error);
    }
  }

  refused({ label, isBehindHeld = false }: ListVersion): void {
    const { repository } = this.#options;
    const name = this.#given === null ? label : nameOf(this.#given);
    this.#refused.add(name, repository.offers);
    if (!isBehindHeld) repository.note(notedRefusal(this.#state.notes, name, repository.offers));
  }

  async accept(label: string): Promise<void> {
    await this.#note((noted) => notes.accepted(noted, label));
  }

  async rollback(): Promise<string> {
    await this.#note((noted, { previous, previousDigest }) => {
      const id = idOf(previous, previousDigest);
      return notes.pinned(noted, id === null ? null : nameOf(id));
    });
    return notes.labelOf(this.#state.notes.pinned ?? '');
  }

  async release(): Promise<void> {
    await this.#note(notes.released);
  }

  watch(events: SourceEvents): void {
    this.#events = events;
    this.#watching = this.#options.watch({ ...events, changed: () => this.#poll(events) });
    if (this.#isUnasked) events.changed();
  }

  close(): void {
    this.#watching?.close();
    this.#options.close();
    this.#options.repository.release();
  }

  get #diskFault(): string | null {
    return this.#options.repository.diskFault?.message ?? null;
  }

  get #state(): StoredState {
    return this.#options.repository.state;
  }

  async #note(next: (noted: notes.VersionNotes, state: StoredState) => notes.VersionNotes): Promise<void> {
    const { repository } = this.#options;
    if (!(await repository.own())) throw listError('version_refused', 'the list is being read anew: try again');
    await repository.decide((state) => ({ notes: next(state.notes, state) }));
    this.#refused.forget();
    this.#options.images.forget();
    this.#events?.changed();
  }

  /** Worth reading. Where a read is under way, or what it gave, a removal does not wait for its end. */
  #poll(events: SourceEvents): void {
    const before = this.#reads;
    events.changed();
    if (this.#reads === before) void this.#following.beside();
  }

  /** @returns null if there is none that can be used. */
  async #readKept(context: ReadContext): Promise<SourceRead | null> {
    const { repository, images } = this.#options;
    const { state, lastHeard } = repository;
    const { heardAt: currentAt } = lastHeard;
    const { pinned } = state.notes;
    const kept: Choice | null = pinned === null ? this.#current() : { ...idIn(pinned), gate: 'pinned' };
    if (kept === null) return null;
    const fault = await this.#following.loadWithdrawn();
    try {
      const bytes = await images.make(kept, context);
      this.#given = kept;
      return { kind: 'cached', bytes, version: this.#labelled(kept), currentAt, fault };
    } catch (error) {
      // The network has all of it. Without the identity nothing helps.
      if (!isDamage(error)) throw error;
      return this.#options.isOffline ? await this.#giveBefore(kept, error, context) : null;
    }
  }

  /**
   * The version before, where a file of the one that is wanted is damaged and nothing is in force. @throws the damage, which names the file, where there is
   * none that can be used.
   */
  async #giveBefore(wanted: Choice, damage: ListError, context: ReadContext): Promise<SourceRead> {
    const { repository, images } = this.#options;
    const before = this.#previous();
    const mayGive = isDamage(damage) && context.inForce === null && wanted.gate !== 'pinned';
    if (!mayGive || before === null || isSame(before, wanted)) throw damage;
    const bytes = await orFault(images.make(before, context));
    if (bytes instanceof ListError) throw damage;
    this.#given = this.#givenInstead = before;
    const { heardAt: currentAt } = repository.lastHeard;
    return { kind: 'cached', bytes, version: this.#labelled(before), currentAt, fault: damage };
  }

  /** No publisher is blamed for what this node has lost. */
  async #toldOfDamage(read: Promise<SourceRead>, { inForce }: ReadContext): Promise<SourceRead> {
    try {
      return await read;
    } catch (error) {
      const { damage } = this.#options.repository;
      if (!(error instanceof ListError) || damage === null || inForce !== null) throw error;
      const { file, reason } = damage;
      throw listError(
        'state',
        `${file} is damaged (${reason}); what it said cannot be fetched: ${error.message}`,
        error,
      );
    }
  }

  async #readNewest(context: ReadContext): Promise<SourceRead> {
    const { delayMs } = this.#options;
    const followed = await this.#following.follow();
    await this.#dropNames();
    this.#syncNames();
    try {
      return await this.#newest(followed, delayMs, context);
    } catch (error) {
      const isUnusable = isDamage(error) || (error instanceof ListError && error.code === 'decrypt');
      if (!isUnusable || delayMs === 0 || context.inForce !== null) throw error;
      // Whoever has no list that he can use waits for none.
      return await this.#newest(followed, 0, context);
    }
  }

  /** @param followed why the repository could not be followed. */
  async #newest(followed: ListError | null, delayMs: number, context: ReadContext): Promise<SourceRead> {
    const { repository, images, supported } = this.#options;
    const { offers } = repository;
    const terms = { delayMs, now: repository.clock, refused: this.#refused };
    const wanted = offers === null ? null : choose(offers, this.#state, terms);
    const fault = followed ?? (await this.#fetch(wanted, offers));
    // What could not be fetched is not asked for once more.
    const chosen = fault === null || (wanted !== null && images.has(wanted)) ? wanted : this.#current();
    const trouble = fault ?? repository.withdrawnFault ?? (offers === null ? null : leftBehind(offers, supported));
    if (offers === null || chosen === null) throw trouble ?? nothingToTake(this.#state.notes.held);
    const inForce = imageIn(context.inForce);
    if (inForce === null || !isSame(versionOf(inForce), chosen)) return await this.#give(chosen, trouble, context);
    const told = trouble ?? repository.diskFault ?? (await faultOf(repository.checkIdentity()));
    if (told !== null) throw told;
    return { kind: 'unchanged' };
  }

  /** @returns why it could not be fetched. */
  async #fetch(wanted: Choice | null, offers: Offers | null): Promise<ListError | null> {
    const { repository } = this.#options;
    const plan = wanted === null || offers === null ? null : planFor(wanted, offers, repository.state.chains);
    return plan === null ? null : await faultOf(repository.fetch(plan));
  }

  async #give(chosen: Choice, fault: ListError | null, context: ReadContext): Promise<SourceRead> {
    const bytes = await orFault(this.#options.images.mended(chosen, context));
    if (bytes instanceof ListError) return await this.#giveBefore(chosen, bytes, context);
    this.#given = chosen;
    this.#givenInstead = null;
    const version = this.#labelled(chosen);
    if (fault === null) return { kind: 'list', bytes, version };
    return { kind: 'cached', bytes, version, currentAt: this.#options.repository.lastHeard.heardAt, fault };
  }

  /** Whoever tells no names any more needs none on disk. What fails is tried again with the next read. */
  async #dropNames(): Promise<void> {
    const { names, repository } = this.#options;
    if (names === null && this.#state.names.length > 0) await faultOf(repository.commit({ names: [] }));
  }

  #syncNames(): void {
    this.#options.names?.sync(() => this.#events?.named());
  }

  #current(): Choice | null {
    const { current, currentDigest } = this.#state;
    const id = idOf(current, currentDigest);
    return id === null ? null : { ...id, gate: 'accepted' };
  }

  #previous(): Choice | null {
    const { previous, previousDigest } = this.#state;
    const id = idOf(previous, previousDigest);
    return id === null ? null : { ...id, gate: 'accepted' };
  }

  #labelled(choice: Choice): ListVersion {
    return labelled(choice, this.#state.notes.held, this.#options.repository.offers);
  }
}
