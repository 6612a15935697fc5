/** Requirement 5: what may not stand in the target of a forward proxy (RFC 9110 §4.2.1, §4.2.4; RFC 3986 §3.2). */
import { describe, expect, test } from '@jest/globals';
import { BAD_PATHS, BAD_TARGETS } from './cases/request-target.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite();
const request = (target: string): string =>
  `GET ${target.replaceAll('AUTHORITY', suite.upstream.authority)} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirement 5: user info, fragment, empty host, other schemes', () => {
  test.each(named([...BAD_TARGETS, ...BAD_PATHS.map((path) => `http://AUTHORITY${path}`)]))(
    '$name: 400',
    async ({ input }) => {
      await suite.refused(request(input), 400);
    },
  );

  test.each(['http://user@AUTHORITY/', 'http://AUTHORITY/#f', 'http:///x', 'https://AUTHORITY/'])(
    'in any two pieces: %s',
    async (target) => {
      for (const pieces of everySplit(request(target))) await suite.refused(pieces, 400);
    },
  );

  // RFC 6455 §4.1: only an opening handshake has that scheme; libsoup and curl up to 8.20 send it to proxies so.
  const handshake = (target: string, fields = 'Connection: Upgrade\r\nUpgrade: WebSocket\r\n'): string =>
    request(target).replace('Host: x\r\n', `Host: x\r\n${fields}`);
  test('ws: in an opening handshake is served as http:', async () => {
    const { upstream } = suite;
    await suite.ask(handshake('WS://AUTHORITY/chat'), 'ok');
    expect(upstream.take()).toBe(
      forwarded('GET /chat HTTP/1.1', upstream.authority, ['Connection: Upgrade', 'Upgrade: WebSocket']),
    );
  });
  test.each([
    'wss://AUTHORITY/',
    'ftp://AUTHORITY/',
    'wsx://AUTHORITY/',
    'ws:AUTHORITY/',
    'ws:///',
    'ws://user@AUTHORITY/',
    'ws://AUTHORITY/#f',
  ])('in an opening handshake, too: %s', async (target) => {
    await suite.refused(handshake(target), 400);
  });
  test.each([
    'Upgrade: websocket\r\n',
    'Connection: Upgrade\r\n',
    'Connection: Upgrade\r\nUpgrade: h2c, websockets\r\n',
  ])('ws: without an opening handshake: %j', async (fields) => {
    await suite.refused(handshake('ws://AUTHORITY/', fields), 400);
  });

  // Was a fault: whatever the method was, it was served.
  test.each(['POST', 'HEAD', 'OPTIONS', 'QUERY'])('ws: of a request with %s', async (method) => {
    await suite.refused(handshake('ws://AUTHORITY/').replace('GET', method), 400);
  });

  const good = [
    ['http://AUTHORITY/a@b', '/a@b'],
    ['http://AUTHORITY/?a@b:c', '/?a@b:c'],
    ['http://AUTHORITY?x', '/?x'],
    ['http://AUTHORITY?@', '/?@'],
    ['HTTP://AUTHORITY//', '//'],
    ['http://AUTHORITY/http://user@x/', '/http://user@x/'],
  ] as const;
  test.each(good)('is served: %s', async (target, path) => {
    const { upstream } = suite;
    await suite.ask(request(target), 'ok');
    expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
  });
});
