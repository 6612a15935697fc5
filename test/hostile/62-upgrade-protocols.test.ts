/** Requirement 62: a protocol is switched to only where the operator allowed it; any other is not even offered (RFC 9110 §7.8). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const LIST = '127.0.0.1/listed\n';
const switched = (protocol: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

/** What of the Upgrade field goes out. */
async function offered(suite: Suite, upgrade: string): Promise<string | null> {
  const { upstream } = suite;
  upstream.take();
  expect(statuses(await suite.ask(suite.get('/', 'Connection: Upgrade', `Upgrade: ${upgrade}`), 'ok'))).toEqual([200]);
  const [request = ''] = upstream.take().match(/^GET [^]*\r\n\r\n$/) ?? [];
  const [, protocols] = /\r\nConnection: Upgrade\r\nUpgrade: (.*)\r\n/.exec(request) ?? [];
  expect(request).toBe(
    forwarded(
      'GET / HTTP/1.1',
      upstream.authority,
      [],
      protocols === undefined ? [] : ['Connection: Upgrade', `Upgrade: ${protocols}`],
    ),
  );
  return protocols ?? null;
}

describe('requirement 62: unless told, WebSocket only', () => {
  const suite = hostileSuite({ list: LIST });

  test.each(['websocket', 'WebSocket', 'WEBSOCKET'])('%s is offered', async (protocol) => {
    expect(await offered(suite, protocol)).toBe(protocol);
  });

  const others = [
    'TLS/1.0',
    'TLS/1.2',
    'tls',
    'foo',
    'IRC/6.9',
    'websocket/13',
    'websockets',
    'xwebsocket',
    'connect-udp',
    'connect-ip',
    'ssh',
    'http',
    'HTTP/2.0',
    'h2c',
    'h2',
    'constructor',
  ];
  test.each(others)('%s is not: the request is an ordinary one', async (protocol) => {
    expect(await offered(suite, protocol)).toBeNull();
    expect(await offered(suite, `${protocol}, websocket`)).toBe('websocket');
    expect(await offered(suite, `,websocket ,${protocol}`)).toBe('websocket');
  });

  test.each(others)('101 to %s all the same: 502, and nothing flows', async (protocol) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send(switched(protocol));
    const client = await suite.client();
    const inside = `GET /listed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    await client.send(suite.get('/', 'Connection: Upgrade', `Upgrade: ${protocol}`)).has('error=http_protocol_error');
    await upstream.last.over();
    client.send(inside);
    await client.over();
    // What was meant for the tunnel is a request in the wrong form.
    expect(statuses(client.received)).toEqual([502, 400]);
    expect(upstream.bytes).not.toContain('/listed');
  });

  test('the response to a request whose Upgrade was not offered is an ordinary one, and so is what follows', async () => {
    const client = await suite.client();
    client.send(suite.get('/', 'Connection: Upgrade', 'Upgrade: TLS/1.0') + suite.get('/listed'));
    await client.until(({ received }) => statuses(received).length === 2);
    expect(statuses(client.received)).toEqual([200, 403]);
  });
});

describe('requirement 62: protocols the operator allows', () => {
  const suite = hostileSuite({ list: LIST, upgrade: { protocols: ['WebSocket', 'TLS/1.0', 'foo'] } });

  test.each([
    ['tls/1.0', 'tls/1.0'],
    ['TLS/1.1', null],
    ['TLS', null],
    ['foo', 'foo'],
    ['foo/2', null],
    ['FOO, bar, TLS/1.0', 'FOO, TLS/1.0'],
  ])('%s goes out as %j', async (sent, want) => {
    expect(await offered(suite, sent)).toBe(want);
  });

  test('one of them is a tunnel after 101', async () => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send(switched('TLS/1.0'));
    const client = await suite.client();
    await client.send(suite.get('/', 'Connection: Upgrade', 'Upgrade: tls/1.0')).has('101 Switching');
    client.send('to the origin');
    await upstream.last.has('to the origin');
    expect(statuses(client.received)).toEqual([101]);
  });
});

describe('requirement 62: no protocol at all', () => {
  const suite = hostileSuite({ upgrade: { protocols: [] } });

  test('WebSocket is not offered either', async () => {
    expect(await offered(suite, 'websocket')).toBeNull();
    suite.upstream.answer = (connection) => void connection.send(switched('websocket'));
    expect(statuses(await suite.ask(suite.get('/', 'Connection: Upgrade', 'Upgrade: websocket'), 'error='))).toEqual([
      502,
    ]);
    suite.upstream.answer = OK;
  });
});
