/** In a running process: who tries out what is listed is slowed down whatever he asks for, nobody else is; and it is counted. */
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { cleanfeed } from '../commands/cli-process.ts';

const SLOWED = 'cleanfeed_clients_slowed_total';
const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

async function ask(proxy: ProxyProcess, paths: readonly string[], from: string): Promise<number[]> {
  await using client = await rawClient(proxy.port, '127.0.0.1', from);
  const statuses: number[] = [];
  for (const path of paths) {
    client.request(`http://a.localhost:${origin.port}/${path}`);
    statuses.push((await client.response()).status);
  }
  return statuses;
}

const pages = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `listed-${from + i}`);

const hosts = (count: number): string[] => Array.from({ length: count }, (_, i) => `host-${i}.localhost`);

describe('requirement 52: enumeration', () => {
  test('a client that collects refusals waits; another one, and a self-test, do not', async () => {
    const list = `${pages(300)
      .map((path) => `a.localhost/${path}`)
      .join('\n')}\na.localhost/test test\n`;
    await using proxy = await startProxy({
      config: { brake: { differentHits: 20, pause: '250ms' } },
      lists: { own: list },
    });
    const slowed = async (): Promise<number> => (await proxy.metrics()).get(SLOWED) ?? -1;
    expect(new Set(await ask(proxy, pages(10), '127.0.0.2'))).toEqual(new Set([403]));
    // The same again, and what is not listed, is nothing new.
    await ask(proxy, pages(10), '127.0.0.2');
    await ask(proxy, ['free', 'free', 'free'], '127.0.0.2');
    expect(await slowed()).toBe(0);
    // Everything is answered all the same, the refusals and the rest.
    expect(await ask(proxy, [...pages(22, 10), 'free'], '127.0.0.2')).toEqual([...pages(22).map(() => 403), 200]);
    const once = await slowed();
    expect(once).toBeGreaterThan(0);
    expect(new Set(await ask(proxy, pages(10), '127.0.0.3'))).toEqual(new Set([403]));
    await ask(proxy, pages(100), '127.0.0.1');
    expect(await cleanfeed(['selftest', '-c', proxy.file('cleanfeed.yaml')])).toMatchObject({ code: 0 });
    expect(await slowed()).toBe(once);
  });

  test('refusals of CONNECT, and of names in TLS, count as those of requests do', async () => {
    await using proxy = await startProxy({
      config: { connect: { ports: [origin.port] }, brake: { differentHits: 20, pause: '250ms' } },
      lists: {
        own: hosts(60)
          .map((host) => `${host}\n`)
          .join(''),
      },
    });
    const slowed = async (): Promise<number> => (await proxy.metrics()).get(SLOWED) ?? -1;
    /** At CONNECT, or where the tunnel leads to an address and its ClientHello has the name. */
    const refusal = async (host: string, place: 'connect' | 'tls'): Promise<number> => {
      await using client = await rawClient(proxy.port, '127.0.0.1', '127.0.0.4');
      const authority = `${place === 'connect' ? host : '127.0.0.1'}:${origin.port}`;
      client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      const { status } = await client.response({ bodiless: true });
      if (place === 'connect') return status;
      client.socket.removeAllListeners('data');
      await new Promise((resolve) => tlsConnect({ socket: client.socket, servername: host }).once('error', resolve));
      return 403;
    };
    for (const host of hosts(8))
      expect([await refusal(host, 'connect'), await refusal(host, 'tls')]).toEqual([403, 403]);
    expect(await slowed()).toBe(0);
    for (const host of hosts(30)) expect(await refusal(host, 'tls')).toBe(403);
    const once = await slowed();
    expect(once).toBeGreaterThan(0);
    for (const host of hosts(60).slice(30)) expect(await refusal(host, 'connect')).toBe(403);
    expect(await slowed()).toBeGreaterThan(once);
  });

  test('switched off, nobody waits', async () => {
    await using proxy = await startProxy({
      config: { brake: { differentHits: 0 } },
      lists: {
        own: `${pages(150)
          .map((path) => `a.localhost/${path}`)
          .join('\n')}\n`,
      },
    });
    await ask(proxy, pages(150), '127.0.0.2');
    expect((await proxy.metrics()).get(SLOWED)).toBe(0);
  });
});

describe('requirement 52: before the verdict the network is not asked anything', () => {
  test('no name is looked up for a refused request, no connection is made; for one that passes, of a host with entries or without, both', async () => {
    const dns = await startDnsServer();
    resources.defer(async () => await dns.close());
    const address = [{ address: '127.0.0.1', ttl: 60 }];
    for (const name of ['listed.test', 'whole.test', 'free.test']) dns.set(name, { A: address });
    await using counted = await startOkOrigin();
    await using proxy = await startProxy({
      // What is not answered in a part of the time is asked again, and counts.
      config: { upstream: { allow: ['127.0.0.0/8'], dns: { servers: [dns.server], timeout: '1m' } } },
      lists: { own: 'listed.test/page\nwhole.test\n' },
    });
    const asked = (): number[] =>
      ['listed.test', 'whole.test', 'free.test'].map((name) => dns.count(name, 'A') + dns.count(name, 'AAAA'));
    const status = async (address: string): Promise<number> => await statusOf(proxy.port, `http://${address}`);
    expect(await status(`listed.test:${counted.port}/page`)).toBe(403);
    expect(await status(`whole.test:${counted.port}/any`)).toBe(403);
    await using client = await rawClient(proxy.port);
    client.send('CONNECT whole.test:443 HTTP/1.1\r\nHost: whole.test:443\r\n\r\n');
    expect((await client.response()).status).toBe(403);
    expect(asked()).toEqual([0, 0, 0]);
    expect(await status(`listed.test:${counted.port}/other`)).toBe(200);
    expect(await status(`free.test:${counted.port}/other`)).toBe(200);
    const [listed, whole, free] = asked();
    expect(listed).toBeGreaterThan(0);
    expect([whole, listed]).toEqual([0, free]);
  });
});
