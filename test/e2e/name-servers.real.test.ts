/** Names through the real thing: an Unbound that knows, refuses, fails, is gone; and the system's name servers, which change while it runs. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith, testAsRoot } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startUnbound } from '../support/unbound.ts';
import type { Unbound } from '../support/unbound.ts';

const resources = new Resources();
let port: number;

beforeAll(async () => {
  const origin = createServer((_, answer) => void answer.end('here'));
  await once(origin.listen(0, '0.0.0.0'), 'listening');
  port = (origin.address() as AddressInfo).port;
  resources.defer(async () => {
    origin.closeAllConnections();
    await new Promise((resolve) => origin.close(resolve));
  });
});
afterAll(async () => await resources.end());

/** Status, and what Proxy-Status says. */
async function ask(
  proxy: ProxyProcess,
  name: string,
): Promise<readonly [status: number, error: string | undefined, body: string]> {
  await using client = await rawClient(proxy.port);
  client.request(`http://${name}:${port}/`, { fields: 'Connection: close\r\n' });
  const { status, fields, body } = await client.response();
  return [status, /error=(\w+)/.exec(fields.get('proxy-status') ?? '')?.[1], body.toString('latin1')];
}

async function upstreamErrors(proxy: ProxyProcess, reason: string): Promise<number> {
  return (await proxy.metrics()).get(`cleanfeed_upstream_errors_total{reason="${reason}"}`)!;
}

describeWith(['unbound'])('an Unbound', () => {
  let behind: DnsServer;
  let unbound: Unbound;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    behind = await startDnsServer();
    resources.defer(async () => await behind.close());
    behind.set('start.behind.test', { A: [{ owner: 'start.behind.test', alias: 'middle.behind.test', ttl: 60 }] });
    behind.set('middle.behind.test', { A: [{ owner: 'middle.behind.test', alias: 'end.behind.test', ttl: 60 }] });
    behind.set('end.behind.test', { A: [{ address: '127.0.0.1', ttl: 60 }] });
    behind.set('fails.behind.test', { A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    const many = Array.from({ length: 60 }, (_, i) => `local-data: "many.test. 60 IN A 127.0.${i}.1"`);
    unbound = resources.use(
      await startUnbound({
        lines: [
          'local-zone: "test." static',
          'local-data: "origin.test. 60 IN A 127.0.0.1"',
          'local-data: "empty.test. 60 IN TXT x"',
          ...many,
          'local-zone: "refused.test." always_refuse',
          'local-zone: "behind.test." transparent',
        ],
        forward: { 'behind.test': behind.server.replace(':', '@') },
      }),
    );
    const config = {
      upstream: { allow: ['127.0.0.0/8'], dns: { servers: [unbound.server], timeout: '10s', negativeTtl: '0s' } },
    };
    proxy = resources.use(await startProxy({ config }));
  });

  test.each(['origin.test', 'start.behind.test', 'end.behind.test'])('knows %s', async (name) => {
    expect(await ask(proxy, name)).toEqual([200, undefined, 'here']);
  });

  test('has more addresses of a name than fit into a datagram: they come over TCP, whole', async () => {
    expect(await ask(proxy, 'many.test')).toEqual([200, undefined, 'here']);
  });

  test.each([
    { name: 'nobody.test', reason: 'dns_not_found' },
    { name: 'empty.test', reason: 'dns_not_found' },
    { name: 'a.refused.test', reason: 'dns_refused' },
    { name: 'fails.behind.test', reason: 'dns_failed' },
  ])('$name is $reason', async ({ name, reason }) => {
    const before = await upstreamErrors(proxy, reason);
    const [status, error] = await ask(proxy, name);
    expect([status, error]).toEqual([502, 'dns_error']);
    expect(await upstreamErrors(proxy, reason)).toBe(before + 1);
  });

  test('whose TCP is closed goes on being asked first: another one is asked for what does not fit into a datagram alone', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `local-data: "many.test. 60 IN A 127.0.${i}.1"`);
    const zone = ['local-zone: "test." static', ...many];
    await using first = await startUnbound({
      lines: ['do-tcp: no', ...zone, 'local-data: "first.test. 60 IN A 127.0.0.1"'],
    });
    await using second = await startUnbound({ lines: zone });
    const dns = { servers: [first.server, second.server], timeout: '1m', negativeTtl: '0s' };
    await using both = await startProxy({ config: { workers: 1, upstream: { allow: ['127.0.0.0/8'], dns } } });
    expect(await ask(both, 'many.test')).toEqual([200, undefined, 'here']);
    // The second one would say that there is no such name.
    expect(await ask(both, 'first.test')).toEqual([200, undefined, 'here']);
  });

  test('is gone: said at once, and not that there is no such name', async () => {
    const nobody = await startUnbound({ lines: [] });
    await nobody.stop();
    await using alone = await startProxy({
      config: { upstream: { dns: { servers: [nobody.server], timeout: '1m' } } },
    });
    expect((await ask(alone, 'origin.test')).slice(0, 2)).toEqual([502, 'dns_error']);
    expect([await upstreamErrors(alone, 'dns_unreachable'), await upstreamErrors(alone, 'dns_not_found')]).toEqual([
      1, 0,
    ]);
    // What the status page shows.
    const recent = async (): Promise<unknown> =>
      (JSON.parse((await alone.admin('/status')).body) as { recent: { upstreamErrors?: object } | null }).recent
        ?.upstreamErrors;
    expect(
      await eventually(
        'the status has counted it',
        recent,
        (errors) => errors !== undefined && Object.keys(errors as object).length > 0,
      ),
    ).toEqual({ dns_unreachable: 1 });
  });
});

describe('the name servers of the system', () => {
  /** Port 53 of an address that nobody else uses. */
  const address = (last: number): string => `127.53.${process.pid & 255}.${last}`;

  testAsRoot('an /etc/resolv.conf of its own')(
    'are read again when their file changes; a question that is open is answered',
    async () => {
      using directory = temporaryDirectory();
      const [first, second, third] = [
        await startDnsServer(53, address(1)),
        await startDnsServer(53, address(2)),
        await startDnsServer(53, address(3)),
      ];
      for (const server of [first, second, third]) resources.defer(async () => await server.close());
      first.set('slow.test', { A: { held: [{ address: '127.0.0.1', ttl: 60 }] } });
      second.set('origin.test', { A: [{ address: '127.0.0.1', ttl: 60 }] });
      third.set('new.test', { A: [{ address: '127.0.0.1', ttl: 60 }] });
      const file = directory.file('resolv.conf');
      const name = (server: number): void => writeFileSync(file, `nameserver ${address(server)}\n`);
      name(1);
      const config = { upstream: { allow: ['127.0.0.0/8'], dns: { timeout: '1m', negativeTtl: '0s' } } };
      await using proxy = await startProxy({
        config,
        under: ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file],
      });

      expect((await ask(proxy, 'origin.test'))[0]).toBe(502);
      const open = ask(proxy, 'slow.test');
      await first.heldBack('slow.test', 'A');
      name(2);
      await eventually(
        'the new server is asked',
        async () => (await ask(proxy, 'origin.test'))[0],
        (status) => status === 200,
      );
      first.release('slow.test', 'A');
      expect(await open).toEqual([200, undefined, 'here']);
      expect(second.count('slow.test', 'A')).toBe(0);

      name(3);
      expect(
        await eventually(
          'the newest server is asked',
          async () => await ask(proxy, 'new.test'),
          ([status]) => status === 200,
        ),
      ).toEqual([200, undefined, 'here']);
    },
  );
});
