/**
 * A list in a local file. Reads it whole and bounded, and tells when it changed (file-watch.ts). It must never take a
 * file that is being written: what it was before and after the read must agree.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { FileWatch, lookAt, identityOf } from './file-watch.ts';
import type { FileIdentity, FileWatchOptions } from './file-watch.ts';
import { MAX_LIST_BYTES, sourceError } from './source.ts';
import type { ListSourceReader, SourceEvents, SourceRead } from './source.ts';

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

  async read(): Promise<SourceRead> {
    let file: FileHandle | null = null;
    try {
      // Without O_NONBLOCK a FIFO would hold the open until somebody writes.
      file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { kind: 'text', bytes: await this.#readWhole(file) };
    } catch (error) {
      const errno = errnoOf(error);
      if (file === null) this.#known = await lookAt(this.#path);
      throw errno.startsWith('E') ? sourceError('unreadable', `${this.#path} cannot be read: ${fileReason(errno)}`, error) : error;
    } finally {
      await file?.close();
    }
  }

  accepted(): Promise<null> {
    return Promise.resolve(null);
  }

  watch(events: SourceEvents): void {
    this.#watch = new FileWatch(this.#path, this.#options, () => this.#known, events);
  }

  close(): void {
    this.#watch?.close();
  }

  async #readWhole(file: FileHandle): Promise<Uint8Array> {
    const before = await file.stat({ bigint: true });
    this.#known = identityOf(before);
    if (!before.isFile()) throw sourceError('unreadable', `${this.#path} is not a regular file`);
    if (before.size > this.#options.maxBytes) {
      throw sourceError('too_large', `${this.#path} has ${before.size} bytes; at most ${this.#options.maxBytes} are read`);
    }
    const bytes = await readBytes(file, Number(before.size));
    const after = await file.stat({ bigint: true });
    if (bytes.length !== Number(before.size) || identityOf(after) !== this.#known) {
      // Seen as a change by the watch, which waits until the file has come to rest.
      throw sourceError('truncated', `${this.#path} changed while it was read`);
    }
    return bytes;
  }
}

async function readBytes(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
