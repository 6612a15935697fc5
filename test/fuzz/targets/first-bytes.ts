/**
 * Fuzz target: what the first bytes of an intercepted connection begin. A decision that was made stays whatever follows, but for `other`: its
 * first line is watched on, and what turns out to be a request is one to whoever watches. None is waited for beyond the bound.
 */
import { FIRST, firstBytes, MAX_UNDECIDED } from '../../../src/wire/first-bytes.ts';
import { FirstLine, LINE } from '../../../src/wire/first-line.ts';

export function fuzz(data: Buffer): void {
  let decided: number = FIRST.more;
  const step = Math.max(1, Math.floor(data.length / 64));
  for (let end = 0; end <= data.length; end += step) {
    const kind = firstBytes(data, 0, end);
    if (decided === FIRST.other && kind === FIRST.http)
      demand(new FirstLine().read(data, 0, end) === LINE.request, 'whoever watches sees the request', { end });
    else if (decided !== FIRST.more) demand(kind === decided, 'a decision stays', { end, kind, decided });
    decided = kind;
  }
  const padded = Buffer.concat([data, Buffer.alloc(MAX_UNDECIDED, 'a')]);
  demand(firstBytes(padded, 0, padded.length) !== FIRST.more, 'nothing is waited for beyond the bound', data.length);
  const whole = new FirstLine();
  const pieces = new FirstLine();
  const at = data.length >> 1;
  const state = whole.read(data, 0, data.length);
  const first = pieces.read(data, 0, at);
  const inPieces = first === LINE.open ? pieces.read(data, at, data.length) : first;
  demand(inPieces === state, 'a line does not depend on pieces', { inPieces, state });
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
