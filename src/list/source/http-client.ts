/**
 * Asks servers of lists over HTTPS, with everything bounded: each wait, the whole exchange, the size, while the body streams. Redirects are
 * refused: the operator named one server, and a list must not come from another. It must not keep what it is given.
 */
import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { HttpTerms, SecretPlace } from '../../config/list-types.ts';
import { errnoOf, fileReason, ListError } from '../../lib/errors.ts';
import { listError } from '../list-error.ts';
import { readSecret } from './secret.ts';

export interface HttpLimits {
  readonly maxBytes: number;
  /** Milliseconds: to connect, to the answer's head, between pieces of its body. */
  readonly timeoutMs: number;
  /** Milliseconds for the whole exchange: a server that drips never ends otherwise. */
  readonly totalTimeoutMs: number;
}

export interface HttpQuestion extends HttpLimits {
  readonly headers: Readonly<Record<string, string>>;
  /** A status of 404 or 403 is an answer. */
  readonly mayBeAbsent: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Null: nobody knows before it ends. */
  readonly byteLength: number | null;
  /** Of a status of 200; empty otherwise. Ends with a ListError where it is more than was asked for, too slow, or cut off. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Instead of reading them. */
  readonly drop: () => void;
}

type Headers = Dispatcher.ResponseData['headers'];

const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'TimeoutError',
]);
/** What a server says of a file that is not there; some say it without telling whether there is one. */
const ABSENT: ReadonlySet<number> = new Set([403, 404]);
/** Perhaps a certificate or a token that was refused has been replaced since: many servers say so by a status. */
const RENEWED: ReadonlySet<string> = new Set(['connect', 'http_status']);
/** Connections are kept for so long (milliseconds): an update asks for several files. */
const KEEP_ALIVE_MS = 2000;

export class HttpClient {
  readonly #terms: HttpTerms;
  readonly #closing = new AbortController();
  /** Made for the first question. */
  #dispatcher: Dispatcher | null = null;
  #authorization: Readonly<Record<string, string>> = {};

  constructor(terms: HttpTerms) {
    this.#terms = terms;
  }

  /** @throws ListError */
  async ask(url: string, question: HttpQuestion): Promise<HttpAnswer> {
    const signal = AbortSignal.any([AbortSignal.timeout(question.totalTimeoutMs), this.#closing.signal]);
    // Loaded here: where all lists come from files it takes no memory.
    const undici = await import('undici');
    this.#dispatcher ??= await this.#connector(question);
    try {
      const { statusCode, headers, body } = await undici.request(url, {
        dispatcher: this.#dispatcher,
        signal,
        headers: { 'accept-encoding': 'identity', ...this.#authorization, ...question.headers },
        headersTimeout: question.timeoutMs,
        bodyTimeout: question.timeoutMs,
      });
      // Undici reports a body that is not read to its end as an error of the stream, a turn later: an error event that nobody
      // listens to ends the process. Whoever reads the body has its errors all the same.
      body.on('error', () => {});
      const fault = headFault(statusCode, headers, question);
      if (statusCode !== 200 || fault !== null) body.destroy();
      // Of a file that may be absent it may say either.
      if (statusCode === 403) this.#disconnect();
      if (fault !== null) throw fault;
      return {
        status: statusCode,
        etag: single(headers['etag']),
        lastModified: single(headers['last-modified']),
        byteLength: lengthOf(headers),
        pieces: statusCode === 200 ? bounded(body, question.maxBytes) : bounded([], 0),
        drop: () => void body.destroy(),
      };
    } catch (error) {
      const fault = asListError(error, 'connect');
      if (RENEWED.has(fault.code)) this.#disconnect();
      throw fault;
    }
  }

  /** What is under way ends with a fault. */
  interrupt(): void {
    this.#disconnect();
  }

  close(): void {
    this.#closing.abort();
    this.#disconnect();
  }

  /** The next question reads certificates and secrets again: they may have been renewed. */
  #disconnect(): void {
    void this.#dispatcher?.destroy();
    this.#dispatcher = null;
  }

  /** @throws ListError `secret`, `unreadable`. */
  async #connector({ timeoutMs }: HttpLimits): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import('undici');
    const { ca, proxy, client, bearer, basic } = this.#terms;
    const tls = {
      timeout: timeoutMs,
      ...(ca === null ? {} : { ca: await certificates(ca) }),
      ...(client === null ? {} : { cert: await certificates(client.certificate), key: await readSecret(client.key) }),
    };
    const authorization = await authorizationOf(bearer, basic);
    this.#authorization = authorization === null ? {} : { authorization };
    // How the end of a body is known is decided by the rules of HTTP/1.1 (endFault).
    const common = { allowH2: false, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS };
    return proxy === null
      ? new Agent({ ...common, connect: tls })
      : new ProxyAgent({ ...common, uri: proxy, requestTls: tls });
  }
}

async function authorizationOf(bearer: SecretPlace | null, basic: SecretPlace | null): Promise<string | null> {
  if (bearer !== null) return `Bearer ${(await readSecret(bearer)).trim()}`;
  return basic === null ? null : `Basic ${Buffer.from((await readSecret(basic)).trim()).toString('base64')}`;
}

async function certificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw listError('unreadable', `${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  }
}

/** @returns null if the answer is one that was asked for. */
function headFault(
  status: number,
  headers: Headers,
  { headers: asked, maxBytes, mayBeAbsent }: HttpQuestion,
): ListError | null {
  if (status === 304) return 'if-none-match' in asked || 'if-modified-since' in asked ? null : unasked304();
  if (status >= 300 && status < 400)
    return listError('redirect', `the server redirects (status ${status}); name the final URL in the configuration`);
  if (mayBeAbsent && ABSENT.has(status)) return null;
  if (status !== 200) return listError('http_status', `the server answered with status ${status}`);
  const encoding = single(headers['content-encoding']);
  if (encoding !== null && encoding !== 'identity')
    return listError('http_status', `the server sent content-encoding ${encoding} though identity was asked for`);
  if ((lengthOf(headers) ?? 0) > maxBytes) return tooLarge(maxBytes);
  return endFault(headers);
}

function unasked304(): ListError {
  return listError(
    'http_status',
    'the server says that nothing has changed (status 304) though it was asked for the list without a condition',
  );
}

/**
 * Without a length and without chunks a body ends where the connection does, which anybody on the way can bring about: a FIN is no
 * part of TLS, and that close_notify came before it nobody tells us (RFC 9112, 9.8).
 */
function endFault(headers: Headers): ListError | null {
  if (lengthOf(headers) !== null || /(?:^|,)\s*chunked\s*$/i.test(single(headers['transfer-encoding']) ?? ''))
    return null;
  return listError(
    'truncated',
    'the list may be cut off: the server tells no Content-Length and sends no chunks, so that nobody can know where the list ends',
  );
}

/** Undici has seen to it that the body has this length. */
function lengthOf(headers: Headers): number | null {
  const text = single(headers['content-length']);
  return text === null ? null : Number(text);
}

async function* bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let taken = 0;
  try {
    for await (const piece of body) {
      taken += piece.length;
      if (taken > maxBytes) throw tooLarge(maxBytes);
      yield piece;
    }
  } catch (error) {
    throw asListError(error, 'truncated');
  }
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
