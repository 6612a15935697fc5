/**
 * Fuzz target: chunked framing. A body is done exactly where its reference implementation says, with the same payload, in whatever
 * pieces it comes; what travels on is canonical and no longer than what came.
 */
import { everyCut } from '../../support/reference/read-head.ts';
import { plainChunkedBody } from '../../support/reference/chunked.ts';
import { relayChunks } from '../../support/reference/relay-chunks.ts';

const LIMITS = { chunkExtensionBytes: 16, trailerBytes: 64 };
const CANONICAL_SIZE = /^(?:0|[1-9a-f][0-9a-f]*)\r\n$/i;

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  const plain = plainChunkedBody(text, LIMITS);
  for (const cuts of [[], [text.length >> 1], everyCut(text)]) {
    const framed = relayChunks(text, LIMITS, cuts);
    const bare = relayChunks(text, LIMITS, cuts, false);
    demand((framed?.done ?? false) === (plain !== null), 'a body is done where the reference says so', framed);
    demand(framed?.done === bare?.done, 'with and without framing it is the same body', bare);
    if (plain === null || framed === null || bare === null) continue;
    demand(
      framed.length === plain.length && bare.length === plain.length,
      'nothing behind the body is taken',
      framed.length,
    );
    demand(bare.out === plain.payload, 'the payload is that of the reference', bare.out);
    checkCanonical(framed.out, plain.payload);
  }
}

/** Sizes without zeros and extensions, no trailer: chunks of the same payload. */
function checkCanonical(out: string, payload: string): void {
  const again = plainChunkedBody(out, { chunkExtensionBytes: 1, trailerBytes: 2 });
  demand(
    again !== null && again.payload === payload && again.length === out.length,
    'what travels on is a chunked body with that payload',
    out,
  );
  for (let at = 0; at < out.length;) {
    const line = out.slice(at, out.indexOf('\n', at) + 1);
    demand(CANONICAL_SIZE.test(line), 'size lines are canonical', line);
    at += line.length + Number.parseInt(line, 16) + 2;
  }
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
