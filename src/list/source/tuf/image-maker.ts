/**
 * Makes images of the versions that lie here, and mends what does not come out as it was signed: from a full payload that is fetched anew. It
 * must not choose a version.
 */
import { givesWayWith } from '../../../lib/pauses.ts';
import { restingBetween } from '../../../lib/steps.ts';
import type { Rest } from '../../../lib/steps.ts';
import { ListError, listError } from '../../list-error.ts';
import { imageTerms } from '../../protected/image-layout.ts';
import type { ImageTerms } from '../../protected/image-layout.ts';
import { withdrawalSteps } from '../../protected/image-withdrawal.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { ReadContext } from '../source.ts';
import { faultOf } from './fault-of.ts';
import type { Identity } from './identity.ts';
import { isLong, runImageJob } from './image-job.ts';
import { fileKeysOf, imageIn, partsFor, readWithdrawn, storedImage } from './stored-image.ts';
import type { Vault } from './stored-image.ts';
import type { Store } from './store.ts';
import { filesOf } from './stored-state.ts';
import type { Chain } from './stored-state.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { chainsTo, freshPlan, isSame, nameOf, planFor, signedDigest } from './versions.ts';
import type { Choice, VersionId } from './versions.ts';

export interface ImageMakerOptions {
  readonly repository: SyncedRepository;
  readonly store: Store;
  /** @throws ListError `secret` */
  readonly identity: () => Promise<Identity>;
  /** Nothing is changed. */
  readonly isOffline: boolean;
}

const DAMAGE: ReadonlySet<string> = new Set(['corrupt', 'digest', 'truncated']);

/** What mends itself with a full payload. */
export function isDamage(error: unknown): error is ListError {
  return error instanceof ListError && DAMAGE.has(error.code);
}

export class ImageMaker {
  readonly #options: ImageMakerOptions;
  #withdrawn: { readonly sha256: string; readonly set: WithdrawnSet } | null = null;
  /** By image, which set was withdrawn from it: its digest. */
  readonly #lessBy = new WeakMap<Uint8Array, string>();
  /** Damaged as it is published: not fetched again before anything has changed. */
  #failed: { readonly key: string; readonly error: ListError } | null = null;

  constructor(options: ImageMakerOptions) {
    this.#options = options;
  }

  /** Null: none, or it was not loaded yet. */
  get withdrawn(): WithdrawnSet | null {
    return this.#withdrawn?.set ?? null;
  }

  /** When the withdrawn set was signed. */
  get signedTimes(): readonly { readonly time: number; readonly of: 'withdrawn set' }[] {
    return this.withdrawn === null ? [] : [{ time: this.withdrawn.time * 1000, of: 'withdrawn set' }];
  }

  /** What came to nothing is made again. */
  forget(): void {
    this.#failed = null;
  }

