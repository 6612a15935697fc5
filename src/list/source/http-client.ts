/**
 * Asks servers of lists over HTTPS, with everything bounded: each wait, the whole exchange, the size, while the body streams. Redirects are
 * refused: the operator named one server, and a list must not come from another. It must not keep what it is given.
 */
import type { Dispatcher } from 'undici';
import type * as Undici from 'undici';
import type { HttpTerms } from '../../config/list-types.ts';
import { DEADLINES } from '../../lib/deadlines.ts';
import { toldElsewhere } from '../../lib/errors.ts';
import { textOrNull } from '../../lib/json.ts';
import { systemTime, type Time } from '../../lib/time.ts';
import { ListError, listError } from '../list-error.ts';
import { authorizationOf, readCertificates, readClientCertificate } from './credentials.ts';
import { connectReason, statusFault } from './server-faults.ts';
import { givenIn, validatorsOf } from './validators.ts';
import { skipContinue } from './skip-continue.ts';
import type { SaidOfFile } from './validators.ts';

export interface HttpLimits {
  readonly maxBytes: number;
  /** Milliseconds: to connect, to the answer's head, between pieces of its body. By whatever way, the head comes within two of them. */
  readonly timeoutMs: number;
  /** Milliseconds for the whole exchange: a server that drips never ends otherwise. */
  readonly totalTimeoutMs: number;
}

export interface HttpQuestion extends HttpLimits {
  readonly headers: Readonly<Record<string, string>>;
  /** A status of 404 or 403 is an answer. */
  readonly mayBeAbsent: boolean;
}

export interface HttpAnswer extends SaidOfFile {
  readonly status: number;
  /** As the server gave it. */
  readonly etag: string | null;
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
/**
 * Perhaps a certificate or a token that was refused has been replaced since: many servers say so by a status. And where no head came in time, the next
 * question would wait behind the same connection to a proxy.
 */
const RENEWED: ReadonlySet<string> = new Set(['connect', 'http_status', 'timeout']);
/** To connect, and to the head. */
const HEAD_WAITS = 2;

let undici: typeof Undici | null = null;

/** Loaded when it is needed: where all lists come from files it takes no memory. Once: for another importer Node would look for it on the disk again. */
export async function loadUndici(): Promise<typeof Undici> {
  return (undici ??= await import('undici'));
}

export class HttpClient {
  readonly #terms: HttpTerms;
  readonly #time: Time;
  readonly #closing = new AbortController();
  /** Made for the first question; it rejects where a certificate or a secret cannot be used. */
  #dispatcher: Promise<Dispatcher> | null = null;
  /** Those before it, until what they have under way has ended. */
  readonly #ending = new Set<Dispatcher>();
  /** Of what is under way. */
  #interrupting = new AbortController();
  #authorization: Readonly<Record<string, string>> = {};

  constructor(terms: HttpTerms, time = systemTime) {
    this.#terms = terms;
    this.#time = time;
  }

  /** @throws ListError */
  async ask(url: string, question: HttpQuestion): Promise<HttpAnswer> {
    const undici = await loadUndici();
    const dispatcher = await this.#connected(question);
    // A proxy that is connected to and then says nothing is within no bound of undici's.
    const head = this.#deadline(HEAD_WAITS * question.timeoutMs);
    const whole = this.#deadline(question.totalTimeoutMs);
    const signal = AbortSignal.any([head.signal, whole.signal, this.#interrupting.signal, this.#closing.signal]);
    try {
      const { statusCode, headers, body } = await undici.request(url, {
        dispatcher,
        signal,
        headers: { 'accept-encoding': 'identity', ...this.#authorization, ...question.headers },
        headersTimeout: question.timeoutMs,
        bodyTimeout: question.timeoutMs,
      });
      head.met();
      // Undici reports a body that is not read to its end as an error of the stream, a turn later: an error event that nobody
      // listens to ends the process. Whoever reads the body has its errors all the same.
      body.on('error', () => {}).once('close', whole.met);
      // Of a file that may be absent it may say either.
      if (statusCode === 403) this.#renew();
      return answerOf({ statusCode, headers, body }, question);
    } catch (error) {
      whole.met();
      const fault = connectFault(error, this.#terms);
      if (RENEWED.has(fault.code)) this.#renew();
      throw fault;
    } finally {
      head.met();
    }
  }

  /** @returns what ends a question with a `TimeoutError` unless `met` is called before. */
  #deadline(ms: number): { readonly signal: AbortSignal; readonly met: () => void } {
    const controller = new AbortController();
    const late = (): void => controller.abort(new DOMException('no answer in time', 'TimeoutError'));
    const timer = this.#time.after(ms, late).unref();
    return { signal: controller.signal, met: () => timer.cancel() };
  }

  /** What is under way ends with a fault. */
  interrupt(): void {
    this.#interrupting.abort();
    this.#interrupting = new AbortController();
    this.#destroy();
  }

  close(): void {
    this.#closing.abort();
    this.#destroy();
  }

  async #connected(limits: HttpLimits): Promise<Dispatcher> {
    const connecting = (this.#dispatcher ??= this.#connector(limits));
    try {
      return await connecting;
    } catch (error) {
      // Somebody may mend it.
      if (this.#dispatcher === connecting) this.#dispatcher = null;
      throw error;
    }
  }

  /** The next question reads certificates and secrets again: they may have been renewed. A payload that comes meanwhile, perhaps from another mirror, goes on. */
  #renew(): void {
    this.#retire(async (dispatcher) => {
      this.#ending.add(dispatcher);
      await dispatcher.close();
      this.#ending.delete(dispatcher);
    });
  }

  #destroy(): void {
    this.#retire((dispatcher) => dispatcher.destroy());
    for (const dispatcher of this.#ending) void toldElsewhere(dispatcher.destroy());
    this.#ending.clear();
  }

  #retire(end: (dispatcher: Dispatcher) => Promise<void>): void {
    const retired = this.#dispatcher;
    this.#dispatcher = null;
    // What could not be made need not be ended, and was told to whoever asked for it.
    if (retired !== null) void toldElsewhere(retired.then(end));
  }

