/**
 * Watches the answer to an intercepted request go by: where its lines and it end, and whether the connection can carry another. It changes no
 * byte and refuses none; what is not beyond doubt lasts until the connection ends (requirement 20).
 *
 *   [1xx …] head ─┬─ no body / n bytes / chunks ─▶ complete      bytes behind it belong to nobody
 *                 ├─ unclear, or until the connection ends
 *                 └─ 101, or 2xx to CONNECT ─▶ switched
 *
 * It must not write to anybody.
 */
import { endOfLines } from '../wire/end-of-lines.ts';
import { NEED_MORE } from '../wire/field-section.ts';
import { ObservedBody } from '../wire/observed-body.ts';
import { CHUNKED_BODY, UNTIL_CLOSE } from '../wire/response-head.ts';
import type { ForwardContext } from './context.ts';
import { ResponseHeadBuffer } from './response-head-buffer.ts';

export type RawOutcome = 'more' | 'complete' | 'malformed' | 'switched';

const SWITCHING = 101;
const NOWHERE = -1;

export class RawResponse {
  readonly #context: ForwardContext;
  readonly #pending: ResponseHeadBuffer;
  readonly #body: ObservedBody;
  #toHead = false;
  #toConnect = false;
  /** Some list has entries for single paths of the host that is asked for. */
  #hasPathEntries = false;
  #informational = 0;
  /** The head of the answer proper has come, or there is none. */
  begun = false;
  endsWithConnection = false;
  /** Once complete: the connection can carry another request. */
  keepAlive = false;
  /** Of the bytes that were read last: the end of those that belong to the answer. */
  end = 0;
  /** Of the bytes that were read last: where another field would stand; -1: no head has ended in them. */
  linesEnd = NOWHERE;

  constructor(context: ForwardContext) {
    this.#context = context;
    this.#pending = new ResponseHeadBuffer(context.config.limits.responseHeadBytes);
    this.#body = new ObservedBody(context.config.limits);
  }

  begin(toHead: boolean, toConnect: boolean, hasPathEntries: boolean): void {
    this.#toHead = toHead;
    this.#toConnect = toConnect;
    this.#hasPathEntries = hasPathEntries;
    this.#informational = 0;
    this.#pending.clear();
    this.begun = this.keepAlive = this.endsWithConnection = false;
  }

  /** HTTP/0.9: there is no head. */
  beginBody(): void {
    this.#lastsUntilClose();
  }

  /** Reads buffer[0, length). */
  data(buffer: Buffer, length: number): RawOutcome {
    this.end = length;
    this.linesEnd = NOWHERE;
    if (this.begun) return this.#bodyBytes(buffer, 0, length, 0);
    if (this.#pending.empty) return this.#heads(buffer, length, 0);
    const bytes = this.#pending.append(buffer, length);
    return this.#heads(bytes, bytes.length, bytes.length - length);
  }

  /** Interim heads, then the final one. `before`: bytes of earlier reads that stand first. */
  #heads(bytes: Buffer, stop: number, before: number): RawOutcome {
    const head = this.#context.rawResponse;
    for (let start = 0; ;) {
      const after = this.#pending.worthParsing(bytes, start, stop) ? head.parse(bytes, start, stop) : NEED_MORE;
      if (after === NEED_MORE) {
        if (!this.#pending.keep(bytes, start, stop)) this.#lastsUntilClose();
        return 'more';
      }
      if (!head.isInterim) return this.#final(bytes, after, stop, before);
      if (++this.#informational > this.#context.config.limits.informationalResponses) return 'malformed';
      start = after;
    }
  }

  #final(bytes: Buffer, after: number, stop: number, before: number): RawOutcome {
    const head = this.#context.rawResponse;
    const { status } = head;
    const length = head.bodyLength(this.#toHead);
    if (status === SWITCHING) return 'switched';
    // A tunnel has no content (RFC 9110 §9.3.6). A server that is no proxy may take the port for a page, whose path nobody has judged.
    if (this.#toConnect && status >= 200 && status < 300)
      return this.#hasPathEntries && hasContent(length) ? 'malformed' : 'switched';
    if (status === 0 || length === UNTIL_CLOSE) {
      this.#lastsUntilClose();
      return 'more';
    }
    this.begun = true;
    this.keepAlive = head.keepsAlive;
    const linesEnd = endOfLines(bytes, after);
    // A head whose blank line came in two reads has been sent in part.
    if (linesEnd < after) this.linesEnd = Math.max(linesEnd - before, NOWHERE);
    this.#body.begin(length);
    return this.#bodyBytes(bytes, after, stop, before);
  }

  #bodyBytes(bytes: Buffer, from: number, stop: number, before: number): RawOutcome {
    const at = this.#body.read(bytes, from, stop);
    if (at < 0) this.#lastsUntilClose();
    if (at < 0 || !this.#body.done) return 'more';
    this.end = at - before;
    // Of what an origin says unasked nobody knows whom it answers (RFC 9112 §9.2).
    if (at < stop) this.keepAlive = false;
    return 'complete';
  }

  #lastsUntilClose(): void {
    this.begun = this.endsWithConnection = true;
    this.keepAlive = false;
    this.#pending.clear();
    this.#body.begin(UNTIL_CLOSE);
  }
}

/** As its fields announce it. */
function hasContent(length: number): boolean {
  return length > 0 || length === CHUNKED_BODY;
}
