/**
 * A small text file that an administrator may change at any time: its text whenever it is another one. It is looked at when
 * somebody asks, and no more than once a second; what cannot be read now is looked at again.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { isYoung } from '../lib/young-file.ts';

/** Milliseconds between two looks at the file. */
const LOOK_MS = 1000;

export class WatchedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #look: (path: string) => Stats | undefined;
  /** As it was read last, empty: no file; null: it was so young that nobody can tell an edit by that. */
  #identity: string | null = '';
  /** What was read then, as long as it is that young. */
  #youngText: string | null = null;
  #lookAt = -Infinity;

  /**
   * @param maxBytes what lies beyond is not read.
   * @param look a parameter so that a test can say by which steps the file's times go.
   */
  constructor(path: string, maxBytes: number, look: (path: string) => Stats | undefined = lookAt) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#look = look;
  }

  /**
   * @param now milliseconds, monotonic.
   * @returns the whole lines of the file, one char a byte, empty where there is no file; null if it is as it was, or cannot be read.
   */
  changed(now: number): string | null {
    if (now < this.#lookAt) return null;
    this.#lookAt = now + LOOK_MS;
    try {
      const stats = this.#look(this.#path);
      // Opening a FIFO would block the thread.
      const usable = stats !== undefined && stats.isFile();
      const identity = usable ? identityOf(stats) : '';
      if (identity === this.#identity) return null;
      const text = usable ? readBounded(this.#path, this.#maxBytes) : '';
      const mayHide = usable && isYoung(stats.ctimeMs, Date.now());
      const isKnown = text === this.#youngText;
      this.#identity = mayHide ? null : identity;
      this.#youngText = mayHide ? text : null;
      return isKnown ? null : text;
    } catch {
      return null;
    }
  }
}

function lookAt(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
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
