/** Requirement 39: what is kept by what clients send is bounded; names of the language are ordinary names. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { statuses, turn } from './support/connection.ts';
import { dnsForSuites, records } from './support/dns.ts';
import { collectGarbage } from '../support/held-buffers.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { UpstreamConnectionRecord } from './support/upstream.ts';

const dns = dnsForSuites();

describe('requirement 39: idle upstream connections', () => {
  const suite = hostileSuite(
    { upstream: { pool: { maxIdlePerOrigin: 2, maxIdle: 5, idleTimeout: '10m' } } },
    '0.0.0.0',
  );
  const get = (host: string): string =>
    `GET http://${host}:${suite.upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  const kept = (): UpstreamConnectionRecord[] =>
    suite.upstream.connections.filter(({ ending, closed }) => ending === null && !closed);

  test('of one origin', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const asked = Array.from({ length: 6 }, () => suite.ask(get('127.0.0.1')));
    await upstream.until(({ requests }) => requests.length === 6);
    for (const connection of upstream.connections) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await Promise.all(asked);
    await eventually(
      'the others are closed',
      () => kept().length,
      (count) => count <= 2,
    );
    expect(kept()).toHaveLength(2);
  });

  test('of all origins: the oldest make room', async () => {
    for (let i = 2; i < 40; i++) await suite.ask(get(`127.0.0.${i}`));
    await eventually(
      'the others are closed',
      () => kept().length,
      (count) => count <= 5,
    );
    expect(kept().map(({ socket }) => socket.localAddress)).toEqual([
      '127.0.0.35',
      '127.0.0.36',
      '127.0.0.37',
      '127.0.0.38',
      '127.0.0.39',
    ]);
  });
});

describe('requirement 39: names that were resolved', () => {
  const ENTRIES = 20;
  const suite = hostileSuite(() => ({
    upstream: {
      // What is not answered in a part of the time is asked again, and counts.
      dns: { servers: [dns().server], cacheEntries: ENTRIES, minTtl: '1h', negativeTtl: '1h', timeout: '1m' },
    },
  }));
  const ask = async (name: string): Promise<number[]> =>
    statuses(await suite.ask(`GET http://${name}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));

  test('the oldest make room', async () => {
    const names = Array.from({ length: 3 * ENTRIES }, (_, i) => `n${i}.example`);
    for (const name of names) expect(await ask(name)).toEqual([502]);
    for (const name of [names.at(-1)!, names[0]!]) expect(await ask(name)).toEqual([502]);
    expect(dns().count(names.at(-1)!, 'A')).toBe(1);
    expect(dns().count(names[0]!, 'A')).toBe(2);
  });
});

describe('requirement 39: names that nobody answers for', () => {
  const MAX_CONNECTIONS = 100;
  const suite = hostileSuite(() => ({
    upstream: { allow: ['127.0.0.0/8'], dns: { servers: [dns().server], timeout: '5s' } },
    limits: { connectionsPerClient: MAX_CONNECTIONS },
  }));

  test('one client that asks for them and leaves takes no question from another', async () => {
    const { upstream } = suite;
    for (let i = 0; i < 200; i++) {
      const name = `n${i}.silent.example`;
      dns().set(name, { A: 'drop', AAAA: 'drop' });
      const client = await suite.client();
      client.send(`GET http://${name}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (i === 199) await client.has('; error=connection_limit_reached');
      else await turn();
      client.reset();
    }
    dns().set('healthy.example', { A: records('127.0.0.1'), AAAA: [] });
    const healthy = await suite.client('127.0.0.2');
    await healthy.send(`GET http://healthy.example:${upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\nok');
    expect(statuses(healthy.received)).toEqual([200]);
  });
});

describe('requirement 39: facts about hosts', () => {
  const suite = hostileSuite({ hostCache: { entries: 100 }, list: '*.listed.example' });
  const HOSTS = 30_000;
  /** What each would take if it were kept, and more. */
  const NAME = `.${'a'.repeat(60)}`.repeat(3);

  test('thirty thousand hosts cost no more than the hundred that are kept', async () => {
    const head = (i: number): string => `HEAD http://h${i}${NAME}.listed.example/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const ask = async (from: number): Promise<void> => {
      const client = await suite.client();
      await client.send(Array.from({ length: 500 }, (_, i) => head(from + i)).join('')).has('HTTP/1.1 403', 500);
      client.received = '';
      client.destroy();
    };
    await ask(0);
    const before = heap();
    for (let from = 0; from < HOSTS; from += 500) await ask(from);
    // Counted after a collection, as what is held and not as what the system gave: what clients sent is not among it.
    const most = (HOSTS * NAME.length) / 2;
    expect(
      await eventually(
        'names are let go',
        () => heap() - before,
        (held) => held < most,
      ),
    ).toBeLessThan(most);
    expect(suite.upstream.connections).toHaveLength(0);
  });

  function heap(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }
});

describe('requirement 39: names of the language', () => {
  const suite = hostileSuite(() => ({
    list: 'constructor\n*.__proto__',
    upstream: { dns: { servers: [dns().server] } },
  }));
  const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'];
  beforeAll(() => {
    for (const name of NAMES) dns().set(name.toLowerCase(), {});
  });

  test('are ordinary fields', async () => {
    const { upstream } = suite;
    const fields = NAMES.map((name, i) => `${name}: ${i}`);
    await suite.ask(suite.get('/', ...fields), '\r\n\r\nok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, fields));
    for (const name of NAMES) {
      await suite.ask(suite.get('/', `Connection: ${name}`, ...fields), '\r\n\r\nok');
      expect(upstream.take()).toBe(
        forwarded(
          'GET / HTTP/1.1',
          upstream.authority,
          fields.filter((field) => !field.startsWith(name)),
        ),
      );
    }
  });

  test('and of answers', async () => {
    suite.upstream.answer = `HTTP/1.1 200 OK\r\n${NAMES.map((name) => `${name}: 1\r\n`).join('')}Connection: constructor\r\nContent-Length: 2\r\n\r\nok`;
    const received = await suite.ask(suite.get(), '\r\n\r\nok');
    expect(NAMES.filter((name) => received.includes(`\r\n${name}: 1\r\n`))).toEqual(
      NAMES.filter((name) => name !== 'constructor'),
    );
  });

  test.each(['constructor', '__proto__', 'a.__proto__', 'a.constructor', ...NAMES.slice(2)])(
    'and ordinary hosts: %s',
    async (host) => {
      const want = host === 'constructor' || host.endsWith('__proto__') ? 403 : 502;
      expect(
        statuses(await suite.ask(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)),
      ).toEqual([want]);
      expect(statuses(await suite.ask(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`))).toEqual([want]);
      expect(suite.upstream.take()).toBe('');
    },
  );
});
