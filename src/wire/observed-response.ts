/**
 * The head of a response to an intercepted request: where it ends and what its body is. It observes, and must not change or
 * refuse anything: the very bytes travel. What is not beyond doubt lasts until the connection closes (requirement 20).
 *
 *   bytes ─▶ strict parser (response-head.ts) ──refuses──▶ as repaired (response-repair.ts) ──none──▶ all is body, until close
 */
import { NEED_MORE } from './field-section.ts';
import { ResponseHead, UNTIL_CLOSE } from './response-head.ts';
import { repairResponseHead } from './response-repair.ts';

const SWITCHING_PROTOCOLS = 101;
/** Room for what repair makes of a head that is as long as it may be. */
const MAX_GROWTH = 64;

export interface ObservedResponseLimits {
  readonly responseHeadBytes: number;
  readonly headerCount: number;
}

export class ObservedResponse {
  readonly #head: ResponseHead;
  readonly #repaired: ResponseHead;
  readonly #maxBytes: number;
  /** What was read last, null: no head. */
  #read: ResponseHead | null = null;
  #switchesTo: string | null = null;

  constructor(limits: ObservedResponseLimits) {
    this.#maxBytes = limits.responseHeadBytes;
    this.#head = new ResponseHead(limits);
    this.#repaired = new ResponseHead({ ...limits, responseHeadBytes: limits.responseHeadBytes + MAX_GROWTH });
  }

  /**
   * Reads a head in buf[start, end). Returns the offset behind it, or NEED_MORE. Where there is no head, or none that can be
   * believed, it returns `end` with `status` 0: all of it is body, until close.
   */
  parse(buf: Buffer, start: number, end: number): number {
    if (start === end) return NEED_MORE;
    const after = this.#head.parse(buf, start, end);
    if (after >= 0) {
      if (after > 0) this.#take(this.#head, buf);
      return after;
    }
    return this.#parseOdd(buf, start, end);
  }

  /** 0: there is no head. */
  get status(): number {
    return this.#read?.status ?? 0;
  }

  /** Before the answer proper; 101 is none of these. */
  get isInterim(): boolean {
    return this.status >= 100 && this.status < 200 && this.status !== SWITCHING_PROTOCOLS;
  }

  /** Of a 101: the first protocol that it names, in lower case and without version; '' if it names none. Else null. */
  get switchesTo(): string | null {
    return this.#switchesTo;
  }

  /** Bytes, CHUNKED_BODY or UNTIL_CLOSE; depends on the request (HEAD or not). */
  bodyLength(toHead: boolean): number {
    return this.#read?.bodyLength(toHead) ?? UNTIL_CLOSE;
  }

  /** Whether the origin leaves the connection open, as far as its head tells: a body until close ends it as well. */
  get keepsAlive(): boolean {
    return this.#read?.keepAlive ?? false;
  }

  #parseOdd(buf: Buffer, start: number, end: number): number {
    const repaired = repairResponseHead(buf.toString('latin1', start, end), this.#maxBytes);
    if (repaired.kind === 'need-more') return NEED_MORE;
    if (repaired.kind === 'head') {
      const text = Buffer.from(repaired.head, 'latin1');
      if (this.#repaired.parse(text, 0, text.length) > 0) {
        this.#take(this.#repaired, text);
        return start + repaired.consumed;
      }
    }
    this.#read = this.#switchesTo = null;
    return end;
  }

  #take(head: ResponseHead, buf: Buffer): void {
    this.#read = head;
    this.#switchesTo = head.status === SWITCHING_PROTOCOLS ? protocolOf(head.fields.find(buf, 'upgrade') ?? '') : null;
  }
}

function protocolOf(upgrade: string): string {
  const [first = ''] = upgrade.split(/[,/]/, 1);
  return first.trim().toLowerCase();
}
