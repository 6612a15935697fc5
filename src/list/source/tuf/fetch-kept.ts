/**
 * Fetches files of a repository for a store: to its disk, or into memory where that takes nothing and the file is short, since what was withdrawn, and
 * a new version, must not wait for a disk. It must not choose what is fetched.
 */
import { faultOf } from './fault-of.ts';
import { fetchTarget, readTarget } from './fetch-target.ts';
import type { FetchProgress } from './fetch-target.ts';
import type { Change } from './kept-state.ts';
import type { Repository } from './repository.ts';
import type { Store } from './store.ts';
import { filesOf } from './stored-state.ts';
import type { StoredState } from './stored-state.ts';
import type { SignedTarget } from './trusted-metadata.ts';
import { chainsWith, fileOf, idIn } from './versions.ts';
import type { Plan } from './versions.ts';

export interface FetchKeptTerms {
  readonly store: Pick<Store, 'placeFor' | 'mayHold' | 'hold' | 'drop' | 'keepCopyIfSmall'>;
  readonly maxBytes: number;
  readonly progress: FetchProgress;
  /** It is held whatever else is. */
  readonly isNeeded?: boolean;
  /** Also what lies here, which is not what was received. */
  readonly isAnew?: boolean;
}

/** Until it is dropped (store.ts). @throws ListError as `fetchTarget`; `state` where it is too long for memory. */
export async function fetchKept(
  mirror: Repository,
  target: SignedTarget,
  { store, maxBytes, progress, isNeeded = false }: FetchKeptTerms,
): Promise<void> {
  const file = fileOf(target);
  const fault = await faultOf(fetchTarget(mirror, target, { place: store.placeFor(file), maxBytes, progress }));
  if (fault === null) {
    await store.keepCopyIfSmall(file);
    return;
  }
  if (fault.code !== 'state' || !(isNeeded || store.mayHold(file))) throw fault;
  store.hold(file, await readTarget(mirror, target, maxBytes));
}

/** What of a plan is not here yet, and commits it. @throws ListError as `fetchKept`. */
export async function fetchPlan(
  mirror: Repository,
  { chain, missing }: Plan,
  kept: { readonly state: StoredState; commit(change: Change): Promise<void> },
  terms: FetchKeptTerms,
): Promise<void> {
  const here = new Set(terms.isAnew === true ? [] : kept.state.chains.flatMap(filesOf).map(({ sha256 }) => sha256));
  try {
    for (const target of missing) if (!here.has(target.sha256)) await fetchKept(mirror, target, terms);
    await kept.commit(({ chains, current, previous, notes }) => {
      const pinned = notes.pinned === null ? null : idIn(notes.pinned).version;
      return { chains: chainsWith(chain, chains, [current, previous, pinned]) };
    });
  } finally {
    for (const target of missing) terms.store.drop(fileOf(target));
  }
}
