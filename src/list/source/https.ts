/**
 * A list on an HTTPS server: asked again at its interval, with ETag and Last-Modified so that an unchanged list costs a
 * few hundred bytes. Everything is bounded (http-client.ts). It must not write to disk what was not accepted.
 *
 * While the server is away at start, the last good copy serves (cached-copy.ts); later the list in force simply stays.
 */
import type { HttpTerms } from '../../config/types.ts';
import { errnoOf, ListError } from '../../lib/errors.ts';
import { HttpClient } from './http-client.ts';
import { Intake } from './intake.ts';
import { giveBack } from '../list-memory.ts';
import { formatOf } from '../format/formats.ts';
import { readCachedCopy, writeCachedCopy } from './cached-copy.ts';
import type { Validators } from './cached-copy.ts';
import { listError } from '../list-error.ts';
import { ALONE, MAX_LIST_BYTES } from './source.ts';
import type { ListSource, ReadContext, SourceEvents, SourceRead } from './source.ts';

export interface HttpsSourceOptions {
  readonly url: string;
  readonly terms: HttpTerms;
  readonly intervalMs: number;
  /** Where the last good copy is kept. */
  readonly cachePath: string;
  /** Whose copy it is (cached-copy.ts). */
  readonly owner: string;
  readonly maxBytes?: number;
  /** Milliseconds: to connect, to the answer's head, between pieces of its body. */
  readonly timeoutMs?: number;
  /** Milliseconds for the whole fetch: a server that drips never ends otherwise. */
  readonly totalTimeoutMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const TIMEOUT_MS = 15_000;
const TOTAL_TIMEOUT_MS = 10 * 60_000;
const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

export class HttpsSource implements ListSource {
  readonly hasCache = true;
  readonly #options: Required<HttpsSourceOptions>;
  readonly #client: HttpClient;
  /** Of what was read last, whether or not it was accepted. */
  #validators = NO_VALIDATORS;
  #hasRead = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HttpsSourceOptions) {
    this.#options = {
      maxBytes: MAX_LIST_BYTES,
      timeoutMs: TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      now: Date.now,
      ...options,
    };
    this.#client = new HttpClient(options.terms);
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    return this.#hasRead ? await this.#fetch(context) : await this.#firstRead(context);
  }

  forget(): void {
    this.#validators = NO_VALIDATORS;
  }

  async accepted(bytes: Uint8Array): Promise<string | null> {
    const { cachePath: path, owner, url, now } = this.#options;
    try {
      await writeCachedCopy({ path, owner, url }, { bytes, fetchedAt: now(), ...this.#validators });
      return null;
    } catch (error) {
      return `the last good copy cannot be kept in ${path}: ${errnoOf(error)}`;
    }
  }

  watch(events: SourceEvents): void {
    this.#timer = setInterval(events.changed, this.#options.intervalMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#client.close();
  }

  /** Asks with the cached copy's validators; where nothing better is to be had, the cached copy is the list. */
  async #firstRead(context: ReadContext): Promise<SourceRead> {
    const { cachePath, url } = this.#options;
    const found = await readCachedCopy(cachePath, url, context);
    const kept = found.kind === 'copy' ? found.copy : null;
    if (kept !== null) this.#validators = { etag: kept.etag, lastModified: kept.lastModified };
    try {
      const fetched = await this.#fetch(context);
      this.#hasRead = true;
      if (kept === null) return fetched;
      if (fetched.kind === 'unchanged') return { kind: 'list', bytes: kept.bytes };
      context.memory.release(kept.bytes);
      return fetched;
    } catch (error) {
      const fault = error instanceof ListError ? error : listError('internal', 'the list could not be fetched', error);
      if (found.kind === 'unusable') throw withoutCopy(fault, cachePath, found.reason);
      if (kept === null) throw fault;
      this.#hasRead = true;
      return { kind: 'cached', bytes: kept.bytes, currentAt: kept.fetchedAt, fault };
    }
  }

  async #fetch(context: ReadContext): Promise<SourceRead> {
    const { url, maxBytes, timeoutMs, totalTimeoutMs } = this.#options;
    const { status, etag, lastModified, byteLength, pieces } = await this.#client.ask(url, {
      headers: conditions(this.#validators),
      mayBeAbsent: false,
      maxBytes,
      timeoutMs,
      totalTimeoutMs,
    });
    if (status === 304) return { kind: 'unchanged' };
    const intake = new Intake({ ...context, byteLength });
    const bytes = await intake.take(async () => {
      for await (const piece of pieces) await intake.add(piece);
    });
    // Before the validators are taken: a list that was cut off on its way must be given again though it has not changed.
    if (bytes !== null && formatOf(bytes).isCutOff(bytes))
      throw cutOff('its last line does not end with a newline', bytes, context);
    this.#validators = { etag, lastModified };
    return bytes === null ? { kind: 'same' } : { kind: 'list', bytes };
  }
}

/** The operator is told of both: the server is away, and so is what serves in its place. */
function withoutCopy(fault: ListError, path: string, reason: string): ListError {
  return new ListError(fault.code, `${fault.message}; the last good copy in ${path} cannot be used: ${reason}`, {
    cause: fault,
  });
}

function conditions({ etag, lastModified }: Validators): Record<string, string> {
  return {
    accept: 'text/plain, */*;q=0.1',
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}

function cutOff(why: string, bytes: Uint8Array, { memory }: ReadContext): ListError {
  giveBack(bytes, memory);
  return listError('truncated', `the list is cut off: ${why}`);
}
