/**
 * The head of an intercepted request: found where the origin finds it, with the target and the host that the origin takes
 * from it. It observes: the very bytes travel. Pure and total.
 *
 *   bytes ─▶ strict parser (request-head.ts) ──takes it──▶ facts
 *                 └─refuses: 400, 505─▶ odd-head.ts ─▶ facts, or 400 where servers would differ
 *
 * What the strict parser takes is plain to every server but in its target (`readTarget`). What it refuses is ordinary for some
 * server: bare LF, HTTP/0.9, no Host, several spaces, odd methods. The limits are the same for both. It must not write anything anew.
 */
import { equalsIgnoreCase } from './bytes.ts';
import { FIELD } from './field-names.ts';
import { NEED_MORE } from './field-section.ts';
import { OddHead } from './odd-head.ts';
import { RequestFacts } from './request-facts.ts';
import { RequestHead } from './request-head.ts';
import type { RequestHeadLimits } from './request-head.ts';

/* oxlint-disable typescript/no-non-null-assertion -- fields below `count` have all their offsets, which lie within the buffer; a table has a row for each id */

const MALFORMED = -400;
const OTHER_VERSION = -505;

export class ObservedRequest extends RequestFacts {
  readonly #strict: RequestHead;
  readonly #odd: OddHead;
  #start = 0;
  #isOdd = false;

  constructor(limits: RequestHeadLimits) {
    super();
    this.#strict = new RequestHead(limits);
    this.#odd = new OddHead(limits);
  }

  /** A request begins at `start`, blank lines before it included. */
  begin(start: number): void {
    this.#start = start;
    this.#isOdd = false;
    this.#strict.begin(start);
  }

  /**
   * Reads a head in buf[start, end). Returns the offset behind it, NEED_MORE, or a negated status (400, 414, 431, 501, 505):
   * then nothing of it may go on. Facts are valid only after an offset. After VERSION_09 nothing may follow.
   */
  parse(buf: Buffer, end: number): number {
    if (this.#isOdd) return this.#odd.parse(buf, end, this);
    const after = this.#strict.parse(buf, end);
    if (after > 0) return this.#takeStrict(buf) ? after : MALFORMED;
    if (after === NEED_MORE || (after !== MALFORMED && after !== OTHER_VERSION)) return after;
    this.#isOdd = true;
    this.#odd.begin(this.#start);
    return this.#odd.parse(buf, end, this);
  }

  #takeStrict(buf: Buffer): boolean {
    const head = this.#strict;
    this.reset();
    this.method = head.method;
    this.methodStart = head.start;
    this.methodEnd = head.methodEnd;
    this.targetStart = head.targetStart;
    this.targetEnd = head.targetEnd;
    this.minor = head.minor;
    this.contentLength = head.contentLength;
    this.connection = head.connection;
    return this.readTarget(buf) && this.#takeFields(buf);
  }

  #takeFields(buf: Buffer): boolean {
    const { ids, starts, valueStarts, valueEnds, ends, count } = this.#strict.fields;
    for (let k = 0; k < count; k++) {
      const id = ids[k]!;
      if (id === FIELD.other) continue;
      const start = valueStarts[k]!;
      const end = valueEnds[k]!;
      if (id === FIELD.host) this.readHost(buf, start, end);
      else if (id === FIELD.expect) this.expectsContinue ||= equalsIgnoreCase(buf, start, end, '100-continue');
      else if (id === FIELD.upgrade && !this.takeUpgrade(starts[k]!, start, end, ends[k]!)) return false;
    }
    return true;
  }
}
