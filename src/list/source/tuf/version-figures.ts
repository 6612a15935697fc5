/** What is shown of the versions of a protected list. It must not change anything. */
import { NO_VERSIONS } from '../source.ts';
import type { VersionFigures } from '../source.ts';
import { labelOf } from '../version-notes.ts';
import type { ImageMaker } from './image-maker.ts';
import type { NamesPayloads } from './names-payloads.ts';
import type { SyncedRepository } from './synced-repository.ts';
import { idOf } from './versions.ts';

interface ShownList {
  readonly repository: SyncedRepository;
  readonly images: Pick<ImageMaker, 'withdrawn'>;
  /** Null: nobody here is to know any name. */
  readonly names: Pick<NamesPayloads, 'figures'> | null;
}

export function versionFigures({ repository, images, names }: ShownList): VersionFigures {
  if (!repository.isOpen) return NO_VERSIONS;
  const { state, trusted, lastHeard } = repository;
  const { current, currentDigest, previous, notes } = state;
  const inForce = idOf(current, currentDigest);
  const isHeard = lastHeard.heardAt !== 0;
  return {
    pinned: notes.pinned === null ? null : labelOf(notes.pinned),
    previous: notes.pinned !== null || previous === null ? null : `${previous}`,
    withdrawn: images.withdrawn?.ids.length ?? null,
    expiresAt: trusted?.expiresAt ?? null,
    heardAt: isHeard ? lastHeard.heardAt : null,
    silentMs: isHeard ? lastHeard.silentMs : null,
    names: inForce === null ? null : (names?.figures(inForce) ?? null),
  };
}
