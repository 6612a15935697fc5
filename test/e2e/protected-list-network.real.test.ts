/**
 * Between a node and its clearing house lies a network: connections that are cut anywhere, servers that are away, certificates that run
 * out, and a CDN that answers with what it had a moment ago. None of it may change what is in force to anything but a version that the
 * clearing house has published, whole.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startNginx } from '../support/nginx.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { OwnAuthority } from '../support/own-authority.ts';
import { describeWith } from '../support/programs.ts';
import { lastFailure, nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess, ProxySetup } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { TcpShim } from '../support/tcp-shim.ts';

const ISP = 'isp-a';
const SEED = 20_261_126;
const CUTS = 25;

describeWith(['nginx', 'openssl'])('a node', () => {
  let resources: Resources;
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;
  let shim: TcpShim;
  let version = 0;

  beforeAll(async () => {
    resources = new Resources();
    origin = resources.use(await startOkOrigin());
    ({ house, server } = await servedHouse(resources, [ISP], { filler: 6000 }));
    shim = resources.use(await TcpShim.start(server.port));
    await publish();
  });
  afterAll(async () => await resources.end());
  beforeEach(() => shim.heal());
  afterEach(() => server.say(null));

  async function publish(): Promise<void> {
    version += 1;
    await house.list('always', `v${version}`);
    house.deploy(ISP);
  }

  /** Through the shim, unless told. */
  function setup(port = shim.port): ProxySetup {
    return nodeSetup({ house, name: ISP, port, authority: server.authority });
  }

  async function inForce(proxy: ProxyProcess): Promise<number> {
    const hosts = Array.from({ length: version }, (_, i) => `v${i + 1}`);
    const refused = await refusedOf(proxy, origin, ['always', ...hosts]);
    expect(refused).toBe(`alwaysv${await versionOf(proxy)}`);
    return Number(refused.slice('alwaysv'.length));
  }

  async function catchesUp(proxy: ProxyProcess): Promise<void> {
    await eventually('it has the newest version', async () => {
      await pollNow(proxy);
      return (await versionOf(proxy)) === `${version}`;
    });
    expect(await inForce(proxy)).toBe(version);
  }

  test('whose server is away at its start filters with what lies there, and without it opens no listener before the server is back', async () => {
    const first = await startProxy(setup());
    expect(await inForce(first)).toBe(version);
    // It is in force a moment before it lies there.
    const isKept = 'cleanfeed_list_cache_current{list="national"}';
    await eventually('it is kept', async () => (await first.metrics()).get(isKept) === 1);
    shim.isAway = true;
    shim.cutAll();
    await using second = await first.killAndRestart();
    await second.ready();
    expect(await inForce(second)).toBe(version);
    await eventually('the fault is told', () => lastFailure(second)?.['code'] === 'connect');
    await using fresh = await spawnProxy(setup());
    await eventually('the fault is told', () => lastFailure(fresh)?.['code'] === 'connect');
    expect((await fresh.admin('/readyz')).status).toBe(503);
    expect((await fresh.status()).listeners).toMatchObject([{ port: null }]);
    shim.heal();
    await fresh.ready();
    expect(await inForce(fresh)).toBe(version);
    await publish();
    await catchesUp(second);
  });

  test('whose connections are cut anywhere goes on with what it has, and takes the next version as soon as it can', async () => {
    const random = seededRandom(SEED);
    await using proxy = await startProxy(setup());
    let passed = shim.passed;
    await publish();
    await pollNow(proxy);
    // So that cuts fall everywhere in an update, and some behind it.
    const length = Math.floor((shim.passed - passed) * 1.1);
    for (let i = 0; i < CUTS; i++) {
      const before = await inForce(proxy);
      await publish();
      void shim.after(seededInteger(random, length), 'cut');
      passed = shim.passed;
      await pollNow(proxy);
      const found = await inForce(proxy);
      expect([before, version]).toContain(found);
      if (found !== version) {
        const told = await eventually('it is told', () => lastFailure(proxy));
        expect(['connect', 'truncated', 'timeout', 'inconsistent']).toContain(told?.['code']);
      }
      shim.heal();
      await catchesUp(proxy);
    }
  });

  test('that is shown no list for its certificate reads the certificate again when it has been renewed', async () => {
    mkdirSync(house.file('elsewhere'));
    const wrong = new OwnAuthority(house.file('elsewhere')).issue('node');
    const more = { auth: { clientCertificate: house.file('renewed.pem'), clientKey: house.file('renewed.key') } };
    copyFileSync(wrong.certificate, house.file('renewed.pem'));
    copyFileSync(wrong.key, house.file('renewed.key'));
    const place = { house, name: ISP, port: server.port, authority: server.authority };
    await using proxy = await spawnProxy(nodeSetup(place, more));
    await eventually('the fault is told', () => lastFailure(proxy)?.['code'] === 'http_status');
    const right = server.authority.issue('renewed-node');
    copyFileSync(right.key, house.file('renewed.key'));
    copyFileSync(right.certificate, house.file('renewed.pem'));
    await proxy.ready();
    expect(await inForce(proxy)).toBe(version);
  });

  test('behind a CDN takes each version, though the CDN remembers for a while what it had, and what it did not have', async () => {
    const { port } = resources.use(await startCdn(server));
    await using proxy = await startProxy(setup(port));
    expect(await inForce(proxy)).toBe(version);
    await publish();
    await catchesUp(proxy);
    // That there is no next root has just been said, and is remembered.
    for (const role of ['timestamp', 'root', 'snapshot']) {
      await house.publish('rotate', role);
      await publish();
      await catchesUp(proxy);
    }
  });
});

/** nginx again, before the server. What changes is remembered for a second, all else for a day. */
async function startCdn(server: RepositoryServer): Promise<AsyncDisposable & { readonly port: number }> {
  const { authority } = server;
  const [own, client] = [authority.issue('cdn'), authority.issue('cdn-client')];
  return await startNginx({
    http: 'proxy_cache_path cache keys_zone=cdn:1m;',
    server: `
      proxy_cache cdn; proxy_cache_use_stale error timeout; proxy_cache_valid 404 1s; proxy_http_version 1.1;
      proxy_ssl_certificate ${client.certificate}; proxy_ssl_certificate_key ${client.key};
      proxy_ssl_trusted_certificate ${authority.certificate}; proxy_ssl_verify on; proxy_ssl_name localhost;
      location / { proxy_pass https://127.0.0.1:${server.port}; proxy_cache_valid 200 1d; }
      location ~ /timestamp\\.json$ { proxy_pass https://127.0.0.1:${server.port}; proxy_cache_valid 200 1s; }`,
    tls: authority.texts(own),
  });
}
