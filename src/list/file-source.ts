/**
 * A list in a local file. Reads it whole and bounded, to where it will stay (intake.ts), and tells when it changed
 * (file-watch.ts). It must never take a file that is being written: what it was before and after the read must agree.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { FileWatch, lookAt, identityOf } from './file-watch.ts';
import type { FileIdentity, FileWatchOptions } from './file-watch.ts';
import { addFrom, Intake } from './intake.ts';
import { ALONE, MAX_LIST_BYTES, sourceError } from './source.ts';
import type { ListSourceReader, ReadContext, SourceEvents, SourceRead } from './source.ts';

export interface FileSourceOptions extends FileWatchOptions {
  readonly maxBytes: number;
}

const DEFAULTS: FileSourceOptions = { settleMs: 300, pollMs: 5000, maxBytes: MAX_LIST_BYTES };

export class FileSource implements ListSourceReader {
  readonly #path: string;
  readonly #options: FileSourceOptions;
  /** Of what was read last; null: nothing was read yet. */
  #known: FileIdentity | null = null;
  #watch: FileWatch | null = null;

  constructor(path: string, options: Partial<FileSourceOptions> = {}) {
    this.#path = path;
    this.#options = { ...DEFAULTS, ...options };
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    let file: FileHandle | null = null;
    try {
      // Without O_NONBLOCK a FIFO would hold the open until somebody writes.
      file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      const bytes = await this.#readWhole(file, context);
      return bytes === null ? { kind: 'same' } : { kind: 'text', bytes };
    } catch (error) {
      const errno = errnoOf(error);
      if (file === null) this.#known = await lookAt(this.#path);
      throw errno.startsWith('E') ? sourceError('unreadable', `${this.#path} cannot be read: ${fileReason(errno)}`, error) : error;
    } finally {
      await file?.close();
    }
  }

  /** Each read gives what is there. */
  forget(): void {}

  accepted(): Promise<null> {
    return Promise.resolve(null);
  }

  watch(events: SourceEvents): void {
    this.#watch = new FileWatch(this.#path, this.#options, () => this.#known, events);
  }

  close(): void {
    this.#watch?.close();
  }

  /** Null: what is in force. */
  async #readWhole(file: FileHandle, context: ReadContext): Promise<Uint8Array | null> {
    const before = await file.stat({ bigint: true });
    this.#known = identityOf(before);
    if (!before.isFile()) throw sourceError('unreadable', `${this.#path} is not a regular file`);
    if (before.size > this.#options.maxBytes) {
      throw sourceError('too_large', `${this.#path} has ${before.size} bytes; at most ${this.#options.maxBytes} are read`);
    }
    const byteLength = Number(before.size);
    const intake = new Intake({ ...context, byteLength });
    return await intake.take(async () => {
      await addFrom(file, intake, { start: 0, end: byteLength }, context.rest);
      const after = await file.stat({ bigint: true });
      // Seen as a change by the watch, which waits until the file has come to rest.
      if (intake.taken !== byteLength || identityOf(after) !== this.#known) throw sourceError('truncated', `${this.#path} changed while it was read`);
    });
  }
}
