/**
 * A protected list from end to end: `cleanfeed publish` makes it, a real nginx serves it to whom it has given a certificate, `serve` refuses
 * what is on it.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { eventually } from '../support/eventually.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { OwnAuthority } from '../support/own-authority.ts';
import { describeWith } from '../support/programs.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();

let origin: Origin;
let nginx: Nginx;
let directory: TemporaryDirectory;
let authority: OwnAuthority;

async function publish(...words: string[]): Promise<string> {
  const folders = ['-r', directory.file('repo'), '-k', directory.file('keys')];
  const { code, stdout, stderr } = await cleanfeed(['publish', ...words, ...folders]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function publishList(...hosts: string[]): Promise<void> {
  writeFileSync(directory.file('list.txt'), hosts.map((host) => `http://${host}.localhost/listed\n`).join(''));
  await publish('build', directory.file('list.txt'), '--commit');
}

/** What a node's configuration says of it. */
function listOf(client: { readonly certificate: string; readonly key: string } | null) {
  return {
    name: 'national',
    source: `tuf+https://localhost:${nginx.port}/isp-a/`,
    root: directory.file('keys/state/root/1.root.json'),
    identity: directory.file('node.age'),
    ca: authority.certificate,
    interval: '10s',
    ...(client === null ? {} : { auth: { clientCertificate: client.certificate, clientKey: client.key } }),
  };
}

/** Status of the answer to a GET. */
async function ask(proxy: ProxyProcess, ...hosts: string[]): Promise<readonly number[]> {
  return await Promise.all(hosts.map((host) => statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`)));
}

describeWith(['nginx', 'openssl', 'age'])('a list that was published', () => {
  beforeEach(async () => {
    directory = temporaryDirectory();
    authority = new OwnAuthority(directory.path);
    execFileSync('age-keygen', ['-o', directory.file('node.age')], { stdio: 'pipe' });
    const recipient = execFileSync('age-keygen', ['-y', directory.file('node.age')], { encoding: 'utf8' }).trim();
    await publish('init');
    await publish('recipient', 'add', 'isp-a', recipient);
    await publishList('a', 'b');
    origin = await startOkOrigin();
    nginx = await startNginx({
      server: `location / { alias ${directory.file('repo')}/; } ssl_client_certificate ${authority.certificate}; ssl_verify_client on;`,
      tls: authority.texts(authority.issue('server')),
    });
  });
  afterEach(async () => {
    await nginx.stop();
    await origin[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  test('is followed through changes and removals, and filters on when the server is gone, also from a start', async () => {
    const config = { lists: [listOf(authority.issue('node'))], state: { directory: directory.file('state') } };
    {
      await using proxy = await startProxy({ config });
      expect(await ask(proxy, 'a', 'b', 'c')).toEqual([403, 403, 200]);
      await publishList('a', 'b', 'c');
      await eventually('the next version is in force', async () => (await ask(proxy, 'c'))[0] === 403);
      await publish('withdraw', 'http://a.localhost/listed');
      await eventually('what was withdrawn is free', async () => (await ask(proxy, 'a'))[0] === 200);
      const ofList = (name: string) => `cleanfeed_list_${name}{list="national"}`;
      // One entry came with the version, one went by itself.
      await eventually('it is counted', async () => (await proxy.metrics()).get(ofList('entries_removed_total')) === 1);
      const metrics = await proxy.metrics();
      expect(metrics.get(ofList('entries_added_total'))).toBe(1);
      expect(metrics.get('cleanfeed_list_withdrawn{list="national"}')).toBe(1);
      expect(metrics.get('cleanfeed_list_content{list="national"}')).toBeGreaterThan(0);
      expect(metrics.get('cleanfeed_list_expires_timestamp_seconds{list="national"}')).toBeGreaterThan(
        Date.now() / 1000,
      );
    }
    writeFileSync(directory.file('cleanfeed.yaml'), JSON.stringify(config));
    const url = 'http://b.localhost/listed';
    const explained = await cleanfeed(['explain', '-c', directory.file('cleanfeed.yaml'), url, '--json']);
    const { verdict, list, entry }: Record<string, unknown> = JSON.parse(explained.stdout);
    expect({ verdict, list }).toEqual({ verdict: 'block', list: 'national' });
    expect(await publish('why', String(entry), '--recipient', 'isp-a')).toContain(url);
    const checked = await cleanfeed(['check', '-c', directory.file('cleanfeed.yaml')]);
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('list national: 2 entries') });
    rmSync(directory.file('repo'), { recursive: true });
    await using proxy = await startProxy({ config });
    expect(await ask(proxy, 'a', 'b', 'c')).toEqual([200, 403, 403]);
    await eventually('the fault is shown', async () => {
      const metrics = await proxy.metrics();
      return metrics.get('cleanfeed_list_rejected_total{list="national",reason="inconsistent"}') !== 0;
    });
  });

  test('is shown to nobody without a certificate, nor to a node with another identity', async () => {
    writeFileSync(directory.file('cleanfeed.yaml'), JSON.stringify({ lists: [listOf(authority.issue('node'))] }));
    const none = await cleanfeed(['check', '-c', directory.file('cleanfeed.yaml')], { cwd: directory.path });
    expect(none).toMatchObject({
      code: 78,
      stdout: expect.stringContaining("there is no copy of the list yet: 'serve' fetches it"),
    });
    rmSync(directory.file('node.age'));
    execFileSync('age-keygen', ['-o', directory.file('node.age')], { stdio: 'pipe' });
    for (const [client, code] of [
      [null, 'http_status'],
      [authority.issue('other'), 'decrypt'],
    ] as const) {
      await using proxy = await spawnProxy({ config: { lists: [listOf(client)] } });
      await eventually('it says so', () => proxy.logged('list.failed').some((line) => line['code'] === code));
      expect((await proxy.admin('/readyz')).status).toBe(503);
    }
  });
});
