/**
 * Which files the recorder has read, and how to tell later that they are the same: a file is as it was while its inode, its length and the time
 * of its last change are. That time (ctime) nobody can set; `npm` and `tar` set the other one (mtime).
 * It must not import anything of ours: what the recorder itself has loaded it would not read again for its threads.
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** By path, as `fileState` tells it. */
export type FileStates = ReadonlyMap<string, string>;

export class FilesRead {
  readonly states = new Map<string, string>();
  readonly #folders = new Set<string>();

  /** To be called before it is read: what changes then is noticed. With the package.json by which Node decides what the file is. */
  note(url: string): void {
    const path = fileURLToPath(url);
    this.#note(path);
    for (let folder = dirname(path); !this.#folders.has(folder); folder = dirname(folder)) {
      this.#folders.add(folder);
      if (this.#note(join(folder, 'package.json')) !== '') return;
    }
  }

  #note(path: string): string {
    const state = this.states.get(path) ?? fileState(path);
    this.states.set(path, state);
    return state;
  }
}

/** @returns the empty text if it is not there. */
export function fileState(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.ctimeNs}`;
}
