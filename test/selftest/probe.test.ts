/** One request to something that listens, for real: the answer whole, too long, none. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { probe } from '../../src/selftest/probe.ts';
import { freePort } from '../support/free-port.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const NONE = Buffer.alloc(0);
const REQUEST = Buffer.from('GET http://listed.example/ HTTP/1.1\r\nHost: listed.example\r\n\r\n');
const PLAIN = { from: null, endsWithRequest: false };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listener(serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    closing.push(() => socket.destroy());
    serve(socket);
  });
  closing.push(() => server.close());
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('the request goes out as it is, the answer comes back whole', async () => {
  const port = await listener((socket) => {
    socket.once('data', (bytes: Buffer) => {
      socket.write('HTTP/1.1 403 Forbidden\r\n\r\n');
      socket.end(bytes);
    });
  });
  expect(await probe({ address: '0.0.0.0', port, preface: NONE, ...PLAIN }, REQUEST)).toEqual({
    kind: 'answer',
    bytes: Buffer.concat([Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\n'), REQUEST]),
  });
});

test('what a listener wants first goes out before the request', async () => {
  const port = await listener((socket) => socket.once('data', (bytes: Buffer) => socket.end(bytes)));
  const answer = await probe(
    { address: '127.0.0.1', port, preface: Buffer.from('PROXY UNKNOWN\r\n'), ...PLAIN },
    REQUEST,
  );
  expect(answer).toEqual({
    kind: 'answer',
    bytes: Buffer.concat([Buffer.from('PROXY UNKNOWN\r\n'), REQUEST]),
  });
});

test('of an answer that does not end the beginning is taken', async () => {
  const port = await listener((socket) => {
    const more = (): void => {
      while (socket.writable && socket.write(Buffer.alloc(65_536, 'x')));
    };
    socket.on('drain', more);
    more();
  });
  const answer = await probe({ address: '127.0.0.1', port, preface: NONE, ...PLAIN }, REQUEST);
  expect(answer.kind === 'answer' && answer.bytes.length).toBeGreaterThanOrEqual(256 * 1024);
});

test('nobody listens; nothing comes', async () => {
  const none = await freePort();
  expect(await probe({ address: '127.0.0.1', port: none, preface: NONE, ...PLAIN }, REQUEST)).toEqual({
    kind: 'none',
    code: 'ECONNREFUSED',
  });
  const silent = await listener((socket) => socket.resume().end());
  expect(await probe({ address: '127.0.0.1', port: silent, preface: NONE, ...PLAIN }, REQUEST)).toEqual({
    kind: 'none',
    code: 'CLOSED',
  });
});

test('what does not come in its time is not waited for', async () => {
  const time = new VirtualTime();
  const came = Promise.withResolvers<void>();
  const port = await listener((socket) => socket.on('data', () => came.resolve()));
  const asked = probe({ address: '127.0.0.1', port, preface: NONE, ...PLAIN }, REQUEST, time);
  await came.promise;
  await time.advance(DEADLINES.selftest.answerMs);
  expect(await asked).toEqual({ kind: 'none', code: 'TIMEOUT' });
});

test('it comes from the address that it is told to', async () => {
  const port = await listener((socket) => socket.end(String(socket.remoteAddress)));
  const endpoint = { address: '127.0.0.1', port, preface: NONE, from: '127.255.255.254', endsWithRequest: false };
  expect(await probe(endpoint, REQUEST)).toEqual({ kind: 'answer', bytes: Buffer.from('127.255.255.254') });
});

test('a listener that waits for the end of the request gets it', async () => {
  const port = await listener((socket) => socket.on('end', () => socket.end('answer')).resume());
  const endpoint = { address: '127.0.0.1', port, preface: NONE, from: null, endsWithRequest: true };
  expect(await probe(endpoint, REQUEST)).toEqual({ kind: 'answer', bytes: Buffer.from('answer') });
});
