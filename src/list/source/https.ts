/**
 * A list on an HTTPS server: asked again at its interval, with ETag and Last-Modified so that an unchanged list costs a
 * few hundred bytes. Everything is bounded: size, each wait, the whole fetch. Redirects are refused: the operator named
 * one server, and a list must not come from another. It must not write to disk what was not accepted.
 *
 * While the server is away at start, the last good copy serves (cached-copy.ts); later the list in force simply stays.
 */
import type { Agent, Dispatcher } from 'undici';
import { errnoOf, ListError } from '../../lib/errors.ts';
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
  /** Certificate authorities (PEM) instead of those Node trusts. */
  readonly ca?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const TIMEOUT_MS = 15_000;
const TOTAL_TIMEOUT_MS = 10 * 60_000;
const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'TimeoutError',
]);
const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

export class HttpsSource implements ListSource {
  readonly hasCache = true;
  readonly #options: Required<Omit<HttpsSourceOptions, 'ca'>>;
  readonly #ca: string | undefined;
  /** Made for the first fetch. */
  #agent: Agent | null = null;
  readonly #closing = new AbortController();
  /** Of what was read last, whether or not it was accepted. */
  #validators = NO_VALIDATORS;
  #hasRead = false;
  #timer: NodeJS.Timeout | null = null;

  constructor({ ca, ...options }: HttpsSourceOptions) {
    this.#options = {
      maxBytes: MAX_LIST_BYTES,
      timeoutMs: TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      now: Date.now,
      ...options,
    };
    this.#ca = ca;
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
    this.#closing.abort();
    void this.#agent?.destroy();
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
      const fault = asListError(error, 'connect');
      if (found.kind === 'unusable') throw withoutCopy(fault, cachePath, found.reason);
      if (kept === null) throw fault;
      this.#hasRead = true;
      return { kind: 'cached', bytes: kept.bytes, currentAt: kept.fetchedAt, fault };
    }
  }

  async #fetch(context: ReadContext): Promise<SourceRead> {
    const { url, totalTimeoutMs } = this.#options;
    const signal = AbortSignal.any([AbortSignal.timeout(totalTimeoutMs), this.#closing.signal]);
    // Loaded here: where all lists come from files it takes no memory.
    const undici = await import('undici');
    this.#agent ??= this.#createAgent(undici);
    try {
      const answer = await undici.request(url, {
        dispatcher: this.#agent,
        signal,
        headers: conditions(this.#validators),
      });
      return await this.#take(answer, context);
    } catch (error) {
      throw asListError(error, 'connect');
    }
  }

  #createAgent(undici: { readonly Agent: typeof Agent }): Agent {
    const { timeoutMs } = this.#options;
    return new undici.Agent({
      connect: { timeout: timeoutMs, ...(this.#ca === undefined ? {} : { ca: this.#ca }) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // How the end of a body is known is decided by the rules of HTTP/1.1 (endFault).
      allowH2: false,
      // One fetch in minutes or hours: no connection is worth keeping.
      pipelining: 0,
    });
  }

  async #take({ statusCode, headers, body }: Dispatcher.ResponseData, context: ReadContext): Promise<SourceRead> {
    // Undici reports a body that is not read to its end as an error of the stream, a turn later: an error event that nobody
    // listens to ends the process. Whoever reads the body has its errors all the same.
    body.on('error', () => {});
    const fault = headFault(statusCode, headers, this.#options.maxBytes);
    if (statusCode !== 200 || fault !== null) body.destroy();
    if (statusCode === 304 && isConditional(this.#validators)) return { kind: 'unchanged' };
    if (fault !== null) throw fault;
    const bytes = await readBounded(
      body,
      new Intake({ ...context, byteLength: lengthOf(headers) }),
      this.#options.maxBytes,
    );
    // Before the validators are taken: a list that was cut off on its way must be given again though it has not changed.
    if (bytes !== null && formatOf(bytes).isCutOff(bytes))
      throw cutOff('its last line does not end with a newline', bytes, context);
    this.#validators = { etag: single(headers['etag']), lastModified: single(headers['last-modified']) };
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
    'accept-encoding': 'identity',
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}

function isConditional({ etag, lastModified }: Validators): boolean {
  return etag !== null || lastModified !== null;
}

function headFault(status: number, headers: Dispatcher.ResponseData['headers'], maxBytes: number): ListError | null {
  if (status === 304)
    return listError(
      'http_status',
      'the server says that nothing has changed (status 304) though it was asked for the list without a condition',
    );
  if (status >= 300 && status < 400)
    return listError('redirect', `the server redirects (status ${status}); name the final URL in the configuration`);
  if (status !== 200) return listError('http_status', `the server answered with status ${status}`);
  const encoding = single(headers['content-encoding']);
  if (encoding !== null && encoding !== 'identity')
    return listError('http_status', `the server sent content-encoding ${encoding} though identity was asked for`);
  if ((lengthOf(headers) ?? 0) > maxBytes) return tooLarge(maxBytes);
  return endFault(headers);
}

/**
 * Without a length and without chunks a body ends where the connection does, which anybody on the way can bring about: a FIN is no
 * part of TLS, and that close_notify came before it nobody tells us (RFC 9112, 9.8).
 */
function endFault(headers: Dispatcher.ResponseData['headers']): ListError | null {
  if (lengthOf(headers) !== null || /(?:^|,)\s*chunked\s*$/i.test(single(headers['transfer-encoding']) ?? ''))
    return null;
  return listError(
    'truncated',
    'the list may be cut off: the server tells no Content-Length and sends no chunks, so that nobody can know where the list ends',
  );
}

/** Undici has seen to it that the body has this length. */
function lengthOf(headers: Dispatcher.ResponseData['headers']): number | null {
  const text = single(headers['content-length']);
  return text === null ? null : Number(text);
}

/** @returns null if it is what is in force. */
async function readBounded(
  body: AsyncIterable<Uint8Array>,
  intake: Intake,
  maxBytes: number,
): Promise<Uint8Array | null> {
  try {
    return await intake.take(async () => {
      for await (const piece of body) {
        if (intake.taken + piece.length > maxBytes) throw tooLarge(maxBytes);
        await intake.add(piece);
      }
    });
  } catch (error) {
    throw asListError(error, 'truncated');
  }
}

function cutOff(why: string, bytes: Uint8Array, { memory }: ReadContext): ListError {
  giveBack(bytes, memory);
  return listError('truncated', `the list is cut off: ${why}`);
}

function tooLarge(maxBytes: number): ListError {
  return listError('too_large', `the list has more than ${maxBytes} bytes`);
}

/** By undici's and Node's error codes. `otherwise`: what any other failure means at this point of the exchange. */
function asListError(error: unknown, otherwise: 'connect' | 'truncated'): ListError {
  if (error instanceof ListError) return error;
  const code = codeOf(error);
  if (TIMEOUTS.has(code)) return listError('timeout', 'the server did not answer in time', error);
  if (otherwise === 'truncated')
    return listError('truncated', `the list is cut off: the connection ended before it was complete (${code})`, error);
  return listError('connect', `the server cannot be reached: ${code}`, error);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : 'UNKNOWN';
}

function single(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
