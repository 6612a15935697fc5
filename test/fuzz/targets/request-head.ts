/**
 * Fuzz target: the head of a request. It reads what its reference implementation reads, in whatever pieces it comes, and what is written
 * for the origin is a strict head with the same request in it.
 */
import { isDeepStrictEqual } from 'node:util';
import { HeadWriter } from '../../../src/wire/head-writer.ts';
import { METHOD, RequestHead } from '../../../src/wire/request-head.ts';
import { RequestTarget } from '../../../src/wire/request-target.ts';
import { upgradeOffer, writeRequest } from '../../../src/wire/write-request.ts';
import { everyCut, readHead } from '../../support/reference/read-head.ts';
import { plainRequestHead } from '../../support/reference/request-head.ts';

const LIMITS = { requestLineBytes: 200, headerBytes: 600, headerCount: 12 };
const ROOMY = { requestLineBytes: 2000, headerBytes: 4000, headerCount: 30 };
const VIA = Buffer.from('Via: 1.1 pseudonym\r\n');
/** What is added to a head at most. */
const ADDED_BYTES = 400;
const writer = new HeadWriter(Buffer.alloc(8192));

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  const whole = readHead(text, LIMITS);
  demand(isDeepStrictEqual(whole, plainRequestHead(text, LIMITS)), 'the parser and its reference agree', whole);
  demand(isDeepStrictEqual(whole, readHead(text, LIMITS, everyCut(text))), 'byte by byte is as at once', whole);
  const half = text.length >> 1;
  demand(isDeepStrictEqual(whole, readHead(text, LIMITS, [half])), 'two halves are as the whole', whole);
  if (whole !== 'need-more' && !('refused' in whole)) checkWritten(data, whole.body);
}

/** What a configuration may allow, and what it may not. */
const ALLOWED = ['websocket', 'tls/1.0', 'h2c'];

function checkWritten(data: Buffer, body: number | 'chunked'): void {
  const head = new RequestHead(LIMITS);
  const target = new RequestTarget();
  head.begin(0);
  const length = head.parse(data, data.length);
  if (head.method === METHOD.connect || !target.parseAbsolute(data, head.targetStart, head.targetEnd)) return;
  for (const forwarded of ['append', 'pass'] as const) {
    writer.pos = 0;
    writeRequest(writer, data, head, target, {
      host: 'h',
      via: VIA,
      forwarded,
      client: '2001:db8::1',
      upgrade: upgradeOffer(data, head, ALLOWED),
    });
    const out = writer.out.toString('latin1', 0, writer.pos);
    const again = readHead(out, ROOMY);
    demand(
      again !== 'need-more' && !('refused' in again) && again.length === out.length,
      'what is written is one strict head',
      out,
    );
    if (again === 'need-more' || 'refused' in again) return;
    const path = data.toString('latin1', target.pathStart, target.pathEnd);
    demand(
      again.target.endsWith(path) && again.target.length <= path.length + 1,
      'path and query travel byte for byte',
      again.target,
    );
    demand(again.body === body, 'the framing is what was judged', again.body);
    demand(again.fields.filter(([name]) => name === 'host').length === 1, 'there is one Host', out);
    demand(out.length <= length + ADDED_BYTES, 'a head does not grow', out.length);
  }
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
