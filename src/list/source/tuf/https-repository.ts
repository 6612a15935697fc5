/**
 * A repository on an HTTPS server, or a mirror of one. What is asked, and how it is bounded, is the client's concern (http-client.ts).
 * It must not verify what it fetches.
 */
import { DEADLINES } from '../../../lib/deadlines.ts';
import type { HttpClient } from '../http-client.ts';
import { statusFault } from '../server-faults.ts';
import { conditionsOf } from '../validators.ts';
import type { Ask, Repository, RepositoryAnswer } from './repository.ts';

export interface HttpsRepositoryOptions {
  /** Ends with a slash. */
  readonly url: string;
  /** Shared by all mirrors. */
  readonly client: HttpClient;
  /** Milliseconds: to connect, to the answer's head, between pieces of its body. */
  readonly timeoutMs?: number;
  /** Milliseconds for a whole file of the least size, and for each further MiB. */
  readonly totalTimeoutMs?: number;
}

const MIB = 1024 * 1024;

export class HttpsRepository implements Repository {
  readonly name: string;
  readonly #options: HttpsRepositoryOptions;

  constructor(options: HttpsRepositoryOptions) {
    this.#options = options;
    this.name = new URL(options.url).host;
  }

  async open(path: string, { maxBytes, etag }: Ask): Promise<RepositoryAnswer> {
    const { server, mirrors } = DEADLINES;
    const { url, client, timeoutMs = server.answerMs, totalTimeoutMs = mirrors.fileMs } = this.#options;
    const answer = await client.ask(new URL(path, url).href, {
      headers: conditionsOf({ etag, lastModified: null }),
      mayBeAbsent: true,
      maxBytes,
      timeoutMs,
      // Slower than a MiB a minute is an attack, or of no use.
      totalTimeoutMs: totalTimeoutMs * (1 + Math.floor(maxBytes / MIB)),
    });
    if (answer.status === 304) return { kind: 'unchanged' };
    if (answer.status !== 200) return { kind: 'absent', why: statusFault(answer.status) };
    // However young the file is: publishers see to it that timestamps of one second differ in length (publish/repository/metadata.ts).
    return { kind: 'file', pieces: answer.pieces, etag: answer.etag };
  }
}
