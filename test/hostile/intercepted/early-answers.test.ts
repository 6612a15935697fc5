/**
 * Requirement 61, intercepted: an origin that answers before it has read the body, and reads on. Its connection gets no other request, and what is still on
 * its way to it arrives.
 */
import { expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { hostileSuite } from '../support/suite.ts';
import { OK } from '../support/upstream.ts';

/** More than a peer that does not read has room for, and less than the system takes for it. */
const BODY = 'x'.repeat(300_000);
const HEAD = `POST /upload HTTP/1.1\r\nHost: listed.example\r\nContent-Length: ${BODY.length}\r\n\r\n`;
const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';

const suite = hostileSuite({ list: 'http://listed.example/page?*' });

test('a body that the origin reads behind its answer arrives whole, and the next request comes on another connection', async () => {
  const { upstream, proxy } = suite;
  upstream.automatic = false;
  const client = await suite.client();
  await client.send(`CONNECT ${upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
  client.received = '';
  const before = proxy.bytes('upstream_out');
  client.send(HEAD);
  await upstream.until(({ bytes }) => bytes === HEAD);
  const first = upstream.last;
  first.socket.pause();
  client.send(BODY);
  await eventually(
    'the whole request is with the system',
    () => proxy.bytes('upstream_out') - before === HEAD.length + BODY.length,
  );
  first.send(OK);
  await client.has('ok');
  client.send(GET);
  await eventually('another connection', () => upstream.connections.length === 2);
  first.socket.resume();
  await first.over();
  expect([first.received === HEAD + BODY, first.received.length, first.ending]).toEqual([
    true,
    HEAD.length + BODY.length,
    'end',
  ]);
  const [, second] = upstream.connections;
  await upstream.until(() => second?.received === GET);
  second?.send(OK);
  await client.has('ok', 2);
  expect([client.received, client.ending]).toEqual([OK + OK, null]);
});
