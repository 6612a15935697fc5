/**
 * Fuzz target: what the first bytes of an intercepted connection begin, and what of them goes on. A decision that was made stays whatever
 * follows, but for `other`: what turns out to be a request does not pass the gate for lines. None is waited for beyond the bound.
 */
import { FIRST, firstBytes, MAX_UNDECIDED } from '../../../src/wire/first-bytes.ts';
import { gatedInPieces } from '../../support/reference/read-observed.ts';

export function fuzz(data: Buffer): void {
  let decided: number = FIRST.more;
  const step = Math.max(1, Math.floor(data.length / 64));
  for (let end = 0; end <= data.length; end += step) {
    const kind = firstBytes(data, 0, end);
    if (decided === FIRST.other && kind === FIRST.http)
      demand(gatedInPieces(data.toString('latin1', 0, end)).isRequest, 'the gate sees the request', { end });
    else if (decided !== FIRST.more) demand(kind === decided, 'a decision stays', { end, kind, decided });
    decided = kind;
  }
  const padded = Buffer.concat([data, Buffer.alloc(MAX_UNDECIDED, 'a')]);
  demand(firstBytes(padded, 0, padded.length) !== FIRST.more, 'nothing is waited for beyond the bound', data.length);
  gates(data.toString('latin1'));
}

/** Pieces let no more go than the whole, and nothing else: what goes on is a beginning of it. */
function gates(text: string): void {
  const whole = gatedInPieces(text, [text]);
  const pieces = gatedInPieces(text);
  demand(text.startsWith(pieces.gone), 'what goes on is what came', pieces);
  demand(whole.isRequest === pieces.isRequest, 'a request is one in any pieces', { whole, pieces });
  if (!whole.isRequest) demand(whole.names.join() === pieces.names.join(), 'names are named in any pieces', pieces);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
