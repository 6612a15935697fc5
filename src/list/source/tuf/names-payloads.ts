/**
 * The payloads `names` of a repository, for a node with a resolver: fetched beside the list, kept as they were received, decrypted when somebody asks.
 *
 *   offered ─▶ fetched, in its own time ─▶ kept: in force, before that, pinned, held, waiting; the newest ─▶ no longer one of these: removed
 *                                            │
 *   names of what is in force ◀─ decrypted ◀─┘ of the same version; while those are on their way of another one, less what is not in force
 *
 * A list never waits for its names. It must not give a name that is not in force, and it keeps nothing that it has decrypted.
 */
import { throttledYield } from '../../../lib/pauses.ts';
import { restingBetween } from '../../../lib/steps.ts';
import type { Steps } from '../../../lib/steps.ts';
import type { ListAction } from '../../../lib/types.ts';
import { ListError, listError } from '../../list-error.ts';
import { namesGoneSteps } from '../../names/names-gone.ts';
import { namesFaultSteps } from '../../names/names-proofs.ts';
import { namesHeader } from '../../names/names-payload.ts';
import type { ListNames } from '../../names/list-names.ts';
import type { NamesFigures, NamesSource } from '../source.ts';
import { faultOf } from './fault-of.ts';
import type { Identity } from './identity.ts';
import { isDamage, versionOf } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { nearestNames, withoutStale } from './kept-names.ts';
import { wholeOf } from './repository.ts';
import { imageIn } from './stored-image.ts';
import type { Store } from './store.ts';
import type { KeptNames } from './stored-state.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { Unusable } from './unusable.ts';
import { fileOf, idIn, nameOf } from './versions.ts';
import type { VersionId } from './versions.ts';

export interface NamesPayloadsOptions {
  readonly repository: SyncedRepository;
  readonly store: Store;
  readonly images: Pick<ImageMaker, 'withdrawn'>;
  /** Of the names, which is not that of the list. @throws ListError `secret`. */
  readonly identity: () => Promise<Identity>;
  /** There are none, or they cannot be used; told when that becomes so. */
  readonly onFault: (fault: ListError) => void;
}

/** Whose names they are. */
interface NamesOf {
  readonly bytes: Uint8Array;
  readonly action: ListAction;
}

type NamesRead = Pick<ListNames, 'bytes' | 'withdrawn' | 'version'>;

/** Faults of what is there, which the next question does not mend. */
const MISMADE: ReadonlySet<string> = new Set(['inconsistent', 'too_large']);

/** Where no names are fetched: none can be told. */
export const NO_NAMES: NamesSource = {
  versionOf: () => null,
  read: () => Promise.reject(listError('secret', 'no names are fetched: set namesIdentity of the list')),
};

export class NamesPayloads implements NamesSource {
  readonly #options: NamesPayloadsOptions;
  /** What was fetched, and cannot be used. */
  readonly #unusable = new Unusable();
  /** It was not what was received when it was read last. */
  #damaged: string | null = null;
  #fetchFault: ListError | null = null;
  #readFault: ListError | null = null;
  /** What was compared with the list last, so that a removal does not wait for it again, and what does not agree. */
  #compared: { readonly what: string; readonly fault: string | null } | null = null;
  #syncing: Promise<void> | null = null;
  #told: () => void = () => {};

  constructor(options: NamesPayloadsOptions) {
    this.#options = options;
  }

  /** @param id in force. */
  figures(id: VersionId): NamesFigures {
    const kept = this.#nearest(id);
    const fault = this.#readFault ?? this.#fetchFault;
    const isOther = kept !== null && kept.id !== nameOf(id) && this.#syncing === null;
    return {
      version: kept === null ? null : versionIn(kept),
      fault: fault?.message ?? (isOther ? `there are none of version ${id.version}` : null),
    };
  }

  versionOf(bytes: Uint8Array): string | null {
    const id = idOfImage(bytes);
    const kept = id === null ? null : this.#nearest(id);
    return id === null || kept === null ? null : this.#versionOf(kept, id);
  }

