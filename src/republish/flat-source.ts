/**
 * Where the flat file comes from: a server over HTTPS, asked with ETag and Last-Modified, or a file of this machine, which is never read while it is
 * being written. It must not keep what it reads, nor write it anywhere.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { FlatSource } from '../config/relay-types.ts';
import { fileReason, systemErrnoOf } from '../lib/errors.ts';
import { type ListError, listError } from '../list/list-error.ts';
import { calmIdentity } from '../list/source/file-calm.ts';
import { identityOf } from '../list/source/file-identity.ts';
import type { FileIdentity } from '../list/source/file-identity.ts';
import { HttpClient } from '../list/source/http-client.ts';
import { conditionsOf, NO_VALIDATORS, NOTHING_SAID, validatorsOfNext } from '../list/source/validators.ts';
import type { SaidOfFile } from '../list/source/validators.ts';
import type { FlatFile } from './flat-list.ts';

/** Milliseconds, as for lists that a node fetches. */
const TIMEOUT_MS = 15_000;
const TOTAL_TIMEOUT_MS = 10 * 60_000;
const CALM = { settleMs: 300, restlessMs: 60_000 };

export class FlatFileSource {
  readonly #source: FlatSource;
  readonly #maxBytes: number;
  readonly #client: HttpClient | null;
  readonly #closing = new AbortController();
  #validators = NO_VALIDATORS;
  /** Of what was read last, to be remembered once it has become a version. */
  #read: SaidOfFile = NOTHING_SAID;
  #taken: SaidOfFile = NOTHING_SAID;

  constructor(source: FlatSource, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.#client = source.kind === 'https' ? new HttpClient(source.http) : null;
  }

  /**
   * @returns null if the server says that nothing has changed since what was taken.
   * @throws ListError
   */
  async open(): Promise<FlatFile | null> {
    const { kind } = this.#source;
    return kind === 'file' ? await this.#openFile(this.#source.path) : await this.#ask(this.#source.url);
  }

  /** What was read last need not be given again. @param isSame it was the list that was taken before. */
  taken(isSame: boolean): void {
    this.#validators = validatorsOfNext(this.#taken, this.#read, isSame);
    this.#taken = this.#read;
  }

  close(): void {
    this.#closing.abort();
    this.#client?.close();
  }

  async #openFile(path: string): Promise<FlatFile> {
    let file: FileHandle | null = null;
    try {
      const calm = await calmIdentity(path, null, { ...CALM, signal: this.#closing.signal });
      // Without O_NONBLOCK a FIFO would hold the open until somebody writes.
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) throw listError('unreadable', `${path} is not a regular file`);
      if (identityOf(found) !== calm) throw changed(path);
      const { signal } = this.#closing;
      return { pieces: pieces(file, path, { maxBytes: this.#maxBytes, calm, signal }), isWhole: false };
    } catch (error) {
      await file?.close();
      throw unreadable(path, error);
    }
  }

  async #ask(url: string): Promise<FlatFile | null> {
    const answer = await this.#client?.ask(url, {
      headers: { accept: '*/*', ...conditionsOf(this.#validators) },
      mayBeAbsent: false,
      maxBytes: this.#maxBytes,
      timeoutMs: TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
    });
    if (answer === undefined || answer.status === 304) return null;
    this.#read = { validators: answer.validators, given: answer.given };
    return { pieces: answer.pieces, isWhole: true };
  }
}

/** They end with a fault where the file is another one at their end. */
async function* pieces(
  file: FileHandle,
  path: string,
  { maxBytes, calm, signal }: { readonly maxBytes: number; readonly calm: FileIdentity; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let taken = 0;
  try {
    for await (const piece of file.createReadStream({ autoClose: false })) {
      signal.throwIfAborted();
      taken += piece.length;
      if (taken > maxBytes) throw listError('too_large', `${path} has more than ${maxBytes} bytes`);
      yield piece;
    }
    if (identityOf(await file.stat({ bigint: true })) !== calm) throw changed(path);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

function changed(path: string): ListError {
  return listError('truncated', `${path} changed while it was read`);
}

/** @returns an error of the system in words, others as they are. */
function unreadable(path: string, error: unknown): unknown {
  const errno = systemErrnoOf(error);
  return errno === null ? error : listError('unreadable', `${path} cannot be read: ${fileReason(errno)}`, error);
}
