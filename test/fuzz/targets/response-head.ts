/**
 * Fuzz target: the head of a response, with its repair. What is read or repaired is written as a strict head with the
 * same framing; what has come in part is never taken for whole; nothing grows.
 */
import { HeadWriter } from '../../../src/wire/head-writer.ts';
import { CHUNKED_BODY, ResponseHead } from '../../../src/wire/response-head.ts';
import { repairResponseHead } from '../../../src/wire/response-repair.ts';
import { writeResponse } from '../../../src/wire/write-response.ts';
import { readResponseHead } from '../../support/reference/read-response-head.ts';

const LIMITS = { responseHeadBytes: 1000, headerCount: 20 };
const ROOMY = { responseHeadBytes: 10_000, headerCount: 2000 };
const VIA = Buffer.from('Via: 1.1 pseudonym\r\n');
const writer = new HeadWriter(Buffer.alloc(8192));

export function fuzz(data: Buffer): void {
  const text = data.toString('latin1');
  const strict = readResponseHead(text, LIMITS);
  const repaired = repairResponseHead(text, LIMITS.responseHeadBytes);
  if (strict !== 'need-more' && strict !== 'malformed') {
    checkWritten(data);
    for (const cut of [strict.length - 1, strict.length - 2, strict.length >> 1])
      demand(
        readResponseHead(text.slice(0, cut), LIMITS) === 'need-more',
        'part of a head is not a head',
        text.slice(0, cut),
      );
    demand(
      repaired.kind === 'head' && repaired.consumed === strict.length,
      'repair leaves a strict head as long as it is',
      repaired,
    );
  }
  if (repaired.kind !== 'head') return;
  demand(
    repaired.consumed <= text.length && repaired.head.length <= 2 * repaired.consumed + 8,
    'a repaired head does not grow',
    repaired,
  );
  const read = readResponseHead(repaired.head, ROOMY);
  demand(read !== 'need-more', 'a repaired head is whole', repaired.head);
  demand(
    read !== 'malformed' || /\r\n(?:content-length|transfer-encoding|connection|upgrade):/i.test(repaired.head),
    'a repaired head is strict, but for its framing and its lists',
    repaired.head,
  );
  const again = repairResponseHead(repaired.head, 2 * repaired.head.length);
  demand(again.kind === 'head' && again.head === repaired.head, 'a repaired head is not repaired again', again);
  checkWritten(Buffer.from(repaired.head, 'latin1'));
}

function checkWritten(data: Buffer): void {
  const head = new ResponseHead(LIMITS);
  const length = head.parse(data, 0, data.length);
  if (length <= 0) return;
  const body = head.bodyLength(false);
  writer.pos = 0;
  writeResponse(writer, data, head, { via: VIA, chunked: body === CHUNKED_BODY, connection: 'Connection: close\r\n' });
  const out = writer.out.toString('latin1', 0, writer.pos);
  const again = readResponseHead(out, ROOMY);
  demand(
    again !== 'need-more' && again !== 'malformed' && again.length === out.length,
    'what is written is one strict head',
    out,
  );
  if (again === 'need-more' || again === 'malformed') return;
  demand(
    again.status === head.status && (body === 0 || again.body === body),
    'status and framing are what was read',
    out,
  );
  demand(!again.keepAlive, 'the client is told what becomes of its connection', out);
  demand(out.length <= length + 200, 'a head does not grow', out.length);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
