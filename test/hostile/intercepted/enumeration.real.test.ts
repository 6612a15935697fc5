/** In a running process: who tries out what is listed is slowed down on a steered and a transparent listener and inside CONNECT too, nobody else is; and it is counted. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../../support/dns-server.ts';
import type { DnsServer } from '../../support/dns-server.ts';
import { startOkOrigin } from '../../support/ok-origin.ts';
import type { Origin } from '../../support/origin.ts';
import { startProxy } from '../../support/proxy-process.ts';
import type { ProxyProcess } from '../../support/proxy-process.ts';
import { rawClient } from '../../support/raw-client.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { Resources } from '../../support/resources.ts';

const STEERED = '127.0.0.5';
const COUNT = 30;
/** Listed destinations. */
const ADDRESSES = Array.from({ length: COUNT }, (_, i) => `127.0.1.${i + 1}`);
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

describe('requirement 52, intercepted', () => {
  test.each(['steered', 'inside CONNECT'])(
    '%s: a client that collects refusals waits, another one does not',
    async (way) => {
      const pages = Array.from({ length: COUNT }, (_, i) => `/listed-${i}`);
      await using proxy = await startProxy({
        config: {
          listeners: [
            { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
            { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [origin.port] },
          ],
          connect: { ports: [origin.port] },
          brake: { differentHits: 20, pause: '250ms' },
        },
        lists: { own: pages.map((page) => `a.localhost${page}\n`).join('') },
      });
      const slowed = async (): Promise<number> => (await proxy.metrics()).get('cleanfeed_clients_slowed_total') ?? -1;
      /** A connection for each: it ends behind a page. */
      const ask = async (path: string, from: string): Promise<number> => {
        const isSteered = way === 'steered';
        await using client = await rawClient(
          isSteered ? origin.port : proxy.port,
          isSteered ? STEERED : '127.0.0.1',
          from,
        );
        if (!isSteered) {
          client.send(`CONNECT a.localhost:${origin.port} HTTP/1.1\r\nHost: a.localhost:${origin.port}\r\n\r\n`);
          expect((await client.response({ bodiless: true })).status).toBe(200);
        }
        client.send(`GET ${path} HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n`);
        return (await client.response()).status;
      };
      for (const page of [...pages.slice(0, 10), ...pages.slice(0, 10)]) expect(await ask(page, '127.0.0.2')).toBe(403);
      expect(await ask('/free', '127.0.0.2')).toBe(200);
      expect(await slowed()).toBe(0);
      // Everything is answered all the same, the refusals and the rest.
      for (const page of pages) expect(await ask(page, '127.0.0.2')).toBe(403);
      expect(await ask('/free', '127.0.0.2')).toBe(200);
      const once = await slowed();
      expect(once).toBeGreaterThan(0);
      for (const page of pages.slice(0, 10)) expect(await ask(page, '127.0.0.3')).toBe(403);
      expect(await slowed()).toBe(once);
    },
  );

  test.each([
    { way: 'words that are neither HTTP nor TLS', words: 'SSH-2.0-x\r\n' },
    { way: 'silence', words: '' },
  ])('transparent, $way: a client that collects refused addresses waits, another one does not', async ({ words }) => {
    await using proxy = await inlineProxy('1m');
    const slowed = async (): Promise<number> => (await proxy.metrics()).get('cleanfeed_clients_slowed_total') ?? -1;
    for (const address of ADDRESSES) {
      if ((await slowed()) > 0) break;
      await ended(visit(proxy, address, '127.0.0.2', words));
    }
    expect(await slowed()).toBe(1);
    using held = disposable(visit(proxy, ADDRESSES.at(-1) ?? '', '127.0.0.2', words));
    for (const address of ADDRESSES.slice(0, 10)) await ended(visit(proxy, address, '127.0.0.3', words));
    expect(held.socket.closed).toBe(false);
    expect(await slowed()).toBe(1);
  });

  test('transparent: who has waited is refused in the end', async () => {
    await using proxy = await inlineProxy('250ms');
    for (const address of ADDRESSES) await ended(visit(proxy, address, '127.0.0.2', 'SSH-2.0-x\r\n'));
    const metrics = await proxy.metrics();
    expect(metrics.get('cleanfeed_clients_slowed_total')).toBeGreaterThan(1);
    expect(metrics.get('cleanfeed_requests_total{listener="inline",verdict="block"}')).toBe(COUNT);
  });
});

describe('requirement 52, intercepted: before the verdict the network is not asked anything', () => {
  const names = ['listed.test', 'whole.test', 'free.test'] as const;
  type Name = (typeof names)[number];
  let dns: DnsServer;
  let counted: Origin;
  let proxy: ProxyProcess;

  beforeEach(async () => {
    dns = await startDnsServer();
    for (const name of names) dns.set(name, { A: [{ address: '127.0.0.1', ttl: 60 }] });
    counted = await startOkOrigin();
    proxy = await startProxy({
      config: {
        listeners: [
          { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [counted.port] },
        ],
        connect: { ports: [counted.port] },
        // What is not answered in a part of the time is asked again, and counts.
        upstream: { allow: ['127.0.0.0/8'], dns: { servers: [dns.server], timeout: '1m' } },
      },
      lists: { own: 'listed.test/page\nwhole.test\n' },
    });
  });
  afterEach(async () => {
    await proxy.stop();
    await counted[Symbol.asyncDispose]();
    await dns.close();
  });

  /** Look-ups of each name, and connections to the origin. */
  const seen = (): number[] => [
    ...names.map((name) => dns.count(name, 'A') + dns.count(name, 'AAAA')),
    counted.accepted,
  ];
  const get = async (client: RawClient, host: Name, path: string): Promise<number> => {
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}:${counted.port}\r\nConnection: close\r\n\r\n`);
    return (await client.response()).status;
  };

  test('steered: nothing for a refused page, host or name in TLS; the same for pages that pass, of a host with entries or without', async () => {
    const ask = async (host: Name, path: string): Promise<number> => {
      await using client = await rawClient(counted.port, STEERED, '127.0.0.2');
      return await get(client, host, path);
    };
    expect([await ask('listed.test', '/page'), await ask('whole.test', '/any')]).toEqual([403, 403]);
    const hello = tlsConnect({ port: counted.port, host: STEERED, servername: 'whole.test' });
    const [error] = (await once(hello, 'error')) as [Error & { code?: string }];
    expect(error.code).toMatch(/UNRECOGNIZED_NAME/);
    expect(seen()).toEqual([0, 0, 0, 0]);
    expect(await ask('listed.test', '/other')).toBe(200);
    const [listed, , , connections] = seen();
    expect(await ask('free.test', '/other')).toBe(200);
    expect(connections).toBe(1);
    expect(seen()).toEqual([listed, 0, listed, 2]);
  });

  test('inside CONNECT: no more for a page that is refused than for one that passes', async () => {
    const ask = async (host: Name, path: string): Promise<number> => {
      await using client = await rawClient(proxy.port);
      client.send(`CONNECT ${host}:${counted.port} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const { status } = await client.response({ bodiless: host !== 'whole.test' });
      return status === 200 ? await get(client, host, path) : status;
    };
    expect(await ask('whole.test', '/')).toBe(403);
    expect(seen()).toEqual([0, 0, 0, 0]);
    expect(await ask('listed.test', '/page')).toBe(403);
    const [listed, , , connections] = seen();
    expect(await ask('free.test', '/page')).toBe(200);
    expect(connections).toBe(1);
    expect(seen()).toEqual([listed, 0, listed, 2]);
  });
});

async function inlineProxy(pause: string): Promise<ProxyProcess> {
  return await startProxy({
    config: {
      // All addresses of loopback: it is the destination that is judged.
      listeners: [{ name: 'inline', mode: 'transparent', address: '0.0.0.0', port: 0 }],
      brake: { differentHits: 20, pause },
      timeouts: { silence: '10ms' },
      shutdown: { drain: '0s' },
    },
    lists: { own: ADDRESSES.map((address) => `${address}\n`).join('') },
  });
}

function visit(proxy: ProxyProcess, address: string, from: string, words: string): Socket {
  const socket = connect({ port: proxy.port, host: address, localAddress: from });
  socket.on('error', () => {}).on('connect', () => socket.write(words));
  return socket.resume();
}

async function ended(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

function disposable(socket: Socket): Disposable & { readonly socket: Socket } {
  return { socket, [Symbol.dispose]: () => void socket.destroy() };
}