  async read(bytes: Uint8Array, action: ListAction): Promise<NamesRead> {
    const id = idOfImage(bytes);
    if (id === null) throw listError('inconsistent', 'no version of the list is in force');
    // They may be on their way.
    if (this.#nearest(id) === null) await this.#syncing;
    const kept = this.#needed(id);
    try {
      return await this.#read(kept, id, { bytes, action });
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#distrust(kept, error);
      return await this.#read(this.#needed(id), id, { bytes, action });
    }
  }

  /**
   * Fetches what is offered and not here, and removes what nobody needs any more. It returns at once.
   * @param told called when there are others than before.
   */
  sync(told: () => void): void {
    this.#told = told;
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = null));
  }

  /** @returns null if nothing is kept that can be told while that version is in force. */
  #nearest(id: VersionId): KeptNames | null {
    const { repository } = this.#options;
    return repository.isOpen ? nearestNames(repository.state.names, id) : null;
  }

  /** @throws ListError */
  #needed(id: VersionId): KeptNames {
    const kept = this.#nearest(id);
    if (kept !== null) return kept;
    throw (
      this.#readFault ??
      this.#fetchFault ??
      listError('inconsistent', `there are no names of version ${id.version}, which is in force`)
    );
  }

  /** Whatever changes what is told. */
  #versionOf(kept: KeptNames, id: VersionId): string {
    const serial = this.#options.images.withdrawn?.serial ?? 0;
    return `${kept.id} ${kept.file.sha256} less ${serial} for ${nameOf(id)}`;
  }

  async #read(kept: KeptNames, id: VersionId, { bytes: image, action }: NamesOf): Promise<NamesRead> {
    const version = this.#versionOf(kept, id);
    const withdrawn = [...(this.#options.images.withdrawn?.ids ?? [])];
    try {
      const bytes = await this.#decrypted(kept);
      // Of another version only what holds in this one.
      const isOwn = kept.id === nameOf(id);
      await this.#compare(kept, id, bytes, image);
      const entries = action === 'allow' ? 'whole' : 'all';
      const isAll = isOwn && entries === 'all';
      const gone = isAll ? [] : await whileInForce(id, image, namesGoneSteps(bytes, image, entries));
      this.#readFault = null;
      return { bytes, withdrawn: [...withdrawn, ...gone], version };
    } catch (error) {
      if (error instanceof ListError) this.#readFault = this.#tell(this.#readFault, error);
      throw error;
    }
  }

  /** @throws ListError `inconsistent` where the payload says another thing than the list. */
  async #compare({ id: own, file }: KeptNames, id: VersionId, payload: Uint8Array, image: Uint8Array): Promise<void> {
    const what = `${file.sha256} ${nameOf(id)}`;
    if (this.#compared?.what !== what) {
      const steps = namesFaultSteps(payload, image, { isOwn: own === nameOf(id) });
      this.#compared = { what, fault: await whileInForce(id, image, steps) };
    }
    if (this.#compared.fault === null) return;
    const { version } = idIn(own);
    throw listError(
      'inconsistent',
      `the names of version ${version} do not agree with the list: ${this.#compared.fault}`,
    );
  }

  get #offered(): string | null {
    return this.#options.repository.offers?.names?.target.sha256 ?? null;
  }

  async #sync(): Promise<void> {
    const { repository } = this.#options;
    const before = repository.state.names;
    let fault: ListError | null;
    let tried: string | null;
    do {
      tried = this.#offered;
      fault = await faultOf(this.#fetchNewest());
      // Others may be offered by now, and nobody would ask for them before the next poll.
    } while (this.#offered !== tried);
    this.#fetchFault = fault === null ? null : this.#tell(this.#fetchFault, fault);
    if (withoutStale(repository.state, repository.offers).length < repository.state.names.length && repository.isOwner)
      await faultOf(repository.commit((state) => ({ names: withoutStale(state, repository.offers) })));
    if (repository.state.names !== before) this.#told();
  }

  /** @throws ListError */
  async #fetchNewest(): Promise<void> {
    const { repository } = this.#options;
    const { offers } = repository;
    // Before the first answer nothing is known.
    if (offers === null) return;
    if (offers.names === null)
      throw listError(
        'inconsistent',
        'the repository offers this recipient no names: ask the clearing house to add them',
      );
    const { id, target } = offers.names;
    const file = fileOf(target);
    const isHere = repository.state.names.some((one) => one.id === id && one.file.sha256 === file.sha256);
    const known = isHere ? null : this.#unusable.faultOf(file.sha256, repository.now);
    if (known !== null) throw known;
    if (isHere) return;
    try {
      await repository.fetchFile(target, (state) => {
        const names = [...state.names.filter((one) => one.id !== id), { id, file }];
        return { names: withoutStale({ ...state, names }, offers) };
      });
    } catch (error) {
      if (error instanceof ListError && MISMADE.has(error.code)) this.#unusable.add(file.sha256, error, repository.now);
      throw error;
    }
  }

  /** @throws ListError */
  async #decrypted({ id, file }: KeptNames): Promise<Uint8Array> {
    const { version } = idIn(id);
    const bytes = await this.#whole(await this.#options.identity(), file);
    const header = namesHeader(bytes);
    if (header?.version === version) return bytes;
    throw listError(
      header === null ? 'unsupported' : 'inconsistent',
      `what is signed as the names of version ${version} is ${header === null ? 'no payload of names' : `that of version ${header.version}`}`,
    );
  }

  async #whole(identity: Identity, file: KeptNames['file']): Promise<Uint8Array> {
    try {
      return await wholeOf(identity.decrypt(this.#options.store.piecesOf(file)));
    } catch (error) {
      if (!(error instanceof ListError) || error.code !== 'decrypt') throw error;
      throw listError(
        'decrypt',
        'the names cannot be decrypted with namesIdentity: ask the clearing house to which recipient they are encrypted',
        error,
      );
    }
  }

  /** It is not what was received, and is fetched again, if it is offered still; at once only if that helps. */
  async #distrust({ id, file: { sha256 } }: KeptNames, error: ListError): Promise<void> {
    const { repository } = this.#options;
    await this.#syncing;
    if (this.#damaged === sha256) this.#unusable.add(sha256, error, repository.now);
    this.#damaged = sha256;
    await faultOf(repository.commit(({ names }) => ({ names: names.filter((one) => one.id !== id) })));
    this.sync(this.#told);
    await this.#syncing;
  }

  /** @returns the fault, told unless it was told before. */
  #tell(before: ListError | null, fault: ListError): ListError {
    if (before?.message !== fault.message) this.#options.onFault(fault);
    return fault;
  }
}

/**
 * The memory of an image may hold another list by now, whole or in part: what is found there then says nothing of the names, which are not damaged.
 * @throws ListError `inconsistent` in that case.
 */
async function whileInForce<T>(id: VersionId, image: Uint8Array, steps: Steps<T>): Promise<T> {
  try {
    const found = await restingBetween(steps, throttledYield);
    if (isImageOf(image, id)) return found;
  } catch (error) {
    if (isImageOf(image, id)) throw error;
  }
  throw listError('inconsistent', `version ${id.version} is no longer in force`);
}

function isImageOf(image: Uint8Array, id: VersionId): boolean {
  try {
    const now = idOfImage(image);
    return now !== null && nameOf(now) === nameOf(id);
  } catch (error) {
    if (error instanceof ListError) return false;
    throw error;
  }
}

function idOfImage(bytes: Uint8Array): VersionId | null {
  const terms = imageIn(bytes);
  return terms === null ? null : versionOf(terms);
}

function versionIn({ id }: KeptNames): string {
  return `${idIn(id).version}`;
}
