/** What an intercepted request costs before and behind the verdict: classified, its head read, the head and the body of its answer observed. */
import { strict as assert } from 'node:assert';
import { browserHead } from '../data/browser-head.ts';
import { FIRST, firstBytes } from '../../src/wire/first-bytes.ts';
import { ObservedBody } from '../../src/wire/observed-body.ts';
import { ObservedRequest } from '../../src/wire/observed-request.ts';
import { ObservedResponse } from '../../src/wire/observed-response.ts';
import type { Bench, BenchCase } from './harness.ts';

const LIMITS = { requestLineBytes: 16_384, headerBytes: 65_536, headerCount: 128, responseHeadBytes: 131_072 };
const CHUNKS = { chunkExtensionBytes: 256, trailerBytes: 8192 };

const CURL = Buffer.from(
  'GET /a/b.html?x=1 HTTP/1.1\r\nHost: www.example\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n',
);
/** 1.4 KB, fourteen fields; in origin-form, as a browser without a proxy sends it. */
const CHROMIUM = Buffer.from(
  browserHead('shop.localhost', '/assets/photo-3f9c1b7d.avif?v=2026-11').replace('http://shop.localhost', ''),
  'latin1',
);
const BARE_LF = Buffer.from(CHROMIUM.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
const NGINX = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.26.3\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 100\r\nConnection: keep-alive\r\nETag: "67431a2f-64"\r\n\r\n',
);
const CHUNKED = Buffer.from(`${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(4)}0\r\n\r\n`, 'latin1');

export function bench(): Bench {
  const request = new ObservedRequest(LIMITS);
  const response = new ObservedResponse(LIMITS);
  const body = new ObservedBody(CHUNKS);
  const parse = (buf: Buffer): number => {
    request.begin(0);
    return request.parse(buf, buf.length);
  };
  const answer = (): number => response.parse(NGINX, 0, NGINX.length);
  const chunks = (): number => {
    body.begin(-1);
    return body.read(CHUNKED, 0, CHUNKED.length);
  };
  const hostOf = (buf: Buffer): string => buf.toString('latin1', request.hostStart, request.hostEnd);
  return {
    name: 'observed HTTP',
    cases: [
      repeated(
        'first bytes, browser',
        () => firstBytes(CHROMIUM, 0, CHROMIUM.length),
        () => assert.equal(firstBytes(CHROMIUM, 0, CHROMIUM.length), FIRST.http),
      ),
      repeated(
        'head, curl',
        () => parse(CURL),
        () => {
          assert.equal(parse(CURL), CURL.length);
          assert.equal(hostOf(CURL), 'www.example');
        },
      ),
      repeated(
        'head, browser',
        () => parse(CHROMIUM),
        () => {
          assert.equal(parse(CHROMIUM), CHROMIUM.length);
          assert.equal(hostOf(CHROMIUM), 'shop.localhost');
        },
      ),
      repeated(
        'head, browser, with bare LF',
        () => parse(BARE_LF),
        () => {
          assert.equal(parse(BARE_LF), BARE_LF.length);
          assert.equal(hostOf(BARE_LF), 'shop.localhost');
        },
      ),
      repeated('answer, nginx', answer, () => {
        assert.equal(answer(), NGINX.length);
        assert.equal(response.bodyLength(false), 100);
      }),
      repeated('64 KB in four chunks', chunks, () => {
        assert.equal(chunks(), CHUNKED.length);
        assert.ok(body.done);
      }),
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
