/**
 * A small text file that an administrator may change at any time: its text whenever it is another one. It is looked at when
 * somebody asks, and no more than once a second; what cannot be read now is looked at again.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';

/** Milliseconds between two looks at the file. */
const LOOK_MS = 1000;

export class WatchedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #identity = '';
  #lookAt = -Infinity;

  /** @param maxBytes what lies beyond is not read. */
  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /**
   * @param now milliseconds, monotonic.
   * @returns the whole lines of the file, one char a byte, empty where there is no file; null if it is as it was, or cannot be read.
   */
  changed(now: number): string | null {
    if (now < this.#lookAt) return null;
    this.#lookAt = now + LOOK_MS;
    try {
      const stats = statSync(this.#path, { throwIfNoEntry: false });
      // Opening a FIFO would block the thread.
      const usable = stats !== undefined && stats.isFile();
      const identity = usable ? identityOf(stats) : '';
      if (identity === this.#identity) return null;
      const text = usable ? readBounded(this.#path, this.#maxBytes) : '';
      this.#identity = identity;
      return text;
    } catch {
      return null;
    }
  }
}

function identityOf(stats: Stats): string {
  return `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** Half a line at the bound is not a line. */
function readBounded(path: string, maxBytes: number): string {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.allocUnsafe(Math.min(size, maxBytes));
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
    return size > maxBytes ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
  } finally {
    closeSync(file);
  }
}
