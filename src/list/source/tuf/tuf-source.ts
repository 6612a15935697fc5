/**
 * A protected list: a TUF repository for this recipient, on servers or in a folder.
 *
 *   first read ─▶ what lies here, verified without the network ─▶ served at once
 *   each later ─▶ update (synced-repository.ts) ─▶ choice (versions.ts) ─▶ image (image-maker.ts), if it differs from what is in force
 *
 * A newer withdrawn set makes a new image of whatever version is in force; nothing but the format's own faults keeps it back. It must not
 * judge the list: the gate does.
 */
import { ListError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';
import type { ImageTerms } from '../../protected/image-layout.ts';
import type { ListVersion } from '../../staged-list.ts';
import { ALONE, NO_VERSIONS } from '../source.ts';
import type { ListSource, ReadContext, SourceEvents, SourceRead, VersionFigures } from '../source.ts';
import * as notes from '../version-notes.ts';
import type { VersionNotes } from '../version-notes.ts';
import { isDamage, versionOf } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { imageIn } from './stored-image.ts';
import type { StoredState } from './store.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { choose, idIn, idOf, isSame, leftBehind, nameOf, planFor } from './versions.ts';
import type { Choice, Offers, Supported, VersionId } from './versions.ts';

export interface TufSourceOptions {
  readonly repository: SyncedRepository;
  readonly images: ImageMaker;
  readonly supported: Supported;
  readonly delayMs: number;
  /** Only what lies here is given, and nothing is changed. */
  readonly isOffline: boolean;
  /** Tells when it is worth asking again, until it is closed. */
  readonly watch: (events: SourceEvents) => { close(): void };
  /** Connections. */
  readonly close: () => void;
}

/** `error`: what was chosen cannot be used, and this is what is in force without what is withdrawn. */
interface Newest {
  readonly bytes: Uint8Array;
  readonly choice: Choice;
  readonly error: ListError | null;
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
  /** In force. */
  #inForce: ImageTerms | null = null;

  constructor(options: TufSourceOptions) {
    this.#options = options;
  }

  get versions(): VersionFigures {
    const { repository, images } = this.#options;
    if (!repository.isOpen) return NO_VERSIONS;
    const { previous, notes: noted } = repository.state;
    return {
      pinned: noted.pinned === null ? null : notes.labelOf(noted.pinned),
      previous: noted.pinned !== null || previous === null ? null : `${previous}`,
      withdrawn: images.withdrawn?.ids.length ?? null,
      expiresAt: repository.trusted?.expiresAt ?? null,
      heardAt: repository.heardAt === 0 ? null : repository.heardAt,
    };
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    const { repository, isOffline } = this.#options;
    await repository.open();
    // What is held goes to the gate again after a start, so that an operator sees it.
    if (!this.#hasRead) repository.note({ ...repository.state.notes, held: null });
    if (!this.#hasRead || isOffline) {
      this.#hasRead = true;
      const kept = await this.#readKept(context);
      if (kept !== null) {
        this.#isUnasked = !isOffline;
        if (this.#isUnasked) this.#events?.changed();
        return kept;
      }
      if (isOffline) throw listError('unreadable', "there is no copy of the list yet: 'serve' fetches it");
    }
    this.#isUnasked = false;
    // What came into force from files that lie here, while the server was away, nobody has told us of: a start must not fall behind it.
    if (context.inForce !== null) await this.accepted(context.inForce);
    const fault = await this.#update();
    return await this.#give(fault, context);
  }

  /** Each read gives what is not in force. What is held goes to the gate again: its rules may be others by now. */
  forget(): void {
    const { repository, images } = this.#options;
    if (repository.isOpen) repository.note({ ...this.#state.notes, held: null });
    images.forget();
  }

  async accepted(bytes: Uint8Array): Promise<string | null> {
    const terms = imageIn(bytes);
    if (terms === null) return null;
    this.#inForce = terms;
    const { repository } = this.#options;
    const entered = versionOf(terms);
    if (isSame(entered, this.#current())) return null;
    try {
      const signedAt = repository.signedAt(terms.time * 1000);
      // An operator may have pinned a version meanwhile.
      await repository.commit((state) => ({
        current: entered.version,
        currentDigest: entered.digest,
        previous: state.current,
        previousDigest: state.currentDigest,
        notes: notes.entered(state.notes),
        signedAt,
      }));
      return null;
    } catch (error) {
      return error instanceof ListError ? error.message : String(error);
    }
  }

  refused({ label }: ListVersion): void {
    const name = this.#given === null ? label : nameOf(this.#given);
    this.#options.repository.note(notes.held(this.#state.notes, name));
    // What was withdrawn meanwhile is withdrawn from the version that stays.
    if (this.#hasNewWithdrawn(this.#inForce)) this.#events?.changed();
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
    this.#watching = this.#options.watch(events);
    if (this.#isUnasked) events.changed();
  }

  close(): void {
    this.#watching?.close();
    this.#options.close();
  }

  get #state(): StoredState {
    return this.#options.repository.state;
  }

  async #note(next: (noted: VersionNotes, state: StoredState) => VersionNotes): Promise<void> {
    await this.#options.repository.commit((state) => ({ notes: next(state.notes, state) }));
    this.#options.images.forget();
    this.#events?.changed();
  }

  /**
   * The metadata says which set is the newest. A serial may go back: whoever had the key of the sets for a while may have used up the
   * numbers, and the publisher's own sets are lower from then on.
   */
  #hasNewWithdrawn(inForce: ImageTerms | null): boolean {
    const { withdrawn } = this.#options.images;
    return inForce !== null && withdrawn !== null && withdrawn.serial !== inForce.withdrawnSerial;
  }

  /** @returns null if there is none that can be used. */
  async #readKept(context: ReadContext): Promise<SourceRead | null> {
    const { repository, images } = this.#options;
    const { state, heardAt: currentAt } = repository;
    const { pinned } = state.notes;
    const kept: Choice | null = pinned === null ? this.#current() : { ...idIn(pinned), gate: 'pinned' };
    if (kept === null) return null;
    const fault = await this.#loadWithdrawn();
    try {
      const bytes = await images.make(kept, context);
      this.#given = kept;
      return { kind: 'cached', bytes, version: labelled(kept), currentAt, fault };
    } catch (error) {
      // The network has all of it. Without the identity nothing helps.
      if (isDamage(error)) return null;
      throw error;
    }
  }

  /** @returns why what was withdrawn is not known: a list without it is more than no list. */
  async #loadWithdrawn(): Promise<ListError | null> {
    return await faultOf(this.#options.images.loadWithdrawn());
  }

  /** @returns why the repository could not be brought up to date; null if it was. */
  async #update(): Promise<ListError | null> {
    const update = this.#options.repository.update((offers, state) => {
      const choice = this.#choice(offers, state);
      return choice === null ? null : planFor(choice, offers, state.chains);
    });
    return await faultOf(update);
  }

  #choice(offers: Offers, state: StoredState): Choice | null {
    const { repository, delayMs } = this.#options;
    return choose(offers, state, { delayMs, now: repository.now });
  }

  /** @param fault why the repository could not be brought up to date. */
  async #give(fault: ListError | null, context: ReadContext): Promise<SourceRead> {
    const { repository, images, supported } = this.#options;
    const { offers } = repository;
    const wanted = offers === null ? null : this.#choice(offers, this.#state);
    // What could not be fetched is not asked for once more; what was withdrawn may have come all the same.
    const chosen = fault === null || (wanted !== null && images.has(wanted)) ? wanted : this.#current();
    const behind = offers === null ? null : leftBehind(offers, supported);
    if (offers === null || chosen === null) throw fault ?? behind ?? this.#nothing();
    await images.loadWithdrawn();
    const inForce = imageIn(context.inForce);
    if (inForce !== null && isSame(versionOf(inForce), chosen) && !this.#hasNewWithdrawn(inForce)) {
      if (fault !== null || behind !== null) throw fault ?? behind;
      return { kind: 'unchanged' };
    }
    const { bytes, choice: given, error } = await this.#newest(chosen, inForce, context);
    this.#given = given;
    const trouble = fault ?? behind ?? error;
    const version = labelled(given);
    if (trouble === null) return { kind: 'list', bytes, version };
    return { kind: 'cached', bytes, version, currentAt: repository.heardAt, fault: trouble };
  }

  async #newest(choice: Choice, inForce: ImageTerms | null, context: ReadContext): Promise<Newest> {
    const { images } = this.#options;
    const less = async (served: ImageTerms): Promise<Omit<Newest, 'error'>> => ({
      bytes: await images.less(served, context),
      choice: { ...versionOf(served), gate: 'removals only' },
    });
    if (inForce !== null && isSame(versionOf(inForce), choice)) return { ...(await less(inForce)), error: null };
    try {
      return { bytes: await images.mended(choice, context), choice, error: null };
    } catch (error) {
      if (!(error instanceof ListError) || inForce === null || !this.#hasNewWithdrawn(inForce)) throw error;
      return { ...(await less(inForce)), error };
    }
  }

  #current(): Choice | null {
    const { current, currentDigest } = this.#state;
    const id = idOf(current, currentDigest);
    return id === null ? null : { ...id, gate: 'accepted' };
  }

  #nothing(): ListError {
    const { held } = this.#state.notes;
    if (held !== null)
      return listError(
        'version_refused',
        `version ${notes.labelOf(held)} is held by the gate, and there is none before it`,
      );
    return listError('inconsistent', 'the repository holds no list yet');
  }
}

function labelled({ version, gate }: Choice): ListVersion {
  return { label: `${version}`, gate };
}

/** @returns the list's fault with which the work ended; null if it was done. */
async function faultOf(work: Promise<void>): Promise<ListError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof ListError) return error;
    throw error;
  }
}
