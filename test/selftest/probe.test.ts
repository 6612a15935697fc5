/** One request to something that listens, for real: the answer whole, too long, none. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello';
import { harmlessRequest, listedRequest, probe } from '../../src/selftest/probe.ts';
import { freePort } from '../support/free-port.ts';

const NONE = Buffer.alloc(0);
const PROXY = { takenFor: 'proxy', refusesTlsBy: 'alert' } as const;
const ORIGIN = { takenFor: 'origin', refusesTlsBy: 'alert' } as const;

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
  const { bytes } = await listedRequest('http://listed.example:8080/a?b=c#d', PROXY);
  expect(
    await probe(
      { address: '0.0.0.0', port, preface: NONE, from: null, takenFor: 'proxy', refusesTlsBy: 'alert' },
      bytes,
    ),
  ).toEqual({
    kind: 'answer',
    bytes: Buffer.from(
      'HTTP/1.1 403 Forbidden\r\n\r\nGET http://listed.example:8080/a?b=c HTTP/1.1\r\nHost: listed.example:8080\r\nConnection: close\r\n\r\n',
    ),
  });
});

test('what a listener wants first goes out before the request', async () => {
  const port = await listener((socket) => socket.once('data', (bytes: Buffer) => socket.end(bytes)));
  const answer = await probe(
    {
      address: '127.0.0.1',
      port,
      preface: Buffer.from('PROXY UNKNOWN\r\n'),
      from: null,
      ...PROXY,
      refusesTlsBy: 'alert',
    },
    harmlessRequest('proxy'),
  );
  expect(answer).toEqual({
    kind: 'answer',
    bytes: Buffer.concat([Buffer.from('PROXY UNKNOWN\r\n'), harmlessRequest('proxy')]),
  });
});

test('the harmless one goes no further than the proxy', () => {
  expect(harmlessRequest('proxy').toString()).toBe(
    'OPTIONS http://harmless.cleanfeed.invalid/ HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n',
  );
});

test('of an answer that does not end the beginning is taken', async () => {
  const port = await listener((socket) => {
    const more = (): void => {
      while (socket.writable && socket.write(Buffer.alloc(65_536, 'x')));
    };
    socket.on('drain', more);
    more();
  });
  const answer = await probe(
    { address: '127.0.0.1', port, preface: NONE, from: null, takenFor: 'proxy', refusesTlsBy: 'alert' },
    harmlessRequest('proxy'),
  );
  expect(answer.kind === 'answer' && answer.bytes.length).toBeGreaterThanOrEqual(256 * 1024);
});

test('nobody listens; nothing comes', async () => {
  const none = await freePort();
  expect(
    await probe(
      { address: '127.0.0.1', port: none, preface: NONE, from: null, takenFor: 'proxy', refusesTlsBy: 'alert' },
      harmlessRequest('proxy'),
    ),
  ).toEqual({
    kind: 'none',
    code: 'ECONNREFUSED',
  });
  const silent = await listener((socket) => socket.resume().end());
  expect(
    await probe(
      { address: '127.0.0.1', port: silent, preface: NONE, from: null, takenFor: 'proxy', refusesTlsBy: 'alert' },
      harmlessRequest('proxy'),
    ),
  ).toEqual({
    kind: 'none',
    code: 'CLOSED',
  });
});

test('to what is taken for an origin goes what clients send to an origin', async () => {
  expect(harmlessRequest('origin').toString()).toBe(
    'GET / HTTP/1.1\r\nHost: harmless.cleanfeed.invalid\r\nConnection: close\r\n\r\n',
  );
  const page = await listedRequest('http://listed.example/a?b=c#d', ORIGIN);
  expect({ ...page, bytes: page.bytes.toString() }).toEqual({
    kind: 'page',
    bytes: 'GET /a?b=c HTTP/1.1\r\nHost: listed.example\r\nConnection: close\r\n\r\n',
  });
  const { bytes, kind } = await listedRequest('https://listed.example/', ORIGIN);
  expect(kind).toBe('tls');
  expect((await listedRequest('https://listed.example/', { ...ORIGIN, refusesTlsBy: 'reset' })).kind).toBe('page');
  const hello = await readTlsClientHello(Readable.from([bytes], { objectMode: false }));
  expect(getExtensionData(hello, 'sni')).toEqual({ serverName: 'listed.example' });
});

test('it comes from the address that it is told to', async () => {
  const port = await listener((socket) => socket.end(String(socket.remoteAddress)));
  expect(
    await probe(
      { address: '127.0.0.1', port, preface: NONE, from: '127.255.255.254', takenFor: 'origin', refusesTlsBy: 'alert' },
      harmlessRequest('origin'),
    ),
  ).toEqual({ kind: 'answer', bytes: Buffer.from('127.255.255.254') });
});
