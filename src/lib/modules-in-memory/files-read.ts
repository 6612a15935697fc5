/**
 * Which files the recorder has read, and how to tell later that they are the same: a file is as it was while its inode, its length and the time
 * of its last change are. That time (ctime) nobody can set; `npm` and `tar` set the other one (mtime).
 * An image (squashfs, erofs) has the other one alone, and a file server may tell for a minute what was: there files of two releases can be alike in all
 * of that. Releases have versions, so of each package.json the content counts too.
 * It must not import anything of ours: what the recorder itself has loaded it would not read again for its threads.
 */
import { readFileSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const PACKAGE = 'package.json';

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
      if (this.#note(join(folder, PACKAGE)) !== '') return;
    }
  }

  #note(path: string): string {
    const state = this.states.get(path) ?? fileState(path);
    this.states.set(path, state);
    return state;
  }
}

/**
 * @param look what the file system tells of a file; a parameter so that a test can say it.
 * @returns the empty text if it is not there.
 */
export function fileState(path: string, look = lookAt): string {
  const found = look(path);
  if (found === undefined) return '';
  const state = `${found.ino} ${found.size} ${found.ctimeNs}`;
  return basename(path) === PACKAGE ? `${state} ${checksumOf(path)}` : state;
}

function lookAt(path: string): Pick<BigIntStats, 'ino' | 'size' | 'ctimeNs'> | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** What cannot be read Node does not read either, and tells. */
function checksumOf(path: string): string {
  try {
    return String(crc32(readFileSync(path)));
  } catch {
    return 'unreadable';
  }
}
