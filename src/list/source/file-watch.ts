/**
 * Tells when the file at a path is another one, or in another state, than the one that was read last: replaced by rename,
 * written in place, appeared, gone, reached by another symbolic link.
 *
 *   fs.watch(directory) ─▶ within `settleMs` ─▶ look ─▶ changed()
 *   poll ───────────────────────────────────▶ look ─▶ changed() or current(); and watch again: the directory may be another
 *
 * The directory is watched because a watch on the file itself stays with the replaced inode. The events only say "look":
 * what counts is the file's identity, so that neither a missed nor a spurious event does harm. An event never puts off a
 * look that is due: beside a log that is written all the time a list would be read never again. It must not judge whether
 * the file has been unchanged for long enough (file-calm.ts does, with each read).
 */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { systemTime, type Time, type Timer } from '../../lib/time.ts';
import { ABSENT, folderAt, lookAt } from './file-identity.ts';
import type { FileIdentity } from './file-identity.ts';
import type { SourceEvents } from './source.ts';

export interface FileWatchOptions {
  /** Milliseconds from an event to the look; further events meanwhile are part of it. */
  readonly settleMs: number;
  /** Milliseconds between looks where no event comes (network file systems, symbolic links into other directories). */
  readonly pollMs: number;
  readonly time?: Time;
  readonly looks?: typeof LOOKS;
}

/** What is asked of whoever reads the file. */
export interface FileReaderState {
  /** What was read last: anything else is a change. */
  readonly known: FileIdentity | null;
  /** It takes what is there by itself. */
  readonly isReading: boolean;
}

/** What is asked of the file system; a parameter so that a test can say what it answers, and when. */
const LOOKS = { file: lookAt, folder: folderAt };

export class FileWatch {
  readonly #path: string;
  readonly #options: FileWatchOptions;
  readonly #reader: () => FileReaderState;
  readonly #events: SourceEvents;
  readonly #looks: typeof LOOKS;
  readonly #time: Time;
  readonly #poll: Timer;
  #watcher: FSWatcher | null = null;
  #watchedDirectory: string | null = null;
  #due: Timer | null = null;
  #isLooking = false;
  #closed = false;

  constructor(path: string, options: FileWatchOptions, reader: () => FileReaderState, events: SourceEvents) {
    this.#path = path;
    this.#options = options;
    this.#reader = reader;
    this.#events = events;
    this.#looks = options.looks ?? LOOKS;
    this.#time = options.time ?? systemTime;
    this.#poll = this.#time.every(options.pollMs, () => void this.#onPoll()).unref();
    void this.#alone(async () => await this.#rewatch());
  }

  close(): void {
    this.#closed = true;
    this.#poll.cancel();
    this.#due?.cancel();
    this.#watcher?.close();
  }

  /** A burst of events is one look. */
  #debounce(): void {
    if (this.#closed || this.#due !== null) return;
    this.#due = this.#time.after(this.#options.settleMs, () => void this.#onDue()).unref();
  }

  async #onDue(): Promise<void> {
    this.#due = null;
    // What happens in the middle of a read, or of another look, is looked at afterwards.
    if (this.#isBusy) this.#debounce();
    else await this.#alone(async () => void (await this.#look()));
  }

  async #onPoll(): Promise<void> {
    if (this.#isBusy) return;
    await this.#alone(async () => {
      await this.#rewatch();
      const identity = await this.#look();
      if (identity !== null && identity !== ABSENT) this.#events.current();
    });
  }

  get #isBusy(): boolean {
    return this.#isLooking || this.#reader().isReading;
  }

  /**
   * One at a time: while a file server is away each look holds one of the four threads that the process has for files, and with the fourth
   * every other file and every name that is looked up would wait as well.
   */
  async #alone(look: () => Promise<void>): Promise<void> {
    this.#isLooking = true;
    try {
      await look();
    } finally {
      this.#isLooking = false;
    }
  }

  /** @returns null if it is not what was read last, or cannot be compared now. */
  async #look(): Promise<FileIdentity | null> {
    const { identity } = await this.#looks.file(this.#path);
    const { known, isReading } = this.#reader();
    if (this.#closed || isReading) return null;
    if (identity === known) return identity;
    this.#events.changed();
    return null;
  }

  /** Watches the directory unless the one that is watched is still the one at that path. */
  async #rewatch(): Promise<void> {
    const directory = dirname(this.#path);
    try {
      const identity = await this.#looks.folder(directory);
      if (this.#closed || (this.#watcher !== null && identity === this.#watchedDirectory)) return;
      this.#watcher?.close();
      this.#watcher = watch(directory, { persistent: false }, () => this.#debounce());
      // For instance the limit of watches is reached, or the directory went away: the poll goes on.
      this.#watcher.on('error', () => this.#unwatch());
      this.#watchedDirectory = identity;
      // What happened before the watch stood.
      this.#debounce();
    } catch {
      this.#unwatch();
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
