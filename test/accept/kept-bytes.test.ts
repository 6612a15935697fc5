/**
 * Short reads of several clients share memory (src/accept/client-reads.ts), and whoever keeps one of them keeps all of it: what waits
 * has to lie in memory of its own. Shown by writing over the memory that it came in, which nothing but these tests may do.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { HttpSession } from '../../src/accept/http/http-session.ts';
import { FirstBytes } from '../../src/accept/intercepted/first-bytes.ts';
import { ClientGate } from '../../src/accept/intercepted/client-gate.ts';
import { OpaqueSession } from '../../src/accept/intercepted/opaque-session.ts';
import { TlsSession } from '../../src/accept/intercepted/tls-session.ts';
import { StreamQuery } from '../../src/dns-front/stream-query.ts';
import { ReadBuffers } from '../../src/forward/read-buffers.ts';
import { Tunnel } from '../../src/forward/tunnel.ts';
import { UpstreamCapacity } from '../../src/forward/upstream-capacity.ts';
import { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import type { Origin } from '../../src/match/host-facts.ts';
import { Question } from '../../src/wire/dns-question.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { Fixture } from './intercepted/fixture.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage } from './stage.ts';

const PIECE_BYTES = 4096;
const ORIGIN = { host: '192.0.2.1', port: 443, key: '192.0.2.1:443', authority: '192.0.2.1:443' } as unknown as Origin;
const FIRST = 'GET http://a.example/first HTTP/1.1\r\nHost: a.example\r\n\r\n';
const SECOND = FIRST.replace('first', 'second');
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const resources = new Resources();
afterEach(async () => await resources.end());

/** Hands over bytes as a read that shares its memory, which others write to then; `before` that something else happens. */
function hear(
  taker: { clientBytes(bytes: Buffer): void },
  bytes: Buffer | string,
  before: () => void = () => undefined,
): void {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const start = 1000;
  Buffer.from(bytes as string, 'latin1').copy(piece, start);
  taker.clientBytes(piece.subarray(start, start + bytes.length));
  before();
  piece.fill('~');
}

function httpSession(stage: Stage): HttpSession {
  const { client, listener } = stage.connection;
  const host = { client, clientPort: 1024, listener, become: () => {}, holdOthersBack: () => {} };
  return new HttpSession(stage.context, host, new RecordingPort());
}

test('part of a head', () => {
  const stage = new Stage();
  const session = httpSession(stage);
  hear(session, FIRST.slice(0, 20));
  hear(session, FIRST.slice(20));
  stage.connected();
  stage.settle();
  expect(stage.upstream()?.socket.taken).toMatch(/^GET \/first HTTP\/1\.1\r\nHost: a\.example\r\n/);
});

test('a request whose origin is not there yet, and the one behind it', () => {
  const stage = new Stage();
  const session = httpSession(stage);
  hear(session, FIRST + SECOND);
  stage.connected();
  stage.settle();
  expect(stage.upstream()?.socket.taken).toMatch(/^GET \/first HTTP\/1\.1\r\nHost: a\.example\r\n/);
  stage.upstream()?.socket.push(Buffer.from(ANSWER));
  stage.settle();
  expect(stage.upstream()?.socket.taken).toMatch(/GET \/second HTTP\/1\.1\r\nHost: a\.example\r\n/);
});

test('an intercepted request whose origin is not there yet, from the next look of the timer on', () => {
  const fixture = new Fixture((...parts) => new FirstBytes(...parts));
  fixture.first.begin({ bytes: Buffer.alloc(0), hasEnded: false, upstream: null });
  hear(fixture.part, FIRST, () => fixture.part.tick());
  fixture.stage.connected();
  fixture.stage.settle();
  expect(fixture.upstream.socket.taken).toBe(FIRST);
});

test('an intercepted request whose origin is there at once is not copied for it', () => {
  const fixture = new Fixture((...parts) => new FirstBytes(...parts));
  fixture.first.begin({ bytes: Buffer.alloc(0), hasEnded: false, upstream: null });
  const made = jest.spyOn(Buffer, 'allocUnsafeSlow');
  resources.defer(async () => made.mockRestore());
  const bytes = Buffer.from(FIRST, 'latin1');
  const before = made.mock.calls.length;
  fixture.part.clientBytes(Buffer.concat([bytes, Buffer.alloc(PIECE_BYTES)]).subarray(0, bytes.length));
  fixture.stage.connected();
  fixture.stage.settle();
  expect(fixture.upstream.socket.taken).toBe(FIRST);
  expect(made.mock.calls.length).toBe(before);
});

test('what nobody judges, until its origin is there', () => {
  const fixture = new Fixture(
    (context, host, port, originSide) =>
      new OpaqueSession({ context, host, port, gate: new ClientGate({ context, host, originSide }) }, originSide),
  );
  fixture.first.begin({ bytes: Buffer.alloc(0), hasEnded: false, upstream: null }, ORIGIN);
  hear(fixture.first, '\0early');
  fixture.stage.connected();
  expect(fixture.upstream.socket.taken).toBe('\0early');
});

test('part of a ClientHello', () => {
  const hello = helloFor('other.example');
  const fixture = new Fixture((...parts) => new TlsSession(...parts));
  const upstream = fixture.stage.freshUpstream();
  fixture.first.begin({ bytes: Buffer.alloc(0), hasEnded: false, upstream: upstream.real, spentMs: 0 });
  hear(fixture.part, hello.subarray(0, 50));
  hear(fixture.part, hello.subarray(50));
  expect(Buffer.from(upstream.socket.taken, 'latin1').subarray(0, 50)).toEqual(hello.subarray(0, 50));
});

test('what the origin of a tunnel does not take', async () => {
  const held: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => held.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(async () => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  const stage = new Stage();
  const { port } = server.address() as AddressInfo;
  const capacity = new UpstreamCapacity(Infinity, { discardOldest: () => false });
  const upstream = new UpstreamConnection(
    (onread) => connect({ host: '127.0.0.1', port, onread }),
    { key: 'a', way: capacity.way },
    { buffers: new ReadBuffers(), counters: stage.context.counters, capacity },
  );
  resources.defer(async () => upstream.destroy());
  await once(upstream.socket, 'connect');
  const tunnel = new Tunnel(stage.context, new RecordingPort(), upstream, { firstMs: 1000 });
  while (upstream.unsent === 0) tunnel.clientBytes(Buffer.alloc(1024 * 1024));

  const written: Buffer[] = [];
  upstream.writeNow = (bytes) => void written.push(bytes);
  for (const byte of 'abc') hear(tunnel, byte);
  expect(Buffer.concat(written).toString()).toBe('abc');
  expect(written.map(({ buffer }) => buffer.byteLength)).toEqual([1, 1, 1]);
});

test('a question over TCP that waits for a resolver', () => {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES).fill('q');
  const { frame } = new StreamQuery(piece.subarray(0, 60), new Question(), null);
  piece.fill('~');
  expect(frame.toString()).toBe('q'.repeat(60));
});
