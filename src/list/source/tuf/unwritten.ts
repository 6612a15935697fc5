/**
 * What the folder of a repository should have and has not, since its disk takes nothing (full, read-only, faulty): the state, and files that it names. It
 * is in memory until it can be written, for all sources of this process that have the folder: a removal waits for no disk (requirement 71). It ends
 * with them; a restart begins with what lies in the folder. It must not touch the folder.
 */
import type { ListError } from '../../list-error.ts';
import type { StoredFile, StoredState } from './stored-state.ts';

/** All files of a folder together; a withdrawn set is held beyond it. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

const folders = new Map<string, Unwritten>();

export class Unwritten {
  /** Why it could not be written; null: nothing is to be written. */
  fault: ListError | null = null;
  /** In place of that in the folder; null: that is right. */
  state: StoredState | null = null;
  readonly #folder: string;
  readonly #files = new Map<string, Uint8Array>();
  /** Sources that have the folder. */
  #users = 0;

  /** Until `release`. */
  static of(folder: string): Unwritten {
    const found = folders.get(folder) ?? new Unwritten(folder);
    folders.set(folder, found);
    found.#users += 1;
    return found;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) folders.delete(this.#folder);
  }

  /** @returns null if it is not in memory. */
  bytesOf({ sha256 }: StoredFile): Uint8Array | null {
    return this.#files.get(sha256) ?? null;
  }

  /** Whether there is room for it. */
  mayHold({ sha256, bytes }: StoredFile): boolean {
    let sum = bytes;
    for (const [other, held] of this.#files) if (other !== sha256) sum += held.length;
    return sum <= MAX_HELD_BYTES;
  }

  hold({ sha256 }: StoredFile, bytes: Uint8Array): void {
    this.#files.set(sha256, bytes);
  }

  /** It lies in the folder by now. */
  drop({ sha256 }: StoredFile): void {
    this.#files.delete(sha256);
  }

  /** @param digests of the files that are still needed. */
  keepOnly(digests: ReadonlySet<string>): void {
    for (const sha256 of this.#files.keys()) if (!digests.has(sha256)) this.#files.delete(sha256);
  }
}
