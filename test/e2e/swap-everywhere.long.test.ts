/**
 * Requirement 44 seen from outside while swaps go on: three workers, HTTP, CONNECT and the DNS front asked one after the other in random turns. Once any of them
 * has judged by a version none judges by the one before.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { DnsClient, startResolver } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const VERSIONS = 25;
const CLIENTS = 12;
const FILLER = Array.from({ length: 3000 }, (_, i) => `f${i}.example/page\n`).join('');

const resources = new Resources();
afterAll(async () => await resources.end());

type Asked = (host: string) => Promise<boolean>;

test('no outlet of any worker goes back to the version before', async () => {
  const origin = resources.use(await startOkOrigin());
  const resolver = resources.use(await startResolver());
  const list = (version: number): string => `v${version}.localhost dns\n${FILLER}`;
  const proxy = resources.use(
    await startProxy({
      lists: { own: list(1) },
      config: {
        workers: 3,
        listeners: [
          { name: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] },
        ],
      },
    }),
  );
  const outlets: Asked[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = resources.use(await rawClient(proxy.portOf('explicit')));
    outlets.push(async (host) => {
      client.request(`http://${host}:${origin.port}/`);
      return (await client.response()).status === 403;
    });
    const names = resources.use(await DnsClient.of(proxy.portOf('dns')));
    let id = 0;
    outlets.push(async (host) => {
      id += 1;
      const answer = await names.ask(queryBytes({ id, name: host }));
      return ((answer[3] ?? 0) & 15) === 3;
    });
    outlets.push(async (host) => {
      await using tunnel = await rawClient(proxy.portOf('explicit'));
      tunnel.send(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
      return (await tunnel.response({ bodiless: true })).status === 403;
    });
  }
  let turn = 0;
  const isRefused: Asked = async (host) => {
    // Each in its turn, and no two of one client after each other.
    turn += 7;
    return await outlets[turn % outlets.length]!(host);
  };
  const wrong: string[] = [];
  for (let version = 2; version <= VERSIONS; version++) {
    writeFileSync(proxy.file('next'), list(version));
    renameSync(proxy.file('next'), proxy.file('own.txt'));
    proxy.signal('SIGHUP');
    await eventually(`version ${version}`, async () => await isRefused(`v${version}.localhost`));
    for (let i = 0; i < outlets.length; i++) {
      if (await isRefused(`v${version - 1}.localhost`)) wrong.push(`version ${version - 1} after ${version}`);
      if (!(await isRefused(`v${version}.localhost`))) wrong.push(`not version ${version}`);
    }
  }
  expect(wrong).toEqual([]);
});
