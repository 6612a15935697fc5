/**
 * The answer's way back: finds the head in what the origin sends, decides how the body ends and what becomes of the
 * client's connection, and relays (RFC 9112 §6.3).
 *
 *   [1xx …] head ─┬─ no body / n bytes / chunked / until the connection ends ─▶ client
 *                 └─ 101 to a request that asked ─▶ tunnel
 *
 * Head and the body bytes that came with it go out in one write. It must not take a response that was cut off for a whole one.
 */
import { ChunkedReader, type ChunkSink } from '../wire/chunked.ts';
import { METHOD, type RequestHead } from '../wire/request-head.ts';
import { CHUNKED_BODY, UNTIL_CLOSE, type ResponseHead } from '../wire/response-head.ts';
import { NEED_MORE } from '../wire/field-section.ts';
import type { HeadWriter } from '../wire/head-writer.ts';
import { writeResponse, type ResponseRewrite } from '../wire/write-response.ts';
import type { ClientPort } from './client-port.ts';
import type { ForwardContext } from './context.ts';
import type { Downstream } from './downstream.ts';
import { ResponseHeadBuffer } from './response-head-buffer.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export type ResponseOutcome = 'more' | 'complete' | 'malformed' | 'switched';

const SWITCHING = 101;
const EMPTY = Buffer.alloc(0);

export class ResponseRelay implements ChunkSink {
  readonly #context: ForwardContext;
  readonly #downstream: Downstream;
  readonly #port: ClientPort;
  readonly #chunks: ChunkedReader;
  readonly #pending: ResponseHeadBuffer;
  readonly #rewrite: ResponseRewrite;
  #toHead = false;
  #clientMinor = 1;
  #offered: string | null = null;
  #informational = 0;
  /** Bytes of body still to come, CHUNKED_BODY or UNTIL_CLOSE. */
  #remaining = 0;
  #buffer: Buffer = EMPTY;
  /** While `data` is being read. */
  #upstream: UpstreamConnection | null = null;
  #requestComplete = false;
  /** What body goes into behind its head, or chunks in one write; null: it is written as it comes. */
  #writer: HeadWriter | null = null;
  /** A final head has been sent to the client. */
  begun = false;
  /** The upstream connection can carry another request once the answer is complete. */
  reusable = false;
  bindsConnection = false;
  /** The client was told that its connection stays open. */
  keepAlive = false;

  constructor(context: ForwardContext, downstream: Downstream) {
    this.#context = context;
    this.#downstream = downstream;
    this.#port = downstream.port;
    this.#chunks = new ChunkedReader(context.config.limits);
    this.#pending = new ResponseHeadBuffer(context.config.limits.responseHeadBytes);
    this.#rewrite = { via: context.via[1], chunked: false, connection: '' };
  }

  /** `offered`: protocols of the Upgrade field that went out. */
  begin(head: RequestHead, offered: string | null): void {
    this.#toHead = head.method === METHOD.head;
    this.#clientMinor = head.minor;
    this.#offered = offered;
    this.#informational = 0;
    this.#pending.clear();
    this.begun = this.reusable = this.bindsConnection = this.keepAlive = false;
  }

  get endsWithConnection(): boolean {
    return this.begun && this.#remaining === UNTIL_CLOSE;
  }

  /** `requestComplete`: the client has sent all of its request; otherwise its connection cannot be kept. */
  data(upstream: UpstreamConnection, buffer: Buffer, length: number, requestComplete: boolean): ResponseOutcome {
    this.#upstream = upstream;
    this.#requestComplete = requestComplete;
    const outcome = this.begun ? this.#body(buffer, 0, length) : this.#beginning(buffer, length);
    this.#upstream = null;
    this.#buffer = EMPTY;
    return outcome;
  }

  #beginning(buffer: Buffer, length: number): ResponseOutcome {
    if (this.#pending.empty) return this.#heads(buffer, length);
    const bytes = this.#pending.append(buffer, length);
    return this.#heads(bytes, bytes.length);
  }

  /** Interim heads, then the final one. */
  #heads(bytes: Buffer, end: number): ResponseOutcome {
    const head = this.#context.response;
    let source = bytes;
    let start = 0;
    let stop = end;
    for (;;) {
      let after = this.#pending.worthParsing(source, start, stop) ? head.parse(source, start, stop) : NEED_MORE;
      if (after < 0) {
        const repaired = this.#pending.repair(source, start, stop, this.#mayBeHeadless);
        if (repaired === null) return 'malformed';
        source = repaired;
        start = 0;
        stop = repaired.length;
        after = this.#pending.waiting ? NEED_MORE : head.parse(source, 0, stop);
        if (after < 0) return 'malformed';
      }
      if (after === NEED_MORE) return this.#pending.keep(source, start, stop) ? 'more' : 'malformed';
      if (head.status >= 200) return this.#final(source, after, stop);
      if (head.status === SWITCHING) return this.#switching(source, after, stop);
      if (++this.#informational > this.#context.config.limits.informationalResponses) return 'malformed';
      this.#interim(source);
      start = after;
    }
  }

