/** Requirement 34: on a listener that requires a PROXY header, listed senders alone say who the client is. */
import { describe, expect, test } from '@jest/globals';
import { LOCAL_HEADER, writeProxyHeader } from '../../src/wire/proxy-header.ts';
import { eventually } from '../support/eventually.ts';
import { sendPieces, statuses } from './support/connection.ts';
import { ManualTime } from './support/manual-time.ts';
import type { ProxySettings } from './support/proxy.ts';
import { everySplit, forwarded, hostileSuite, type Suite } from './support/suite.ts';

const BALANCER = '127.0.0.2';
const CLIENT = '192.0.2.7';
const LINE = `PROXY TCP4 ${CLIENT} 198.51.100.1 4711 3128\r\n`;

function fronted(settings: ProxySettings = {}): ProxySettings {
  return {
    listeners: [{ name: 'explicit', port: 0, proxyProtocol: { from: [`${BALANCER}/32`] } }],
    timeouts: { proxyHeader: '10m' },
    clients: { allow: ['127.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'] },
    ...settings,
  };
}

function binary(client: string, version: 1 | 2 = 2): string {
  const destination = { address: '198.51.100.1', port: 3128 };
  return writeProxyHeader(version, { source: { address: client, port: 4711 }, destination }).toString('latin1');
}

/** What the origin is told of a client. */
function toldOf(suite: Suite, client: string): string {
  return forwarded('GET / HTTP/1.1', suite.upstream.authority).replace('For: 127.0.0.1', `For: ${client}`);
}

/** A connection from there that begins so is closed without a word, and counted. */
async function turnedAway(suite: Suite, from: string, pieces: readonly string[], reason: Dropped): Promise<void> {
  const before = suite.proxy.dropped(reason);
  const sender = await suite.client(from);
  await sendPieces(sender, pieces);
  await sender.over();
  expect(sender.received).toBe('');
  expect(suite.proxy.dropped(reason)).toBe(before + 1);
  expect(suite.upstream.take()).toBe('');
  expect(suite.proxy.connections()).toBe(0);
}

type Dropped = Parameters<Suite['proxy']['dropped']>[0];

describe('requirement 34: whom the header names is the client', () => {
  const suite = hostileSuite(fronted());

  test.each([
    { name: 'version 1', header: LINE, client: CLIENT },
    { name: 'version 1, IPv6', header: binary('2001:db8::7', 1), client: '2001:db8::7' },
    { name: 'version 2', header: binary(CLIENT), client: CLIENT },
    { name: 'version 2, IPv6', header: binary('2001:db8::7'), client: '2001:db8::7' },
    { name: 'IPv4 within IPv6', header: binary(`::ffff:${CLIENT}`), client: CLIENT },
    { name: 'UNKNOWN: the sender', header: 'PROXY UNKNOWN\r\n', client: BALANCER },
    { name: 'LOCAL: the sender', header: LOCAL_HEADER.toString('latin1'), client: BALANCER },
  ])('$name', async ({ header, client }) => {
    const sender = await suite.client(BALANCER);
    await sender.send(header + suite.get()).has('\r\n\r\nok');
    expect(suite.upstream.take()).toBe(toldOf(suite, client));
    // One header a connection: what comes next is a request.
    await sender.send(suite.get()).has('\r\n\r\nok', 2);
    expect(suite.upstream.take()).toBe(toldOf(suite, client));
  });

  test('in whatever pieces header and request come', async () => {
    const all = LINE + suite.get();
    for (const pieces of [...everySplit(all), [...all]]) {
      const sender = await suite.client(BALANCER);
      await sendPieces(sender, pieces);
      await sender.has('\r\n\r\nok');
      expect(suite.upstream.take()).toBe(toldOf(suite, CLIENT));
      sender.destroy();
    }
  });

  test('what is behind the header goes through a tunnel byte for byte', async () => {
    const { authority } = suite.upstream;
    const sender = await suite.client(BALANCER);
    sender.send(`${LINE}CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${LINE}EHLO client.example\r\n`);
    await sender.has('Connection established');
    await suite.upstream.until(({ connections }) =>
      connections.some(({ received }) => received.includes(`${LINE}EHLO client.example\r\n`)),
    );
    expect(suite.upstream.take()).toBe(`${LINE}EHLO client.example\r\n`);
  });

  test('a header that comes with the end of what is sent', async () => {
    const before = suite.proxy.dropped('proxy_header_invalid');
    const sender = await suite.client(BALANCER);
    sender.end(LINE);
    await sender.over();
    expect(suite.proxy.dropped('proxy_header_invalid')).toBe(before);
  });
});

