/**
 * The head parser and the rewriting of heads: what every request pays before and after the verdict. Heads as curl, wrk and
 * Chromium send them through a proxy, and the answer of an nginx.
 */
import { strict as assert } from 'node:assert';
import { browserHead } from '../data/browser-head.ts';
import { HeadWriter } from '../../src/wire/head-writer.ts';
import { RequestHead } from '../../src/wire/request-head.ts';
import { RequestTarget } from '../../src/wire/request-target.ts';
import { ResponseHead } from '../../src/wire/response-head.ts';
import { writeRequest } from '../../src/wire/write-request.ts';
import { writeResponse } from '../../src/wire/write-response.ts';
import type { Bench, BenchCase } from './harness.ts';

const LIMITS = { requestLineBytes: 16_384, headerBytes: 65_536, headerCount: 128, responseHeadBytes: 131_072 };

const CURL = head([
  'GET http://www.example/a/b.html?x=1 HTTP/1.1',
  'Host: www.example',
  'User-Agent: curl/8.14.1',
  'Accept: */*',
  'Proxy-Connection: Keep-Alive',
]);
/** 1.4 KB, fourteen fields. */
const CHROMIUM = Buffer.from(browserHead('shop.localhost', '/assets/photo-3f9c1b7d.avif?v=2026-11'), 'latin1');
const NGINX = head([
  'HTTP/1.1 200 OK',
  'Server: nginx/1.26.3',
  'Date: Tue, 24 Nov 2026 12:00:00 GMT',
  'Content-Type: text/plain',
  'Content-Length: 100',
  'Last-Modified: Tue, 24 Nov 2026 11:00:00 GMT',
  'Connection: keep-alive',
  'ETag: "67431a2f-64"',
  'Accept-Ranges: bytes',
]);

export function bench(): Bench {
  const parser = new RequestHead(LIMITS);
  const target = new RequestTarget();
  const response = new ResponseHead(LIMITS);
  const writer = new HeadWriter(Buffer.alloc(262_144));
  const via = Buffer.from('Via: 1.1 cf-0123456789ab\r\n');
  const rewrite = { host: 'www.example', via, forwarded: 'append' as const, client: '192.0.2.1', upgrade: null };

  const parse = (buf: Buffer): number => {
    parser.begin(0);
    const after = parser.parse(buf, buf.length);
    return after > 0 && target.parseAbsolute(buf, parser.targetStart, parser.targetEnd) ? after : -1;
  };
  const parseAndWrite = (buf: Buffer): number => {
    parse(buf);
    writer.pos = 0;
    writeRequest(writer, buf, parser, target, rewrite);
    return writer.pos;
  };
  const answer = (buf: Buffer): number => {
    response.parse(buf, 0, buf.length);
    writer.pos = 0;
    writeResponse(writer, buf, response, { via, chunked: false, connection: '' });
    return writer.pos;
  };

  return {
    name: 'request head',
    cases: [
      repeated(
        'parse, curl',
        () => parse(CURL),
        () => assert.equal(parse(CURL), CURL.length),
      ),
      repeated(
        'parse, head of a browser',
        () => parse(CHROMIUM),
        () => {
          assert.equal(parse(CHROMIUM), CHROMIUM.length);
          assert.equal(parser.fields.count, 14);
        },
      ),
      repeated(
        'parse and rewrite, head of a browser',
        () => parseAndWrite(CHROMIUM),
        () => {
          parseAndWrite(CHROMIUM);
          const out = writer.out.toString('latin1', 0, writer.pos);
          assert.match(
            out,
            /^GET \/assets\/photo-3f9c1b7d\.avif\?v=2026-11 HTTP\/1\.1\r\nHost: www\.example\r\nsec-ch-ua-platform/,
          );
          assert.match(
            out,
            /; csrf=[0-9a-f]{64}\r\nVia: 1\.1 cf-0123456789ab\r\nX-Forwarded-For: 192\.0\.2\.1\r\n\r\n$/,
          );
          assert.doesNotMatch(out, /Proxy-Connection/);
        },
      ),
      repeated(
        'parse and rewrite an answer, nginx',
        () => answer(NGINX),
        () => {
          answer(NGINX);
          const out = writer.out.toString('latin1', 0, writer.pos);
          assert.match(out, /^HTTP\/1\.1 200 OK\r\nServer: nginx/);
          assert.match(out, /Accept-Ranges: bytes\r\nVia: 1\.1 cf-0123456789ab\r\n\r\n$/);
          assert.doesNotMatch(out, /Connection/);
        },
      ),
    ],
  };
}

function repeated(name: string, operation: () => number, check: () => void): BenchCase {
  const run = (iterations: number): number => {
    let sum = 0;
    for (let i = 0; i < iterations; i++) sum += operation();
    return sum;
  };
  return { name, budget: null, check, run };
}

function head(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
