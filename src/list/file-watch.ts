/**
 * Tells when a file has become another one and has come to rest: replaced by rename, written in place, appeared, gone.
 *
 *   fs.watch(directory) ─▶ quiet for `settleMs` ─▶ two looks that agree ─▶ changed()
 *   poll ────────────────▶ look (and watch again: the directory may have been replaced)
 *
 * The directory is watched because a watch on the file itself stays with the replaced inode. The events only say "look":
 * what counts is the file's identity, so that neither a missed nor a spurious event does harm. A writer that pauses for
 * longer than `settleMs` in the middle of an in-place edit cannot be told from one that is done: replace by rename.
 */
import { watch } from 'node:fs';
import type { BigIntStats, FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SourceEvents } from './source.ts';

export interface FileWatchOptions {
  /** Milliseconds without an event, and between the two looks. */
  readonly settleMs: number;
  /** Milliseconds between looks where no event comes (network file systems, symbolic links into other directories). */
  readonly pollMs: number;
}

/** Device, inode, size and both times; `absent` for a file that is not there or may not be looked at. */
export type FileIdentity = string;
const ABSENT: FileIdentity = 'absent';

export function identityOf(stats: BigIntStats): FileIdentity {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Never throws. */
export async function lookAt(path: string): Promise<FileIdentity> {
  try {
    return identityOf(await stat(path, { bigint: true }));
  } catch {
    return ABSENT;
  }
}

export class FileWatch {
  readonly #path: string;
  readonly #options: FileWatchOptions;
  /** Identity of what was read last: anything else is a change. */
  readonly #known: () => FileIdentity | null;
  readonly #events: SourceEvents;
  readonly #poll: NodeJS.Timeout;
  #watcher: FSWatcher | null = null;
  #watchedDirectory: FileIdentity | null = null;
  #settle: NodeJS.Timeout | null = null;
  #lastLook: FileIdentity | null = null;
  #closed = false;

  constructor(path: string, options: FileWatchOptions, known: () => FileIdentity | null, events: SourceEvents) {
    this.#path = path;
    this.#options = options;
    this.#known = known;
    this.#events = events;
    this.#poll = setInterval(() => void this.#onPoll(), options.pollMs).unref();
    void this.#rewatch();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#watcher?.close();
  }

  /** A burst of events is one change: each event starts the wait anew. */
  #stir(): void {
    if (this.#closed) return;
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => void this.#onQuiet(), this.#options.settleMs).unref();
  }

  async #onQuiet(): Promise<void> {
    this.#settle = null;
    const now = await lookAt(this.#path);
    if (this.#closed || now === this.#known()) return;
    const isStable = now === this.#lastLook;
    this.#lastLook = isStable ? null : now;
    if (isStable) this.#events.changed();
    else this.#stir();
  }

  async #onPoll(): Promise<void> {
    await this.#rewatch();
    const now = await lookAt(this.#path);
    if (this.#closed || this.#settle !== null) return;
    if (now !== this.#known()) this.#stir();
    else if (now !== ABSENT) this.#events.current();
  }

  /** Watches the directory unless the one that is watched is still the one at that path. */
  async #rewatch(): Promise<void> {
    const directory = dirname(this.#path);
    try {
      const { dev, ino } = await stat(directory, { bigint: true });
      const identity = `${dev}:${ino}`;
      if (this.#closed || (this.#watcher !== null && identity === this.#watchedDirectory)) return;
      this.#watcher?.close();
      this.#watcher = watch(directory, { persistent: false }, () => this.#stir());
      // For instance the limit of watches is reached, or the directory went away: the poll goes on.
      this.#watcher.on('error', () => this.#unwatch());
      this.#watchedDirectory = identity;
      // What happened before the watch stood.
      this.#stir();
    } catch {
      this.#unwatch();
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
