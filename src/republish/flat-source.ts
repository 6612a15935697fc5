/**
 * Where the flat file comes from: a server over HTTPS, asked with ETag and Last-Modified, or a file of this machine. It must not keep what it
 * reads, nor write it anywhere.
 */
import { open } from 'node:fs/promises';
import type { FlatSource } from '../config/relay-types.ts';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { listError } from '../list/list-error.ts';
import { HttpClient } from '../list/source/http-client.ts';
import type { FlatFile } from './flat-list.ts';

/** Milliseconds, as for lists that a node fetches. */
const TIMEOUT_MS = 15_000;
const TOTAL_TIMEOUT_MS = 10 * 60_000;

interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

const NONE: Validators = { etag: null, lastModified: null };

export class FlatFileSource {
  readonly #source: FlatSource;
  readonly #maxBytes: number;
  readonly #client: HttpClient | null;
  #validators = NONE;
  /** Of what was read last, to be remembered once it has become a version. */
  #read = NONE;

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
    return kind === 'file' ? await openFile(this.#source.path, this.#maxBytes) : await this.#ask(this.#source.url);
  }

  /** What was read last need not be given again. */
  taken(): void {
    this.#validators = this.#read;
  }

  close(): void {
    this.#client?.close();
  }

  async #ask(url: string): Promise<FlatFile | null> {
    const { etag, lastModified } = this.#validators;
    const answer = await this.#client?.ask(url, {
      headers: {
        accept: '*/*',
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
      },
      mayBeAbsent: false,
      maxBytes: this.#maxBytes,
      timeoutMs: TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
    });
    if (answer === undefined || answer.status === 304) return null;
    this.#read = { etag: answer.etag, lastModified: answer.lastModified };
    return { pieces: answer.pieces, isWhole: true };
  }
}

async function openFile(path: string, maxBytes: number): Promise<FlatFile> {
  try {
    const file = await open(path);
    return { pieces: pieces(file.createReadStream(), path, maxBytes), isWhole: false };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* pieces(stream: AsyncIterable<Buffer>, path: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  let taken = 0;
  try {
    for await (const piece of stream) {
      taken += piece.length;
      if (taken > maxBytes) throw listError('too_large', `${path} has more than ${maxBytes} bytes`);
      yield piece;
    }
  } catch (error) {
    throw errnoOf(error).startsWith('E') ? unreadable(path, error) : error;
  }
}

function unreadable(path: string, error: unknown): Error {
  return listError('unreadable', `${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
}
