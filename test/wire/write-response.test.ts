import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connectionNames } from '../../src/wire/connection-field.ts';
import { HeadWriter } from '../../src/wire/head-writer.ts';
import { CHUNKED_BODY, ResponseHead, UNTIL_CLOSE } from '../../src/wire/response-head.ts';
import { repairResponseHead } from '../../src/wire/response-repair.ts';
import { writeResponse } from '../../src/wire/write-response.ts';
import { readResponseHead } from '../support/reference/read-response-head.ts';
import type { ReadResponse } from '../support/reference/read-response-head.ts';
import { responseHeadText } from './made-up-head.ts';

const LIMITS = { responseHeadBytes: 800, headerCount: 12 };
const VIA = 'Via: 1.1 pseudonym\r\n';

/** As the relay does it: chunked goes out chunked. Null: refused. */
function write(text: string, connection = ''): string | null {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead(LIMITS);
  if (head.parse(bytes, 0, bytes.length) <= 0) return null;
  const writer = new HeadWriter(Buffer.alloc(4096));
  writeResponse(writer, bytes, head, {
    via: Buffer.from(VIA),
    chunked: head.bodyLength(false) === CHUNKED_BODY,
    connection,
  });
  return writer.out.toString('latin1', 0, writer.pos);
}

describe('a response written for the client', () => {
  test.each<[name: string, text: string, want: string]>([
    ['plain', 'HTTP/1.0 200 Fine\r\nA:b\r\n\r\n', `HTTP/1.1 200 Fine\r\nA:b\r\n${VIA}\r\n`],
    ['no reason, and no space before it', 'HTTP/1.1 404\r\nA: b\r\n\r\n', `HTTP/1.1 404 \r\nA: b\r\n${VIA}\r\n`],
    ['no reason', 'HTTP/1.1 404 \r\n\r\n', `HTTP/1.1 404 \r\n${VIA}\r\n`],
    [
      'hop-by-hop fields',
      'HTTP/1.1 200 OK\r\nConnection: x\r\nX: 1\r\nKeep-Alive: 2\r\nTrailer: t\r\nUpgrade: u\r\nProxy-Authenticate: p\r\nY: 3\r\n\r\n',
      `HTTP/1.1 200 OK\r\nY: 3\r\n${VIA}\r\n`,
    ],
    [
      'one length of several',
      'HTTP/1.1 200 OK\r\nContent-Length: 005\r\nA: b\r\nContent-Length: 5\r\n\r\n',
      `HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n${VIA}\r\n`,
    ],
    [
      'a length in canonical form',
      'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 005\r\nC: d\r\n\r\n',
      `HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\nC: d\r\n${VIA}\r\n`,
    ],
    [
      'a coding beside a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${VIA}\r\n`,
    ],
    [
      'what Connection may not name away',
      'HTTP/1.1 200 OK\r\nConnection: content-length, set-cookie\r\nContent-Length: 5\r\nSet-Cookie: a\r\n\r\n',
      `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a\r\n${VIA}\r\n`,
    ],
  ])('%s', (_name, text, want) => {
    expect(write(text)).toBe(want);
  });

  test('what becomes of the connection is said behind the fields', () => {
    expect(write('HTTP/1.1 200 OK\r\nA: b\r\n\r\n', 'Connection: close\r\n')).toBe(
      `HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n${VIA}\r\n`,
    );
  });

  test('parses strictly again, with the framing that was read; repaired ones too', () => {
    let written = 0;
    fc.assert(
      fc.property(responseHeadText, (received) => {
        const repaired = repairResponseHead(received, 800);
        for (const text of [received, repaired.kind === 'head' ? repaired.head : '']) {
          const out = write(text);
          if (out === null) continue;
          written++;
          const read = readResponseHead(text, LIMITS) as ReadResponse;
          // Framing of what has no body is not said (RFC 9110 §8.6, RFC 9112 §6.1).
          const hasFraming = read.status >= 200 && read.status !== 204;
          const isChunked = read.body === CHUNKED_BODY && hasFraming && read.status !== 304;
          expect(readResponseHead(out, LIMITS)).toEqual({
            length: out.length,
            status: read.status,
            minor: 1,
            body: hasFraming && (isChunked || read.body !== CHUNKED_BODY) ? read.body : UNTIL_CLOSE,
            keepAlive: true,
            fields: [
              ...expectedFields(read, hasFraming),
              ...(isChunked ? [['transfer-encoding', 'chunked']] : []),
              ['via', '1.1 pseudonym'],
            ],
          });
        }
      }),
      { numRuns: 2000 },
    );
    expect(written).toBeGreaterThan(10);
  });
});

const HOP_BY_HOP = new Set([
  'transfer-encoding',
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'upgrade',
  'trailer',
  'proxy-authenticate',
  'proxy-authentication-info',
]);

/** One length at most, where the first canonical one stood, or else the first. */
function expectedFields({ fields, body }: ReadResponse, hasFraming: boolean): (readonly [string, string])[] {
  const named = connectionNames(fields.filter(([name]) => name === 'connection').map(([, value]) => value));
  const lengths = fields.flatMap(([name, value], index) =>
    name === 'content-length' ? [{ index, isCanonical: /^(?:0|[1-9]\d*)$/.test(value) }] : [],
  );
  const counts =
    body === CHUNKED_BODY || body === UNTIL_CLOSE
      ? undefined
      : (lengths.findLast(({ isCanonical }) => isCanonical) ?? lengths[0])?.index;
  return fields.flatMap(([name, value], index) => {
    if (name === 'content-length') return index === counts && hasFraming ? [[name, String(body)] as const] : [];
    return HOP_BY_HOP.has(name) || named.has(name) ? [] : [[name, value] as const];
  });
}