describe('requirement 34: who is closed and counted', () => {
  const suite = hostileSuite(fronted());
  const get = 'GET http://origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n';

  test.each<{ name: string; from?: string; pieces: string[]; reason: Dropped }>([
    { name: 'a request without a header', pieces: [get], reason: 'proxy_header_invalid' },
    { name: 'one byte that begins none', pieces: ['G'], reason: 'proxy_header_invalid' },
    {
      name: 'a malformed header',
      pieces: ['PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n'],
      reason: 'proxy_header_invalid',
    },
    { name: 'a line without an end', pieces: [`PROXY UNKNOWN ${'x'.repeat(93)}`], reason: 'proxy_header_invalid' },
    {
      name: 'a header about a datagram',
      pieces: [binary(CLIENT).replace('\x11', '\x12')],
      reason: 'proxy_header_invalid',
    },
    { name: 'somebody else', from: '127.0.0.3', pieces: [LINE + get], reason: 'proxy_sender_denied' },
    { name: 'somebody else who says nothing', from: '127.0.0.3', pieces: [], reason: 'proxy_sender_denied' },
    {
      name: 'this machine where it names another',
      from: '127.0.0.1',
      pieces: [LINE + get],
      reason: 'proxy_sender_denied',
    },
    {
      name: 'a client that may not use the proxy',
      pieces: ['PROXY TCP4 198.51.100.7 198.51.100.1 1 2\r\n'],
      reason: 'client_denied',
    },
  ])('$name', async ({ from = BALANCER, pieces, reason }) => {
    if (reason !== 'client_denied') return await turnedAway(suite, from, pieces, reason);
    const before = suite.proxy.dropped(reason);
    const sender = await suite.client(from);
    await sender.send(pieces.join('')).over();
    expect(statuses(sender.received)).toEqual([403]);
    expect(suite.proxy.dropped(reason)).toBe(before + 1);
  });

  test('one that ends inside of its header', async () => {
    const before = suite.proxy.dropped('proxy_header_invalid');
    const sender = await suite.client(BALANCER);
    sender.end(LINE.slice(0, 20));
    await sender.over();
    expect(suite.proxy.dropped('proxy_header_invalid')).toBe(before + 1);
  });

  test('nobody who only looks whether we listen', async () => {
    const reasons = ['proxy_header_invalid', 'proxy_header_timeout', 'client_error'] as const;
    const before = reasons.map((reason) => suite.proxy.dropped(reason));
    const sender = await suite.client(BALANCER);
    sender.end();
    await sender.over();
    expect(reasons.map((reason) => suite.proxy.dropped(reason))).toEqual(before);
  });

  test('this machine may speak for itself', async () => {
    const own = await suite.client('127.0.0.1');
    await own.send(LOCAL_HEADER.toString('latin1') + suite.get()).has('\r\n\r\nok');
    expect(suite.upstream.take()).toBe(toldOf(suite, '127.0.0.1'));
  });
});

describe('requirement 34: a header that does not come', () => {
  const suite = hostileSuite(() => fronted({ time: new ManualTime(), timeouts: { proxyHeader: 3 } }));

  test.each([[[]], [['P']], [[LINE.slice(0, -1)]]])('behind %j is not waited for', async (pieces) => {
    const before = suite.proxy.dropped('proxy_header_timeout');
    const sender = await suite.client(BALANCER);
    await sendPieces(sender, pieces);
    await suite.time.pass(2900);
    expect(sender.closed).toBe(false);
    await eventually('it is cut off', async () => {
      await suite.time.pass(500);
      return sender.closed || sender.ending !== null;
    });
    expect(sender.received).toBe('');
    expect(suite.proxy.dropped('proxy_header_timeout')).toBe(before + 1);
  });

  test('one whose header came in time has the time that any client has', async () => {
    const sender = await suite.client(BALANCER);
    sender.send(LINE);
    await suite.time.pass(10_000);
    await sender.send(suite.get()).has('\r\n\r\nok');
    expect(suite.upstream.take()).toBe(toldOf(suite, CLIENT));
  });
});

describe('requirement 34: caps count by the address inside', () => {
  const suite = hostileSuite(fronted({ limits: { connections: 4, connectionsPerClient: 1 } }));

  test('of each client, however many come through one balancer', async () => {
    const ask = async (client: string): Promise<boolean> => {
      const sender = await suite.client(BALANCER);
      sender.send(binary(client) + suite.get());
      await sender.until(
        ({ received, ending, closed }) => received.includes('\r\n\r\nok') || ending !== null || closed,
      );
      return sender.received !== '';
    };
    expect(await ask('192.0.2.1')).toBe(true);
    expect(await ask('192.0.2.1')).toBe(false);
    expect(await ask('192.0.2.2')).toBe(true);
    expect(suite.proxy.dropped('client_limit')).toBe(1);
  });

  test('a connection whose header has not come counts among those of the worker', async () => {
    const before = suite.proxy.dropped('connection_limit');
    for (let i = 0; i < 4; i++) await suite.client(BALANCER);
    await eventually('they wait', () => suite.proxy.connections() === 4);
    const over = await suite.client(BALANCER);
    await over.over();
    expect(suite.proxy.dropped('connection_limit')).toBe(before + 1);
  });
});
