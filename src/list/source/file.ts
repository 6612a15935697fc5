/**
 * A list in a local file. Reads it whole and bounded, to where it will stay (intake.ts), and tells when it changed
 * (file-watch.ts). It must never take a file that is being written: each read, whoever asks for it, waits until the file has
 * been unchanged for 0.3 s (file-calm.ts), and what it was before and after the read must agree.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DEADLINES } from '../../lib/deadlines.ts';
import { fileReason, systemErrnoOf } from '../../lib/errors.ts';
import { calmIdentity } from './file-calm.ts';
import type { CalmOptions } from './file-calm.ts';
import { identityOf, lookAt } from './file-identity.ts';
import type { FileIdentity } from './file-identity.ts';
import { FileWatch } from './file-watch.ts';
import type { FileWatchOptions } from './file-watch.ts';
import { addFrom, Intake } from './intake.ts';
import { type ListError, listError } from '../list-error.ts';
import { ALONE, MAX_LIST_BYTES, NO_VERSIONS } from './source.ts';
import type { ListSource, ReadContext, SourceEvents, SourceRead } from './source.ts';

export interface FileSourceOptions extends FileWatchOptions, CalmOptions {
  readonly maxBytes: number;
}

const DEFAULTS: FileSourceOptions = { ...DEADLINES.file, maxBytes: MAX_LIST_BYTES };

export class FileSource implements ListSource {
  readonly hasCache = false;
  readonly #path: string;
  readonly #options: FileSourceOptions;
  /** Of what was read last; null: nothing was read yet. */
  #known: FileIdentity | null = null;
  #watch: FileWatch | null = null;
  #isReading = false;
  readonly #closing = new AbortController();

  constructor(path: string, options: Partial<FileSourceOptions> = {}) {
    this.#path = path;
    this.#options = { ...DEFAULTS, ...options };
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    this.#isReading = true;
    try {
      const calm = await calmIdentity(this.#path, this.#known, { ...this.#options, signal: this.#closing.signal });
      return await this.#open(calm, context);
    } finally {
      this.#isReading = false;
    }
  }

  withdraw(): Promise<false> {
    return Promise.resolve(false);
  }

  /** Each read gives what is there. */
  forget(): void {}

  accepted(): Promise<null> {
    return Promise.resolve(null);
  }

  /** Nothing to remember: each read gives what is there. */
  refused(): void {}

  accept(): Promise<never> {
    return Promise.reject(
      this.#hasNoVersions('to use it as it is, raise the bound under `gate` that the refusal names, then `ctl reload`'),
    );
  }

  rollback(): Promise<never> {
    return Promise.reject(this.#hasNoVersions('put the file that you want in its place'));
  }

  release(): Promise<never> {
    return Promise.reject(this.#hasNoVersions('what is in the file is what is read'));
  }

  get versions(): typeof NO_VERSIONS {
    return NO_VERSIONS;
  }

  #hasNoVersions(instead: string): ListError {
    return listError('version_refused', `a list in a file has no versions: ${instead} (${this.#path})`);
  }

  watch(events: SourceEvents): void {
    this.#watch = new FileWatch(
      this.#path,
      this.#options,
      () => ({ known: this.#known, isReading: this.#isReading }),
      events,
    );
  }

  close(): void {
    this.#closing.abort();
    this.#watch?.close();
  }

  async #open(calm: FileIdentity, context: ReadContext): Promise<SourceRead> {
    let file: FileHandle | null = null;
    try {
      // Without O_NONBLOCK a FIFO would hold the open until somebody writes.
      file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const bytes = await this.#readWhole(file, calm, context);
      return bytes === null ? { kind: 'same' } : { kind: 'list', bytes, version: null };
    } catch (error) {
      const errno = systemErrnoOf(error);
      if (file === null) this.#known = (await lookAt(this.#path)).identity;
      throw errno === null
        ? error
        : listError('unreadable', `${this.#path} cannot be read: ${fileReason(errno)}`, error);
    } finally {
      await file?.close();
    }
  }

  /** @returns null if it is what is in force. */
  async #readWhole(file: FileHandle, calm: FileIdentity, context: ReadContext): Promise<Uint8Array | null> {
    const before = await file.stat({ bigint: true });
    this.#known = calm;
    if (identityOf(before) !== calm) throw this.#changed();
    if (!before.isFile()) throw listError('unreadable', `${this.#path} is not a regular file`);
    if (before.size > this.#options.maxBytes) {
      throw listError(
        'too_large',
        `${this.#path} has ${before.size} bytes; at most ${this.#options.maxBytes} are read`,
      );
    }
    const byteLength = Number(before.size);
    const intake = new Intake({ ...context, byteLength });
    return await intake.take(async () => {
      await addFrom(file, intake, { start: 0, end: byteLength }, context.rest);
      const after = await file.stat({ bigint: true });
      if (intake.taken !== byteLength || identityOf(after) !== this.#known) throw this.#changed();
    });
  }

  /** The next read waits until it has been unchanged for 0.3 s. */
  #changed(): ListError {
    return listError('truncated', `${this.#path} changed while it was read`);
  }
}
