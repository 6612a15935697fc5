/** Fuzz target: what an origin answers to an intercepted request. Nothing is refused, no byte is lost, pieces make no difference to bodies. */
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { ObservedBody } from '../../../src/wire/observed-body.ts';
import { ObservedResponse } from '../../../src/wire/observed-response.ts';

const LIMITS = { responseHeadBytes: 600, headerCount: 12 };
const CHUNKS = { chunkExtensionBytes: 40, trailerBytes: 60 };

export function fuzz(data: Buffer): void {
  const response = new ObservedResponse(LIMITS);
  const after = response.parse(data, 0, data.length);
  demand(after >= 0 && after <= data.length, 'a head ends in what has come', after);
  demand(
    after !== NEED_MORE || data.length <= LIMITS.responseHeadBytes,
    'no head is waited for beyond the limit',
    data.length,
  );
  if (after === NEED_MORE) return;
  if (response.status === 0) {
    demand(after === data.length && !response.keepsAlive, 'what has no head lasts until close', after);
    return;
  }
  demand(response.bodyLength(true) === 0 && response.status < 1000, 'an answer to HEAD has no body', response.status);
  const rest = data.subarray(after);
  const length = response.bodyLength(false);
  const whole = bodyEnd(rest, length, rest.length);
  demand(whole === bodyEnd(rest, length, 1), 'a body ends where it ends, byte by byte too', whole);
}

/** The offset at which the body ends, -1: malformed, or the number of bytes where it goes on. */
function bodyEnd(bytes: Buffer, length: number, step: number): number {
  const body = new ObservedBody(CHUNKS);
  body.begin(length);
  for (let at = 0; at < bytes.length && !body.done;) {
    const end = Math.min(at + Math.max(step, 1), bytes.length);
    const reached = body.read(bytes, at, end);
    if (reached < 0) return -1;
    demand(reached === end || body.done, 'what is read is read on', reached);
    at = reached;
    if (body.done) return at;
  }
  return bytes.length;
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
