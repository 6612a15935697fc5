/**
 * Follows a repository, for a read or beside one, and tells when there is something to withdraw. A removal waits for nothing (requirement 71): neither
 * for a payload that comes slowly, nor for an image, the gate or a reload. It must not read a list.
 */
import type { ListError } from '../../list-error.ts';
import { faultOf, orFault } from './fault-of.ts';
import type { ImageMaker } from './image-maker.ts';
import type { MirrorFault } from './mirror-turns.ts';
import type { SyncedRepository } from './synced-repository.ts';

export interface FollowingOptions {
  readonly repository: Pick<SyncedRepository, 'isOpen' | 'own' | 'follow'>;
  readonly images: Pick<ImageMaker, 'withdrawn' | 'loadWithdrawn'>;
  /** A mirror failed while it was followed beside something else. */
  readonly onFault: MirrorFault;
  /** Another set is here. */
  readonly withdrawn: () => void;
}

export class Following {
  readonly #options: FollowingOptions;
  #isBeside = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /** Beside a read that is under way, or what it gave. What is wrong the next read tells; until then the log has it. */
  async beside(): Promise<void> {
    const { repository, onFault } = this.#options;
    if (this.#isBeside || !repository.isOpen) return;
    this.#isBeside = true;
    try {
      // Where the folder has been another source's, it is read anew.
      if ((await orFault(repository.own())) === true) await this.follow(onFault);
    } finally {
      this.#isBeside = false;
    }
  }

  /** @returns why it could not be done. */
  async follow(onFault: MirrorFault | null = null): Promise<ListError | null> {
    const { repository, images, withdrawn } = this.#options;
    const before = images.withdrawn;
    const fault = await faultOf(repository.follow(onFault));
    const damage = await this.loadWithdrawn();
    if (images.withdrawn !== before) withdrawn();
    return fault ?? damage;
  }

  /** @returns why what was withdrawn is not known: a list without it is more than no list. */
  async loadWithdrawn(): Promise<ListError | null> {
    return await faultOf(this.#options.images.loadWithdrawn());
  }
}
