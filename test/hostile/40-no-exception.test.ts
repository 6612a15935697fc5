/**
 * Requirement 40: no input raises an uncaught exception. Real requests, damaged in every way, at the real control and data
 * threads, with an origin that damages its answers likewise: afterwards the same threads serve.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startControl } from '../../src/workers/control-thread.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { parseMetrics } from '../support/metrics-text.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { open, statuses, tell } from './support/connection.ts';
import { testConfig } from './support/proxy.ts';
import { hostileSuite } from './support/suite.ts';
import { Upstream } from './support/upstream.ts';

const here: { control?: Control } = {};
const upstream = new Upstream();
const log = memoryLog();
const state = temporaryDirectory();

beforeAll(async () => {
  await upstream.listen();
  const config = testConfig({ timeouts: { header: 0.2, body: 0.2, firstByte: 0.2, idle: 0.2, connect: 0.2, tunnelIdle: 0.2 }, limits: { requestLine: 512, headerBytes: 1024, responseHeadBytes: 1024, headerCount: 16 } });
  here.control = await startControl({ ...config, admin: { ...config.admin, port: 0 }, state: { directory: state.path }, workers: 2 }, { log, version: 'test' });
});
afterAll(async () => {
  await here.control!.drain(0);
  await upstream.close();
  state[Symbol.dispose]();
});

const PIECES = ['\r\n', '\n', '\r', '\r\n\r\n', '\0', ' ', '\t', ':', ',', ';', '%', '%00', '0', '-1', '99999999999999999999', 'f', 'chunked', 'HTTP/1.1', 'HTTP/0.9', 'http://', '@', '#', '[', ']', '\u00ff', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close, upgrade\r\n', 'Upgrade: websocket\r\n', 'Host: x\r\n', '0\r\n\r\n', '5\r\nhello\r\n', 'x'.repeat(600), 'a: b\r\n'.repeat(20)];

const requests = (): string[] => [
  `GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
  `POST ${upstream.url}/a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`,
  `POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n`,
  `GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, X-A\r\nX-A: 1\r\nUpgrade: websocket\r\n\r\nframes`,
  `CONNECT ${upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n\u0016\u0003\u0001`,
  `OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 1\r\n\r\n`,
  `HEAD ${upstream.url}/ HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: NTLM x\r\n\r\n`,
  `GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=a\r\nVia: 1.1 a, 1.0 b (c)\r\n\r\n`,
];
const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes',
  'ICY 200 OK\r\nA : b\r\n c\r\n\r\nok',
  'HTTP/1.0 304 Not Modified\r\nContent-Length: 5\r\nWWW-Authenticate: NTLM\r\n\r\n',
];

/** What is done to a text: pieces put in, cut out, doubled. */
const damage = fc.array(fc.record({ at: fc.nat(1000), cut: fc.nat(8), piece: fc.constantFrom('', ...PIECES) }), { maxLength: 4 });

function damaged(text: string, changes: readonly { at: number; cut: number; piece: string }[]): string {
  return changes.reduce((whole, { at, cut, piece }) => {
    const from = at % (whole.length + 1);
    return whole.slice(0, from) + piece + whole.slice(from + cut);
  }, text);
}

async function converse(bytes: string, cuts: readonly number[], end: string): Promise<void> {
  const client = await open(here.control!.ports![0]!);
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < points.length; i++) {
    client.send(bytes.slice(points[i - 1], points[i]));
    await new Promise(setImmediate);
  }
  if (end === 'fin') client.end();
  else if (end === 'rst') client.reset();
  if (end !== 'rst') await client.over();
  client.destroy();
}

async function metrics(): Promise<Map<string, number>> {
  const { address, port } = here.control!.admin;
  return parseMetrics(await (await fetch(`http://${address}:${port}/metrics`)).text());
}

async function alive(): Promise<void> {
  upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  for (let i = 0; i < 8; i++) {
    const { received } = await tell(here.control!.ports![0]!, `GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(statuses(received)).toEqual([200]);
  }
  expect(log.events.filter(({ level }) => level === 'error')).toEqual([]);
  expect((await metrics()).get('cleanfeed_worker_restarts_total')).toBe(0);
  // Nobody is forgotten: every connection has come to its end.
  await eventually('no client is connected', async () => (await metrics()).get('cleanfeed_connections{listener="explicit"}'), (count) => count === 0);
}

describe('requirement 40: no input raises an uncaught exception', () => {
  test('damaged requests and damaged answers', async () => {
    const exchange = fc.record({ request: fc.nat(7), answer: fc.nat(5), inRequest: damage, inAnswer: damage, cuts: fc.array(fc.nat(300), { maxLength: 3 }), end: fc.constantFrom('fin', 'rst', 'wait') });
    await fc.assert(
      fc.asyncProperty(fc.array(exchange, { minLength: 20, maxLength: 20 }), async (exchanges) => {
        let next = 0;
        upstream.answer = (connection) => {
          const { answer, inAnswer } = exchanges[next++ % exchanges.length]!;
          connection.send(damaged(ANSWERS[answer]!, inAnswer));
          if (inAnswer.length % 2 === 0) connection.end();
        };
        await Promise.all(exchanges.map(async ({ request, inRequest, cuts, end }) => await converse(damaged(requests()[request]!, inRequest), cuts, end)));
      }),
      { numRuns: 40 },
    );
    await alive();
  });

  test('noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (bytes) => {
        const client = await open(here.control!.ports![0]!);
        client.send(bytes).end();
        await client.over();
        client.destroy();
      }),
      { numRuns: 100 },
    );
    await alive();
  });
});

describe('requirement 40: no input takes long', () => {
  const suite = hostileSuite({ list: '127.0.0.1/listed\n' });
  const long = (piece: string): string => piece.repeat(Math.floor(60_000 / piece.length));
  const values = [' ', '\t', ',', ', ', 'a,', '"', '\\', '(', ';q=', 'a ', '\u00a0', '%25', '%', '/../', '=', 'h2c,', '-', '0'];
  const names = ['Accept', 'Accept-Language', 'Via', 'Connection', 'Upgrade', 'X-Forwarded-For', 'Forwarded', 'Max-Forwards', 'Authorization', 'Expect', 'TE', 'Transfer-Encoding', 'Content-Length', 'Host'];
  test.each(names)('%s', async (name) => {
    const before = process.cpuUsage().user;
    for (const value of values) {
      for (const path of ['/', '/listed']) {
        const upgrade = name === 'Upgrade' ? 'Connection: upgrade\r\n' : 'Connection: close\r\n';
        const received = await suite.ask(`OPTIONS ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${upgrade}${name}: x${long(value)}x\r\n\r\n`, '\r\n\r\n');
        expect(statuses(received)).toHaveLength(1);
      }
    }
    // Seconds where something goes back and forth over the value; a few milliseconds each otherwise.
    expect((process.cpuUsage().user - before) / values.length).toBeLessThan(300_000);
  });
});
