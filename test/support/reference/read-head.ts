/** The real head parser, told in the words of its reference, in one piece and in any pieces. */
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { CHUNKED, RequestHead } from '../../../src/wire/request-head.ts';
import type { RequestHeadLimits } from '../../../src/wire/request-head.ts';
import type { PlainOutcome } from './request-head.ts';

/** Parses as the bytes come: after each of the `cuts` (offsets, ascending), and at the end. */
export function readHead(text: string, limits: RequestHeadLimits, cuts: readonly number[] = []): PlainOutcome {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead(limits);
  head.begin(0);
  for (const end of [...cuts, bytes.length]) {
    // Only what has come is there: a look behind it would find nothing.
    const after = head.parse(bytes.subarray(0, end), end);
    if (after !== NEED_MORE) return outcome(head, bytes, after);
  }
  return 'need-more';
}

function outcome(head: RequestHead, bytes: Buffer, after: number): PlainOutcome {
  if (after < 0) return { refused: -after };
  const { fields } = head;
  return {
    length: after,
    method: bytes.toString('latin1', head.start, head.methodEnd),
    target: bytes.toString('latin1', head.targetStart, head.targetEnd),
    minor: head.minor,
    body: head.contentLength === CHUNKED ? 'chunked' : head.contentLength,
    hasLength: head.hasLength,
    keepAlive: head.keepAlive,
    bindsConnection: head.bindsConnection,
    fields: Array.from(
      { length: fields.count },
      (_, index) => [fields.name(bytes, index), fields.value(bytes, index)] as const,
    ),
  };
}

/** All cuts between two bytes. */
export function everyCut(text: string): number[] {
  return Array.from({ length: Math.max(text.length - 1, 0) }, (_, index) => index + 1);
}