  /** Only the first thing on a new connection. */
  get #mayBeHeadless(): boolean {
    return this.#upstream !== null && !this.#upstream.reused && this.#informational === 0;
  }

  /** 1xx are for clients that know them (RFC 9110 §15.2). */
  #interim(source: Buffer): void {
    if (this.#clientMinor === 0) return;
    this.#compose(source, this.#context.response, '', false);
    this.#port.sendComposed();
  }

  #switching(source: Buffer, after: number, end: number): ResponseOutcome {
    const head = this.#context.response;
    const protocol = head.fields.find(source, 'upgrade');
    if (!this.#requestComplete || this.#offered === null || protocol === null || !offers(this.#offered, protocol))
      return 'malformed';
    this.begun = true;
    this.#downstream.answerBegun();
    this.#compose(source, head, `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`, false);
    this.#port.sendComposed();
    // Of any size, and from a buffer that is read into again while the client takes them: a copy of their own.
    if (end > after) this.#port.write(Buffer.from(source.subarray(after, end)));
    return 'switched';
  }

  #final(source: Buffer, after: number, end: number): ResponseOutcome {
    const head = this.#context.response;
    this.#decide(head);
    this.begun = true;
    this.#downstream.answerBegun();
    const chunked = this.#remaining === CHUNKED_BODY && this.#clientMinor === 1;
    if (this.#remaining === CHUNKED_BODY) this.#chunks.begin(chunked);
    const { ownFields } = this.#downstream;
    const connection = this.#connectionField();
    const writer = this.#compose(source, head, ownFields === '' ? connection : connection + ownFields, chunked);
    if (end - after > this.#port.capacity) {
      this.#port.sendComposed();
      return this.#body(source, after, end);
    }
    this.#writer = writer;
    const outcome = this.#body(source, after, end);
    this.#writer = null;
    // Complete: nothing else of this exchange goes to the client.
    if (outcome === 'complete') this.#port.sendComposedLater();
    else this.#port.sendComposed();
    return outcome;
  }

  #decide(head: ResponseHead): void {
    this.#remaining = head.bodyLength(this.#toHead);
    this.bindsConnection = head.bindsConnection;
    this.reusable = head.keepAlive && this.#remaining !== UNTIL_CLOSE;
    const delimited = this.#remaining >= 0 || (this.#remaining === CHUNKED_BODY && this.#clientMinor === 1);
    this.keepAlive = !this.#downstream.closing && this.#requestComplete && delimited;
  }

  #connectionField(): string {
    if (!this.keepAlive) return 'Connection: close\r\n';
    return this.#clientMinor === 0 ? 'Connection: keep-alive\r\n' : '';
  }

  /** Composes a head. */
  #compose(source: Buffer, head: ResponseHead, connection: string, chunked: boolean): HeadWriter {
    const writer = this.#port.compose();
    this.#rewrite.via = this.#context.via[head.minor === 0 ? 0 : 1];
    this.#rewrite.chunked = chunked;
    this.#rewrite.connection = connection;
    writeResponse(writer, source, head, this.#rewrite);
    return writer;
  }

  #body(buffer: Buffer, start: number, end: number): ResponseOutcome {
    this.#buffer = buffer;
    if (this.#remaining === CHUNKED_BODY) return this.#chunkedBody(buffer, start, end);
    const available = end - start;
    const take = this.#remaining === UNTIL_CLOSE ? available : Math.min(this.#remaining, available);
    if (take > 0) this.raw(start, start + take);
    if (this.#remaining === UNTIL_CLOSE) return 'more';
    this.#remaining -= take;
    // Bytes behind the answer belong to nobody (RFC 9112 §9.2).
    if (take < available) this.reusable = false;
    return this.#remaining === 0 ? 'complete' : 'more';
  }

  #chunkedBody(buffer: Buffer, start: number, end: number): ResponseOutcome {
    const at =
      this.#writer === null ? this.#chunksInOneWrite(buffer, start, end) : this.#chunks.read(buffer, start, end, this);
    if (at < 0) return 'malformed';
    if (!this.#chunks.done) return 'more';
    if (at < end) this.reusable = false;
    return 'complete';
  }

  /** A read may hold ten thousand tiny chunks, each with its framing made anew: they must not cost a system call each. */
  #chunksInOneWrite(buffer: Buffer, start: number, end: number): number {
    const port = this.#port;
    if (this.#upstream?.ownsBuffer === true) {
      port.cork();
      const at = this.#chunks.read(buffer, start, end, this);
      port.uncork();
      return at;
    }
    // What is made anew is no longer than what it stands for, but for a size line that the read before began.
    this.#writer = port.compose();
    const at = this.#chunks.read(buffer, start, end, this);
    this.#writer = null;
    if (port.composedLength > 0) port.sendComposed();
    return at;
  }

  raw(start: number, end: number): void {
    if (this.#writer !== null) this.#writer.copy(this.#buffer, start, end);
    else if (this.#upstream !== null) this.#port.relay(this.#upstream, this.#buffer, start, end);
  }

  text(bytes: string): void {
    if (this.#writer !== null) this.#writer.text(bytes);
    else this.#port.writeText(bytes);
  }
}

/** The origin may choose among what was offered only (RFC 9110 §7.8). */
function offers(offered: string, chosen: string): boolean {
  const names = (list: string): string[] =>
    list
      .toLowerCase()
      .split(',')
      .map((name) => name.trim());
  const known = new Set(names(offered));
  return names(chosen).every((name) => known.has(name));
}
