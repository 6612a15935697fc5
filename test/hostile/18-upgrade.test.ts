/** Requirement 18: Upgrade is a request like any other until the origin says 101 to one that asked (RFC 9110 §7.8). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const suite = hostileSuite({ list: '127.0.0.1/listed\n' });
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const upgrade = (fields: readonly string[], path = '/'): string => suite.get(path, ...fields);
const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket'];

describe('requirement 18: Upgrade', () => {
  test('a tunnel after 101, both ways, early bytes of either side included', async () => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send(`${SWITCHED}early`);
    const client = await suite.client();
    client.send(`${upgrade(WEBSOCKET)}first`);
    await client.has('early');
    await upstream.last.has('first');
    expect(client.received).toMatch(
      /^HTTP\/1\.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nVia: [^]*\r\n\r\nearly$/,
    );
    upstream.last.send('down');
    client.send('GET http://x/ HTTP/1.1\r\n\r\n');
    await client.has('down');
    await upstream.last.has('GET http://x/ HTTP/1.1');
    expect(upstream.take()).toBe(
      `${forwarded('GET / HTTP/1.1', upstream.authority, [], ['Connection: Upgrade', 'Upgrade: websocket'])}firstGET http://x/ HTTP/1.1\r\n\r\n`,
    );
  });

  test('judged like a GET first', async () => {
    expect(statuses(await suite.ask(upgrade([...WEBSOCKET, 'Connection: close'], '/listed')))).toEqual([403]);
    await suite.nothingForwarded();
  });

  test('what follows is a request again where the origin does not switch', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(upgrade(WEBSOCKET) + upgrade([], '/listed'));
    await client.until(({ received }) => statuses(received).length === 2);
    expect(statuses(client.received)).toEqual([200, 403]);
    expect(upstream.take()).not.toContain('/listed');
  });

  const stripped: [fields: string[], want: string | null][] = [
    [['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'], null],
    [['Connection: Upgrade', 'Upgrade: H2C'], null],
    [['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: x'], null],
    [['Connection: Upgrade', 'Upgrade: h2c/2'], null],
    [['Connection: Upgrade', 'Upgrade: HTTP/2.0'], null],
    [['Connection: Upgrade', 'Upgrade: "h2c", h2c;q=1, h2c-14, http'], null],
    [['Connection: Upgrade', 'Upgrade: h2'], null],
    [['Connection: Upgrade', 'Upgrade: websocket, h2c'], 'websocket'],
    [['Connection: Upgrade', 'Upgrade: H2C, websocket'], 'websocket'],
    [['Connection: Upgrade', 'Upgrade: foo/2, websocket'], 'websocket'],
    [['Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket'], 'websocket'],
    [['Connection: Upgrade', 'Upgrade:'], null],
    [['Connection: Upgrade', 'Upgrade: ,'], null],
    [['Upgrade: websocket'], null],
    [['Connection: close', 'Upgrade: websocket'], null],
    [['Connection: Upgrade'], null],
  ];
  test.each(stripped)('%j becomes %j', async (fields, want) => {
    const { upstream } = suite;
    await suite.ask(upgrade(fields), 'ok');
    expect(upstream.take()).toBe(
      forwarded(
        'GET / HTTP/1.1',
        upstream.authority,
        [],
        want === null ? [] : ['Connection: Upgrade', `Upgrade: ${want}`],
      ),
    );
  });

  test('not from HTTP/1.0', async () => {
    const { upstream } = suite;
    await suite.ask(upgrade(WEBSOCKET).replace('HTTP/1.1', 'HTTP/1.0'));
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority).replace('Via: 1.1', 'Via: 1.0'));
  });

  const unsolicited: [name: string, fields: string[], answer: string][] = [
    ['nobody asked', [], SWITCHED],
    ['only h2c was asked for', ['Connection: Upgrade', 'Upgrade: h2c'], SWITCHED.replace('websocket', 'h2c')],
    ['another protocol', WEBSOCKET, SWITCHED.replace('websocket', 'h2c')],
    ['one too many', WEBSOCKET, SWITCHED.replace('websocket', 'websocket, h2c')],
    ['no protocol', WEBSOCKET, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'],
    ['an empty one', WEBSOCKET, SWITCHED.replace('websocket', '')],
    ['it was not a connection option', ['Upgrade: websocket'], SWITCHED],
  ];
  test.each(unsolicited)('101 though %s: 502, no tunnel', async (_, fields, answer) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send(answer);
    const client = await suite.client();
    client.send(upgrade(fields));
    await client.has('error=http_protocol_error');
    expect(statuses(client.received)).toEqual([502]);
    await upstream.last.over();
    expect(upstream.requests).toHaveLength(1);
    upstream.answer = OK;
    client.send(upgrade([], '/listed'));
    await client.until(({ received }) => statuses(received).length === 2);
    expect(statuses(client.received)).toEqual([502, 403]);
  });

  test('101 to a client of HTTP/1.0: 502', async () => {
    suite.upstream.answer = (connection) => void connection.send(SWITCHED);
    expect(statuses(await suite.ask(upgrade(WEBSOCKET).replace('HTTP/1.1', 'HTTP/1.0')))).toEqual([502]);
  });

  test('the tunnel ends with either side', async () => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send(SWITCHED);
    const one = await suite.client();
    await one.send(upgrade(WEBSOCKET)).has('\r\n\r\n');
    one.reset();
    await upstream.last.over();
    const two = await suite.client();
    await two.send(upgrade(WEBSOCKET)).has('\r\n\r\n');
    upstream.last.reset();
    await two.over();
    expect(two.ending).toBe('reset');
  });

  test('101 before the request has come whole: 502', async () => {
    const { upstream } = suite;
    upstream.onHead = (connection) => void connection.send(SWITCHED);
    const client = await suite.client();
    client.send(upgrade([...WEBSOCKET, 'Content-Length: 10']));
    await client.over();
    expect(statuses(client.received)).toEqual([502]);
    await upstream.last.over();
  });

  // Was a bug: they were copied into a buffer that was too small for them, and the thread died of a RangeError.
  test('a great many bytes right behind 101', async () => {
    const { upstream } = suite;
    const early = 'e'.repeat(4 * 1024 * 1024);
    // A large answer first, for the kernel to widen the connection's receive buffer.
    upstream.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${16 * 1024 * 1024}\r\n\r\n${'b'.repeat(16 * 1024 * 1024)}`;
    const first = await suite.client();
    first.send(upgrade([]));
    await first.until(({ received }) => received.length > 16 * 1024 * 1024);
    upstream.answer = (connection) =>
      void connection.send(SWITCHED.replace('Connection', `X: ${'p'.repeat(120_000)}\r\nConnection`) + early);
    const client = await suite.client();
    client.send(upgrade(WEBSOCKET));
    await client.until(({ received }) => received.length >= early.length && received.endsWith('e'));
    await client.until(({ received }) => received.length - received.lastIndexOf('\r\n\r\n') - 4 === early.length);
    expect(statuses(client.received)).toEqual([101]);
  });

  test('a 101 never comes with a length', async () => {
    suite.upstream.answer = (connection) =>
      void connection.send(SWITCHED.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nearly'));
    const client = await suite.client();
    client.send(upgrade(WEBSOCKET));
    await client.has('early');
    expect(client.received).not.toContain('Content-Length');
  });
});
