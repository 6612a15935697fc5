/**
 * Fuzz target: the reading of intercepted bytes. Pieces make no difference; what the strict parser takes is read as it reads it;
 * what is read as a request was classified as HTTP; no byte that ends a line for some readers only is let through.
 */
import { isDeepStrictEqual } from 'node:util';
import { everyCut, readHead } from '../../support/reference/read-head.ts';
import { firstKind, gatedInPieces, readObserved } from '../../support/reference/read-observed.ts';
import type { ObservedOutcome } from '../../support/reference/read-observed.ts';

const LIMITS = { requestLineBytes: 200, headerBytes: 600, headerCount: 12 };
/** As requirement 19 has it, and what Python takes for the end of a line. */
const SPLITTING: readonly string[] = ['\0', '\v', '\f', '\x1c', '\x1d', '\x1e'];

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  const whole = readObserved(text, LIMITS);
  for (const cuts of [everyCut(text), [text.length >> 1]]) {
    const pieces = readObserved(text, LIMITS, { cuts });
    demand(isDeepStrictEqual(comparable(whole), comparable(pieces)), 'pieces make no difference', [whole, pieces]);
  }
  checkKinds(text, whole);
  if (whole === 'need-more' || 'refused' in whole) return;
  const head = text.slice(0, whole.length);
  demand(!/\r(?!\n)/.test(head) && !SPLITTING.some((byte) => head.includes(byte)), 'nothing ends a line but LF', head);
  demand(head.endsWith('\n') && whole.length > 0, 'a head ends with its line', head);
  demand(whole.host === null || /^[^\s/@,]+$/.test(whole.host), 'a host is one', whole.host);
  const strict = readHead(text, LIMITS);
  if (strict === 'need-more' || 'refused' in strict) return;
  demand(
    strict.length === whole.length &&
      strict.target === whole.target &&
      strict.method === whole.method &&
      strict.body === whole.body &&
      strict.keepAlive === whole.keepsAlive,
    'a strict head is read as the strict parser does',
    [strict, whole],
  );
}

/** The blank line behind HTTP/0.9 belongs to the head where it has come with it. */
function comparable(outcome: ObservedOutcome): unknown {
  return typeof outcome === 'object' && 'minor' in outcome && outcome.minor < 0 ? { ...outcome, length: 0 } : outcome;
}

function checkKinds(text: string, whole: ObservedOutcome): void {
  const kind = firstKind(text);
  if (typeof whole === 'object' && 'minor' in whole) demand(kind === 'http', 'what is read as a request is HTTP', kind);
  const kinds = [...everyCut(text), text.length].map((cut) => firstKind(text.slice(0, cut)));
  const decided = kinds.find((each) => each !== 'more') ?? 'more';
  demand(decided === kind || (decided === 'other' && kind === 'http'), 'what was decided stays', [decided, kind]);
  if (decided === 'other' && kind === 'http')
    demand(gatedInPieces(text).isRequest, 'what goes on as if it were HTTP is told by its line', text);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
