/**
 * A protected list: a TUF repository for this recipient, on servers or in a folder.
 *
 *   first read ─▶ what lies here, verified without the network ─▶ served at once
 *   each later ─▶ update (synced-repository.ts) ─▶ choice (versions.ts) ─▶ image (stored-image.ts), if it differs from what is in force
 *
 * A newer withdrawn set makes a new image of whatever version is in force; nothing but the format's own faults keeps it back. It must not
 * judge the list: the gate does.
 */
import { ListError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';
import type { ImageTerms } from '../../protected/image-layout.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { ListVersion } from '../../staged-list.ts';
import { ALONE } from '../source.ts';
import type { ListSource, ReadContext, SourceEvents, SourceRead, VersionFigures } from '../source.ts';
import * as notes from '../version-notes.ts';
import type { VersionNotes } from '../version-notes.ts';
import type { Identity } from './identity.ts';
import { imageIn, readWithdrawn, storedImage } from './stored-image.ts';
import type { Vault } from './stored-image.ts';
import type { Store, StoredState } from './store.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { choose, freshPlan, nothingOffered, planFor } from './versions.ts';
import type { Choice, Offers, Plan, Supported } from './versions.ts';

export interface TufSourceOptions {
  readonly repository: SyncedRepository;
  readonly store: Store;
  readonly supported: Supported;
  /** @throws ListError `secret` */
  readonly identity: () => Promise<Identity>;
  readonly delayMs: number;
  /** Only what lies here is given, and nothing is changed. */
  readonly isOffline: boolean;
  /** Tells when it is worth asking again, until it is closed. */
  readonly watch: (events: SourceEvents) => { close(): void };
  /** Connections. */
  readonly close: () => void;
}

/** What mends itself with a full payload. */
const DAMAGE: ReadonlySet<string> = new Set(['corrupt', 'digest', 'truncated']);

export class TufSource implements ListSource {
  readonly hasCache = true;
  readonly #options: TufSourceOptions;
  #withdrawn: { readonly sha256: string; readonly set: WithdrawnSet } | null = null;
  #hasRead = false;
  /** What could not be made of what was fetched: not made again before anything has changed. */
  #failed: { readonly key: string; readonly error: ListError } | null = null;
  #watching: { close(): void } | null = null;
  #events: SourceEvents | null = null;
  /** In force. */
  #inForce: ImageTerms | null = null;

  constructor(options: TufSourceOptions) {
    this.#options = options;
  }

  get versions(): VersionFigures {
    const { previous, notes: noted } = this.#options.repository.isOpen ? this.#state : NOTHING_KNOWN;
    return {
      pinned: noted.pinned,
      previous: noted.pinned !== null || previous === null ? null : `${previous}`,
      withdrawn: this.#withdrawn?.set.ids.length ?? null,
    };
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    const { repository, isOffline, store } = this.#options;
    await repository.open();
    if (!this.#hasRead || isOffline) {
      this.#hasRead = true;
      const kept = await this.#readKept(context);
      if (kept !== null) return kept;
      if (isOffline)
        throw listError('unreadable', `there is no copy of the list in ${store.folder}: 'serve' fetches it`);
    }
    const fault = await this.#update();
    return await this.#give(fault, context);
  }

  /** Each read gives what is not in force. */
  forget(): void {
    this.#failed = null;
  }

  async accepted(bytes: Uint8Array): Promise<string | null> {
    const terms = imageIn(bytes);
    if (terms === null) return null;
    this.#inForce = terms;
    const { repository } = this.#options;
    const { current, previous, notes: noted } = this.#state;
    if (terms.version === current) return null;
    try {
      await repository.commit({
        current: terms.version,
        previous: current ?? previous,
        notes: notes.entered(noted),
        signedAt: repository.signedAt(terms.time * 1000),
      });
      return null;
    } catch (error) {
      return error instanceof ListError ? error.message : String(error);
    }
  }

  refused({ label }: ListVersion): void {
    this.#options.repository.note(notes.held(this.#state.notes, label));
    // What was withdrawn meanwhile is withdrawn from the version that stays.
    if (this.#hasNewWithdrawn()) this.#events?.changed();
  }

  async accept(label: string): Promise<void> {
    await this.#note(notes.accepted(this.#state.notes, label));
  }

  async rollback(): Promise<string> {
    const { previous } = this.#state;
    const next = notes.pinned(this.#state.notes, previous === null ? null : `${previous}`);
    await this.#note(next);
    return next.pinned ?? '';
  }

  async release(): Promise<void> {
    await this.#note(notes.released(this.#state.notes));
  }

  watch(events: SourceEvents): void {
    this.#events = events;
    this.#watching = this.#options.watch(events);
  }

  close(): void {
    this.#watching?.close();
    this.#options.close();
  }

  get #state(): StoredState {
    return this.#options.repository.state;
  }

  async #note(next: VersionNotes): Promise<void> {
    await this.#options.repository.commit({ notes: next });
    this.#failed = null;
    this.#events?.changed();
  }

  #hasNewWithdrawn(): boolean {
    return this.#inForce !== null && (this.#withdrawn?.set.serial ?? 0) > this.#inForce.withdrawnSerial;
  }

  /** @returns null if there is none that can be used. */
  async #readKept(context: ReadContext): Promise<SourceRead | null> {
    const { repository } = this.#options;
    const { offers, state, heardAt: currentAt } = repository;
    const version = state.notes.pinned === null ? state.current : Number(state.notes.pinned);
    if (offers === null || version === null) return null;
    try {
      const kept: Choice = { version, gate: state.notes.pinned === null ? 'accepted' : 'pinned' };
      const bytes = await this.#image(kept, await this.#vault(), context);
      return { kind: 'cached', bytes, version: labelled(kept), currentAt, fault: null };
    } catch (error) {
      // The network has all of it. Without the identity nothing helps.
      if (error instanceof ListError && DAMAGE.has(error.code)) return null;
      throw error;
    }
  }

  /** @returns why the repository could not be brought up to date; null if it was. */
  async #update(): Promise<ListError | null> {
    try {
      await this.#options.repository.update((offers, state) => this.#plan(this.#choice(offers, state), offers));
      return null;
    } catch (error) {
      if (error instanceof ListError) return error;
      throw error;
    }
  }

  #choice(offers: Offers, state: StoredState): Choice | null {
    const { repository, delayMs } = this.#options;
    return choose(offers, state, { delayMs, now: repository.now });
  }

  #plan(choice: Choice | null, offers: Offers): Plan | null {
    return choice === null ? null : planFor(choice.version, offers, this.#state.chains);
  }

  async #give(fault: ListError | null, context: ReadContext): Promise<SourceRead> {
    const { repository, supported } = this.#options;
    const { offers } = repository;
    const choice = offers === null ? null : this.#choice(offers, this.#state);
    if (choice === null || offers === null) throw fault ?? this.#nothing(offers, supported);
    const vault = await this.#vault();
    await this.#loadWithdrawn(vault);
    const inForce = imageIn(context.inForce);
    const serial = this.#withdrawn?.set.serial ?? 0;
    if (inForce !== null && inForce.version === choice.version && inForce.withdrawnSerial >= serial)
      return unchangedUnless(fault);
    const { bytes, version, error } = await this.#newest(choice, inForce, vault, context);
    const trouble = fault ?? error;
    if (trouble === null) return { kind: 'list', bytes, version };
    return { kind: 'cached', bytes, version, currentAt: repository.heardAt, fault: trouble };
  }

  /** `error`: what was chosen cannot be used, and this is what is in force without what is withdrawn. */
  async #newest(choice: Choice, inForce: ImageTerms | null, vault: Vault, context: ReadContext): Promise<Newest> {
    const ofInForce = inForce === null ? null : { version: inForce.version, gate: 'removals only' as const };
    if (inForce?.version === choice.version)
      return {
        bytes: await this.#imageOnce(choice, vault, context),
        version: labelled(ofInForce ?? choice),
        error: null,
      };
    try {
      return { bytes: await this.#imageOnce(choice, vault, context), version: labelled(choice), error: null };
    } catch (error) {
      if (!(error instanceof ListError) || ofInForce === null || !this.#hasNewWithdrawn()) throw error;
      return { bytes: await this.#image(ofInForce, vault, context), version: labelled(ofInForce), error };
    }
  }

  #nothing(offers: Offers | null, supported: Supported): ListError {
    const { held } = this.#state.notes;
    if (held !== null)
      return listError('version_refused', `version ${held} is held by the gate, and there is none before it`);
    return offers === null
      ? listError('inconsistent', 'the repository has no metadata')
      : nothingOffered(offers, supported);
  }

  /** @throws ListError; the same again, without work, as long as nothing has changed. */
  async #imageOnce(choice: Choice, vault: Vault, context: ReadContext): Promise<Uint8Array> {
    const key = `${choice.version} ${this.#withdrawn?.sha256 ?? ''} ${this.#state.metadata.timestamp ?? ''}`;
    if (this.#failed?.key === key) throw this.#failed.error;
    try {
      return await this.#mendedImage(choice, vault, context);
    } catch (error) {
      if (error instanceof ListError) this.#failed = { key, error };
      throw error;
    }
  }

  /** Where what lies here, or what deltas have made of it, is not what was signed: from a full payload. */
  async #mendedImage(choice: Choice, vault: Vault, context: ReadContext): Promise<Uint8Array> {
    try {
      return await this.#image(choice, vault, context);
    } catch (error) {
      const { repository } = this.#options;
      const plan = repository.offers === null ? null : freshPlan(choice.version, repository.offers);
      if (!(error instanceof ListError) || !DAMAGE.has(error.code) || plan === null) throw error;
      await repository.refetch(plan);
      return await this.#image(choice, vault, { ...context, inForce: null });
    }
  }

  async #image({ version }: Choice, vault: Vault, context: ReadContext): Promise<Uint8Array> {
    const { offers } = this.#options.repository;
    const plan = offers === null ? null : planFor(version, offers, this.#state.chains);
    if (plan === null || plan.missing.length > 0) throw listError('corrupt', `version ${version} does not lie here`);
    await this.#loadWithdrawn(vault);
    return await storedImage({ chain: plan.chain, version }, this.#withdrawn?.set ?? null, vault, context);
  }

  async #loadWithdrawn(vault: Vault): Promise<void> {
    const { repository, isOffline } = this.#options;
    const file = repository.state.withdrawn;
    if (file === null || file.sha256 === this.#withdrawn?.sha256) return;
    try {
      this.#withdrawn = { sha256: file.sha256, set: await readWithdrawn(file, vault) };
    } catch (error) {
      // The next update fetches it again.
      if (!isOffline && error instanceof ListError && DAMAGE.has(error.code))
        await repository.commit({ withdrawn: null });
      throw error;
    }
    if (!isOffline) await repository.commit({ signedAt: repository.signedAt(this.#withdrawn.set.time * 1000) });
  }

  async #vault(): Promise<Vault> {
    const { store, identity } = this.#options;
    return { store, identity: await identity() };
  }
}

interface Newest {
  readonly bytes: Uint8Array;
  readonly version: ListVersion;
  readonly error: ListError | null;
}

const NOTHING_KNOWN: Pick<StoredState, 'previous' | 'notes'> = { previous: null, notes: notes.NO_NOTES };

function labelled({ version, gate }: Choice): ListVersion {
  return { label: `${version}`, gate };
}

function unchangedUnless(fault: ListError | null): SourceRead {
  if (fault !== null) throw fault;
  return { kind: 'unchanged' };
}