  /** @throws ListError `secret`, `unreadable`. */
  async #connector({ timeoutMs }: HttpLimits): Promise<Dispatcher> {
    const { Agent, buildConnector, Pool, ProxyAgent } = await loadUndici();
    const { ca, proxy, client, bearer, basic } = this.#terms;
    const tls = {
      timeout: timeoutMs,
      ...(ca === null ? {} : { ca: await readCertificates(ca) }),
      ...(client === null ? {} : await readClientCertificate(client)),
    };
    const authorization = await authorizationOf({ bearer, basic });
    this.#authorization = authorization === null ? {} : { authorization };
    // How the end of a body is known is decided by the rules of HTTP/1.1 (endFault).
    const { keepAliveMs } = DEADLINES.server;
    const common = { allowH2: false, keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs };
    const connector = buildConnector({ ...tls, allowH2: false });
    const connect: typeof connector = (options, callback) =>
      connector(options, (...made) => {
        if (made[0] === null) skipContinue(made[1]);
        callback(...made);
      });
    if (proxy === null) return new Agent({ ...common, connect });
    // Of CONNECT, which nobody's signal ends: without this its connection would stay for undici's five minutes, long after its question was given up.
    const connecting = { headersTimeout: HEAD_WAITS * timeoutMs };
    const clientFactory = (origin: URL, options: object): Dispatcher => new Pool(origin, { ...options, ...connecting });
    return new ProxyAgent({ ...common, uri: proxy, requestTls: tls, clientFactory });
  }
}

/** @throws ListError where it is not one that was asked for. */
function answerOf(
  { statusCode: status, headers, body }: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>,
  question: HttpQuestion,
): HttpAnswer {
  const fault = headFault(status, headers, question);
  if (status !== 200 || fault !== null) body.destroy();
  if (fault !== null) throw fault;
  return {
    status,
    etag: textOrNull(headers['etag']),
    validators: validatorsOf(headers),
    given: givenIn(headers),
    byteLength: lengthOf(headers),
    pieces: status === 200 ? bounded(body, question.maxBytes) : bounded([], 0),
    drop: () => void body.destroy(),
  };
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
  if (status !== 200) return listError('http_status', statusFault(status));
  const encoding = textOrNull(headers['content-encoding']);
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
  const coding = textOrNull(headers['transfer-encoding']);
  // What was coded before it was cut into chunks would be taken for the list.
  if (coding !== null && !/^\s*chunked\s*$/i.test(coding))
    return listError('http_status', `the server sent transfer-encoding ${coding}, of which only 'chunked' is read`);
  if (coding !== null || lengthOf(headers) !== null) return null;
  return listError(
    'truncated',
    'the list may be cut off: the server tells no Content-Length and sends no chunks, so that nobody can know where the list ends',
  );
}

/** Undici has seen to it that the body has this length. */
function lengthOf(headers: Headers): number | null {
  const text = textOrNull(headers['content-length']);
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
    throw bodyFault(error);
  }
}

function tooLarge(maxBytes: number): ListError {
  return listError('too_large', `the list has more than ${maxBytes} bytes`);
}

/** By undici's and Node's error codes. */
function connectFault(error: unknown, { proxy }: HttpTerms): ListError {
  return slowness(error) ?? listError('connect', connectReason(codeOf(error), { isProxied: proxy !== null }), error);
}

function bodyFault(error: unknown): ListError {
  const message = `the list is cut off: the connection ended before it was complete (${codeOf(error)})`;
  return slowness(error) ?? listError('truncated', message, error);
}

/** @returns null if it is another fault than one of ours, or that of a server that is slow. */
function slowness(error: unknown): ListError | null {
  if (error instanceof ListError) return error;
  return TIMEOUTS.has(codeOf(error)) ? listError('timeout', 'the server did not answer in time', error) : null;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : 'UNKNOWN';
}