  /** The one that lies here. @throws ListError */
  async loadWithdrawn(): Promise<void> {
    const { repository, isOffline } = this.#options;
    const file = repository.state.withdrawn;
    if (file === null || file.sha256 === this.#withdrawn?.sha256) return;
    const { sha256 } = file;
    try {
      const { set, isDamaged } = await readWithdrawn(file, await this.#vault());
      // A newer one has come meanwhile, and whoever fetched it loads it.
      if (repository.state.withdrawn?.sha256 !== sha256) return;
      this.#withdrawn = { sha256, set };
      if (isDamaged) repository.distrust(file);
    } catch (error) {
      if (isDamage(error)) repository.distrust(file);
      throw error;
    }
    if (!isOffline) await repository.commit(repository.timesWith(this.signedTimes));
  }

  /** From an image of this list, in place, whatever else is being made. @returns whether anything is withdrawn that was not before. */
  async withdraw(image: Uint8Array, rest: Rest): Promise<boolean> {
    const withdrawn = this.#withdrawn;
    if (withdrawn === null || this.#lessBy.get(image) === withdrawn.sha256) return false;
    await restingBetween(withdrawalSteps(image, withdrawn.set), rest);
    this.#lessBy.set(image, withdrawn.sha256);
    return true;
  }

  /** @throws ListError; what was damaged though it was fetched anew is not made again before anything has changed. */
  async mended(choice: Choice, context: ReadContext): Promise<Uint8Array> {
    return await toldOf(choice, this.#mended(choice, context));
  }

  /** Of what lies here. @throws ListError; `digest` where it is not the set of records that is meant. */
  async make(choice: Choice, context: ReadContext): Promise<Uint8Array> {
    return await toldOf(choice, this.#make(choice, context));
  }

  async #mended(id: VersionId, context: ReadContext): Promise<Uint8Array> {
    const { repository } = this.#options;
    const key = `${nameOf(id)} ${this.#withdrawn?.sha256 ?? ''} ${repository.state.metadata.timestamp ?? ''}`;
    if (this.#failed?.key === key) throw this.#failed.error;
    try {
      return await this.#make(id, context);
    } catch (error) {
      const { offers } = repository;
      // Another list of its number is no mending.
      const isOffered = offers !== null && signedDigest(id.version, offers) === id.digest;
      const plan = isOffered ? freshPlan(id.version, offers) : null;
      if (!isDamage(error) || plan === null) throw error;
      const fault = await faultOf(repository.refetch(plan));
      if (fault !== null)
        throw listError(error.code, `${error.message}; it cannot be fetched again: ${fault.message}`, fault);
    }
    try {
      return await this.#make(id, { ...context, inForce: null });
    } catch (error) {
      // A thread that has died, or an identity that could not be read, may be well the next time.
      if (isDamage(error)) this.#failed = { key, error };
      throw error;
    }
  }

  async #make(id: VersionId, context: ReadContext): Promise<Uint8Array> {
    const { offers, state } = this.#options.repository;
    let fault = listError('corrupt', `version ${id.version} does not lie here`);
    for (const chain of offers === null ? [] : chainsTo(id, offers, state.chains)) {
      try {
        return await this.#checked(id, chain, context);
      } catch (error) {
        if (!isDamage(error)) throw error;
        fault = error;
      }
    }
    throw fault;
  }

  /** Whether all that it takes lies here. */
  has(id: VersionId): boolean {
    const { offers, state } = this.#options.repository;
    if (offers === null) return false;
    if (signedDigest(id.version, offers) !== id.digest) return chainsTo(id, offers, state.chains).length > 0;
    return planFor(id, offers, state.chains)?.missing.length === 0;
  }

  /**
   * What was encrypted is said by whoever encrypts, what is signed by those who approve: both must be the same (requirement 75). @throws
   * ListError
   */
  async #checked(id: VersionId, chain: Chain, context: ReadContext): Promise<Uint8Array> {
    const sha256 = this.#withdrawn?.sha256 ?? null;
    const image = await this.#build(id, chain, context);
    if (sha256 !== null) this.#lessBy.set(image, sha256);
    if (isSame(versionOf(imageTerms(image)), id)) return image;
    context.memory.release(image);
    throw listError('digest', `the payload of version ${id.version} is not the set of records that is signed`);
  }

  async #build(id: VersionId, chain: Chain, { inForce: served, ...others }: ReadContext): Promise<Uint8Array> {
    const { version } = id;
    const terms = imageIn(served);
    // Of another list of the same number nothing is made.
    const isOnTheWay = terms !== null && (terms.version < version || isSame(versionOf(terms), id));
    const context: ReadContext = { ...others, inForce: isOnTheWay ? served : null };
    const { withdrawn } = this;
    const vault = await this.#vault();
    if (!isLong(chain, context.inForce)) return await storedImage({ chain, version }, withdrawn, vault, context);
    const { store } = this.#options;
    const { inForce, memory, rest } = context;
    const fileKeys = await fileKeysOf(partsFor({ chain, version }, inForce), vault);
    const held = store.heldOf(filesOf(chain));
    // Of a command too: an instance may serve beside it.
    const givesWay = this.#options.isOffline || givesWayWith(rest);
    const files = { folder: store.folder, fileKeys, held };
    return await runImageJob({ chain, version, withdrawn, ...files, inForce, givesWay }, memory);
  }

  async #vault(): Promise<Vault> {
    const { store, identity } = this.#options;
    return { store, identity: await identity() };
  }
}

/** @throws what `made` throws; where it is the version's own fault, and an operator has gone back to it, it says what he can do. */
async function toldOf({ version, gate }: Choice, made: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await made;
  } catch (error) {
    const isItsOwn = isDamage(error) || (error instanceof ListError && error.code === 'decrypt');
    if (gate !== 'pinned' || !isItsOwn) throw error;
    const message = `version ${version} is pinned and cannot be used: ${error.message}; 'ctl release' takes the newest`;
    throw listError(error.code, message, error);
  }
}

export function versionOf({ version, digest }: ImageTerms): VersionId {
  return { version, digest: Buffer.from(digest).toString('hex') };
}
