/**
 * Keeps the day on disk, so that it survives a restart: `history-<digits>.json` in the state directory, readable by its owner only,
 * written as a whole (a kill leaves the file of before). The digits are of the configuration's path: instances may share a directory.
 *
 *   start: read ─▶ as written? ─▶ restored          each step, and at the end: written
 *                      └ no ─▶ renamed to `….damaged`, said in the log; the day begins anew
 *
 * It must never keep the instance from anything: what cannot be read or written is logged, once, and the day is in memory.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { errnoOf, fileReason, keepingReason } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import type { Log } from '../observe/log.ts';
import { decodeDay, encodeDay } from './day-file.ts';
import type { KeptDay } from './day-file.ts';

/** Three times what a day of 64 lists that all hit takes. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @param file of the configuration. */
export function dayFile(stateDirectory: string, file: string): string {
  const digits = createHash('sha256').update(resolve(file)).digest('hex').slice(0, 12);
  return join(stateDirectory, `history-${digits}.json`);
}

export interface DayKeeperParts {
  readonly path: string;
  readonly log: Log;
  /** What is to be added to a time of the day so that it reads as the wall clock does. */
  readonly shift: () => number;
}

export class DayKeeper {
  readonly #parts: DayKeeperParts;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(parts: DayKeeperParts) {
    this.#parts = parts;
  }

  /** @returns null if nothing was kept that can be used. It never rejects. */
  async read(): Promise<KeptDay | null> {
    const { path, shift } = this.#parts;
    try {
      const text = await readBounded(path);
      const day = text === null ? null : decodeDay(text, shift());
      if (day === null)
        await this.#setAside(text === null ? 'it is too large, or no regular file' : 'it is not what was written');
      return day;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ELOOP') await this.#setAside('it is a symbolic link');
      else if (errno !== 'ENOENT') this.#failed(fileReason(errno));
      return null;
    }
  }

  /** Resolves when it is on disk, or cannot be written. It never rejects. */
  async write(day: KeptDay): Promise<void> {
    this.#writing = this.#writing.then(async () => await this.#write(day));
    await this.#writing;
  }

  async #write(day: KeptDay): Promise<void> {
    const { path, shift } = this.#parts;
    try {
      await makeDirectories(dirname(path), 0o700);
      await writeFileAtomic(path, encodeDay(day, shift()));
      this.#hasFailed = false;
    } catch (error) {
      this.#failed(keepingReason(error));
    }
  }

  async #setAside(reason: string): Promise<void> {
    const { path, log } = this.#parts;
    try {
      await rename(path, `${path}.damaged`);
      log.event('warn', 'history.set_aside', { reason });
    } catch (error) {
      this.#failed(keepingReason(error));
    }
  }

  #failed(reason: string): void {
    if (!this.#hasFailed) this.#parts.log.event('warn', 'history.not_kept', { reason });
    this.#hasFailed = true;
  }
}

/** @returns null if it is no regular file, or larger than such a file can be: a pipe must not hold up the start. */
async function readBounded(path: string): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > MAX_BYTES) return null;
    return (await file.readFile()).toString('utf8');
  } finally {
    await file.close();
  }
}
