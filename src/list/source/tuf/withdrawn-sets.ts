/**
 * The withdrawn set of a repository as it lies here: fetched when another one is signed, looked at before it takes the place of the one before, kept
 * twice. One that cannot be used is not fetched with each poll. It must not apply it to a list.
 */
import { ListError } from '../../list-error.ts';
import { orFault } from './fault-of.ts';
import { fetchKept } from './fetch-kept.ts';
import type { FetchProgress } from './fetch-target.ts';
import type { Identity } from './identity.ts';
import type { Repository } from './repository.ts';
import type { Store } from './store.ts';
import type { StoredFile, StoredState } from './stored-state.ts';
import { readWithdrawn } from './stored-image.ts';
import type { SignedTarget } from './trusted-metadata.ts';
import { Unusable } from './unusable.ts';
import { fileOf } from './versions.ts';

export interface WithdrawnSetsOptions {
  readonly store: Store;
  /** @throws ListError `secret`. */
  readonly identity: () => Promise<Identity>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly progress: FetchProgress;
}

/** What a node has of the repository. */
export interface KeptSets {
  readonly state: Pick<StoredState, 'withdrawn'>;
  commit(change: Pick<StoredState, 'withdrawn'>): Promise<void>;
}

/** Two million ids: it is read as a whole. */
const MAX_WITHDRAWN_BYTES = 16 * 1024 * 1024;

export class WithdrawnSets {
  readonly #options: WithdrawnSetsOptions;
  readonly #unusable = new Unusable();
  /** It lies here and is not what was received. */
  #damaged: StoredFile | null = null;

  constructor(options: WithdrawnSetsOptions) {
    this.#options = options;
  }

  /** This one is fetched again, though it lies here. */
  distrust(file: StoredFile): void {
    this.#damaged = file;
  }

  /** @returns why the set that is signed cannot be used: then the one before stays. @throws ListError where it cannot be had. */
  async update(mirror: Repository, target: SignedTarget, kept: KeptSets): Promise<ListError | null> {
    const { sha256 } = target;
    if (sha256 === kept.state.withdrawn?.sha256 && sha256 !== this.#damaged?.sha256) return null;
    const identity = await orFault(this.#options.identity());
    if (identity instanceof ListError) return identity;
    const key = `${sha256} ${identity.text}`;
    const { now } = this.#options;
    const known = this.#unusable.faultOf(key, now());
    if (known !== null) return known;
    const fault = await this.#take(mirror, target, { kept, identity });
    return fault === null ? null : this.#unusable.add(key, fault, now());
  }

  async #take(
    mirror: Repository,
    target: SignedTarget,
    { kept, identity }: { readonly kept: KeptSets; readonly identity: Identity },
  ): Promise<ListError | null> {
    const { store, progress } = this.#options;
    const file = fileOf(target);
    try {
      await fetchKept(mirror, target, { store, maxBytes: MAX_WITHDRAWN_BYTES, progress, isNeeded: true });
      const read = await orFault(readWithdrawn(file, { store, identity }));
      if (read instanceof ListError) return read;
      await store.keepCopy(file);
      this.#damaged = null;
      await kept.commit({ withdrawn: file });
      return null;
    } finally {
      store.drop(file);
    }
  }
}
