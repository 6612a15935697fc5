/** Requirements 36, 38 and 39: what a client may hold and send is bounded. */
import { describe, expect, test } from '@jest/globals';
import { open, statuses } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const get = (url: string, fields = ''): string => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

async function openAll(port: number, addresses: readonly string[]): Promise<Connection[]> {
  return await Promise.all(addresses.map((address) => open(port, '127.0.0.1', address)));
}

describe('requirement 36: connections of one worker', () => {
  const suite = hostileSuite({ limits: { connections: 5 } });
  test('what is over the cap is closed at once and counted; a place that is free again is given', async () => {
    const held = await openAll(suite.proxy.port, ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6']);
    for (const client of held) await client.send(get(suite.upstream.url)).has('\r\n\r\nok');
    const over = await open(suite.proxy.port);
    await over.over();
    expect(over.received).toBe('');
    expect(suite.proxy.dropped('limit')).toBe(1);
    expect(suite.proxy.connections()).toBe(5);
    held[0]!.destroy();
    await held[0]!.until(({ closed }) => closed);
    for (;;) {
      const again = await open(suite.proxy.port);
      again.send(get(suite.upstream.url, 'Connection: close\r\n'));
      await again.over();
      if (statuses(again.received).length > 0) break;
    }
    for (const client of held) client.destroy();
  });
});

describe('requirement 36: connections of one client', () => {
  const suite = hostileSuite({ limits: { connectionsPerClient: 2 } });
  test('another client is not concerned', async () => {
    const [first, second, other] = await openAll(suite.proxy.port, ['127.0.0.2', '127.0.0.2', '127.0.0.3']);
    for (const client of [first!, second!, other!]) await client.send(get(suite.upstream.url)).has('\r\n\r\nok');
    const over = await open(suite.proxy.port, '127.0.0.1', '127.0.0.2');
    await over.over();
    expect(suite.proxy.dropped('client_limit')).toBe(1);
    for (const client of [first!, second!, other!]) client.destroy();
  });
});

describe('requirement 38: requests per connection', () => {
  const suite = hostileSuite({ limits: { requestsPerConnection: 3, headerCount: 4 } });
  test('the last answer says so, what is behind it is not looked at', async () => {
    const received = await suite.ask(get(suite.upstream.url).repeat(5));
    expect(statuses(received)).toEqual([200, 200, 200]);
    expect(received.match(/Connection: close/g)).toHaveLength(1);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority).repeat(3));
  });

  test('fields: four are let pass, five are not', async () => {
    await suite.ask(get(suite.upstream.url, 'A: 1\r\nB: 2\r\nConnection: close\r\n'));
    expect(suite.upstream.take()).toContain('B: 2');
    await suite.refused(get(suite.upstream.url, 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n'), 431);
  });
});

describe('requirement 39: names of the language', () => {
  const suite = hostileSuite({ list: 'constructor\n*.__proto__' });
  test('are ordinary fields', async () => {
    const fields = ['__proto__: 1', 'constructor: 2', 'toString: 3', 'hasOwnProperty: 4'];
    await suite.ask(get(suite.upstream.url, `Connection: close, toString\r\n${fields.join('\r\n')}\r\n`));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority, fields.filter((field) => !field.startsWith('toString'))));
  });

  test.each(['constructor', '__proto__', 'a.__proto__', 'a.constructor', 'toString', 'prototype'])('and ordinary hosts: %s', async (host) => {
    const [status] = statuses(await suite.ask(get(`http://${host}`, 'Connection: close\r\n')));
    expect(status).toBe(host === 'constructor' || host.endsWith('__proto__') ? 403 : 502);
  });
});
