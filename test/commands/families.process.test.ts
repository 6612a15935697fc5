/**
 * One whole process of each family of commands that others test at length (test/README.md): an instance that fetches its list by HTTPS, is asked
 * by `ctl`, tests itself, is reported on and guarded; a relay. With parts of Node alone: this runs everywhere.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { endAll, folderWith, start } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess({ firstAlone: false });
const LIST = 'listed.localhost/page\nlisted.localhost/selftest test\n';

const resources = new Resources();
let origin: Origin;
let proxy: ProxyProcess;
let guardPort: number;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  const authority = await folderWith({ 'ca.pem': CERTIFICATE });
  guardPort = await freePort();
  const listener = await freePort();
  proxy = resources.use(
    await startProxy({
      config: {
        listeners: [{ name: 'explicit', port: listener }],
        admin: { port: await freePort() },
        lists: [{ name: 'national', source: await listServer(), ca: `${authority}/ca.pem` }],
        guard: {
          origin: { port: await freePort() },
          metrics: { port: guardPort },
          probes: [{ listener: 'explicit' }],
          actions: { out: [['true']], back: [['true']] },
          timeout: '2s',
        },
      },
    }),
  );
});
afterAll(async () => {
  await endAll();
  await resources.end();
});

/** @returns the URL of a list on a server of Node's. */
async function listServer(): Promise<string> {
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_request, answer) => answer.end(LIST));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(async () => void server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}/list.txt`;
}

const page = async (): Promise<number> => await statusOf(proxy.port, `http://listed.localhost:${origin.port}/page`);

async function asked(...words: string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return await cleanfeed([...words, '-c', proxy.file('cleanfeed.yaml')]);
}

describe('an instance', () => {
  test('refuses what is on a list that came by HTTPS, and nothing beside it', async () => {
    expect(await page()).toBe(403);
    expect(await statusOf(proxy.port, `http://listed.localhost:${origin.port}/other`)).toBe(200);
  });

  test('is asked by ctl: its state, a verdict, a bypass, a reload', async () => {
    const status = await asked('ctl', 'status', '--json');
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      result: { ready: true, lists: [{ name: 'national', entries: 2 }] },
    });
    expect((await asked('ctl', 'explain', 'http://listed.localhost/page')).code).toBe(1);
    expect((await asked('ctl', 'bypass', 'on', '--for', '10m')).code).toBe(0);
    await eventually('the bypass is in force', async () => (await page()) === 200);
    expect((await asked('ctl', 'bypass', 'off')).code).toBe(0);
    await eventually('the bypass is over', async () => (await page()) === 403);
    expect((await asked('ctl', 'reload')).code).toBe(0);
    expect(await page()).toBe(403);
  });

  test('tests itself and is reported on', async () => {
    expect(await asked('selftest')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^result {9}passed$/m) });
    const { code, stdout } = await asked('report', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ total: { lists: [{ list: 'national' }] } });
  });

  test('is guarded', async () => {
    start(['guard', '-c', proxy.file('cleanfeed.yaml')]);
    const report = async (): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${guardPort}/status`);
      return ((await response.json()) as { readonly position: unknown }).position;
    };
    expect(
      await eventually(
        'the filter is in the path',
        async () => await report().catch(() => null),
        (position) => position === 'in',
      ),
    ).toBe('in');
  });
});

test('a relay makes protected lists of a flat file', async () => {
  const folder = await folderWith({ 'list.csv': 'id,url\n1,http://a.example/1\n2,http://a.example/2\n' });
  const keys = ['-r', `${folder}/repo`, '-k', `${folder}/keys`];
  expect((await cleanfeed(['publish', 'init', ...keys])).code).toBe(0);
  const relay = { source: './list.csv', format: 'csv', publish: { repo: './repo', keys: './keys' } };
  writeFileSync(`${folder}/relay.yaml`, JSON.stringify(relay));
  expect((await cleanfeed(['relay', '-c', `${folder}/relay.yaml`, '--once'], { cwd: folder })).code).toBe(0);
  expect((await cleanfeed(['publish', 'inspect', ...keys])).stdout).toContain('list version 1, 2 entries');
});
