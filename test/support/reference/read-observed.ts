/** The reader of intercepted requests, told in words: in one piece, and in any pieces. */
import { FIRST, firstBytes } from '../../../src/wire/first-bytes.ts';
import { LineGate, REQUEST } from '../../../src/wire/line-gate.ts';
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { ObservedRequest } from '../../../src/wire/observed-request.ts';
import { FORM } from '../../../src/wire/request-facts.ts';
import { CHUNKED, METHOD } from '../../../src/wire/request-head.ts';
import type { RequestHeadLimits } from '../../../src/wire/request-head.ts';

export interface ObservedHead {
  readonly length: number;
  readonly method: string;
  readonly isHead: boolean;
  readonly target: string;
  readonly form: keyof typeof FORM;
  readonly named: string | null;
  readonly path: string;
  readonly minor: number;
  readonly host: string | null;
  readonly body: number | 'chunked';
  readonly upgrade: string | null;
  readonly upgradeLine: string | null;
  readonly expectsContinue: boolean;
  readonly keepsAlive: boolean;
}

export type ObservedOutcome = ObservedHead | { readonly refused: number } | 'need-more';

/** Parses what begins at `start` as the bytes come: after each of the `cuts` (offsets, ascending), and at the end. */
export function readObserved(
  text: string,
  limits: RequestHeadLimits,
  { cuts = [], start = 0 }: { readonly cuts?: readonly number[]; readonly start?: number } = {},
): ObservedOutcome {
  const bytes = Buffer.from(text, 'latin1');
  const request = new ObservedRequest(limits);
  request.begin(start);
  for (const end of [...cuts, bytes.length]) {
    // Only what has come is there: a look behind it would find nothing.
    const after = request.parse(bytes.subarray(0, end), end);
    if (after !== NEED_MORE) return outcome(request, bytes, after);
  }
  return 'need-more';
}

function outcome(request: ObservedRequest, bytes: Buffer, after: number): ObservedOutcome {
  if (after < 0) return { refused: -after };
  const part = (start: number, end: number): string | null => (start < 0 ? null : bytes.toString('latin1', start, end));
  return {
    length: after,
    method: bytes.toString('latin1', request.methodStart, request.methodEnd),
    isHead: request.method === METHOD.head,
    target: bytes.toString('latin1', request.targetStart, request.targetEnd),
    form: formName(request.form),
    named: part(request.namedStart, request.namedEnd),
    path: bytes.toString('latin1', request.pathStart, request.pathEnd),
    minor: request.minor,
    host: part(request.hostStart, request.hostEnd),
    body: request.contentLength === CHUNKED ? 'chunked' : request.contentLength,
    upgrade: part(request.upgradeStart, request.upgradeEnd),
    upgradeLine: part(request.upgradeLineStart, request.upgradeLineEnd),
    expectsContinue: request.expectsContinue,
    keepsAlive: request.keepsAlive,
  };
}

function formName(form: number): keyof typeof FORM {
  for (const name of ['origin', 'absolute', 'asterisk', 'authority'] as const) if (FORM[name] === form) return name;
  throw new Error(`no form: ${form}`);
}

/** Name of what the bytes begin. */
export function firstKind(text: string): keyof typeof FIRST {
  const bytes = Buffer.from(text, 'latin1');
  const kind = firstBytes(bytes, 0, bytes.length);
  for (const name of ['more', 'tls', 'http', 'other'] as const) if (FIRST[name] === kind) return name;
  throw new Error(`no kind: ${String(kind)}`);
}

interface Gated {
  /** What has gone on. */
  readonly gone: string;
  readonly names: readonly string[];
  readonly isRequest: boolean;
}

/** What a gate for lines lets go of a text that comes in these pieces, or in single bytes. */
export function gatedInPieces(text: string, pieces: readonly string[] = [...text], isTls = false): Gated {
  const gate = new LineGate(isTls);
  const names: string[] = [];
  let gone = '';
  let held = '';
  for (const piece of pieces) {
    held += piece;
    const length = gate.read(held);
    if (length === REQUEST) return { gone, names, isRequest: true };
    names.push(...gate.names);
    gone += held.slice(0, length);
    held = held.slice(length);
  }
  return { gone, names, isRequest: false };
}
