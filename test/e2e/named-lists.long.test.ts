/**
 * Host names of a protected list from end to end: `cleanfeed publish` makes them, a real nginx serves them, `serve` has its policy zone written from those of
 * the version in force; and readers that are not ours read the same.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import type { ControlRequest } from '../../src/observe/control-protocol.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { filesIn } from '../support/files-in.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { OwnAuthority } from '../support/own-authority.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { hasPythonTuf, pythonTuf } from '../support/python-tuf.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const FIRST = [
  'blocked.example dns',
  '*.below.example dns',
  'http://page.example/listed.html dns',
  'port.example:8080 dns',
  'http://steered.example/listed.html steer',
];
const ZONE = ['blocked.example', 'below.example', '*.below.example'];
const PROGRAMS = ['nginx', 'openssl', 'age', 'age-keygen'];

let directory: TemporaryDirectory;
let authority: OwnAuthority;
let nginx: Nginx;

async function publish(...words: readonly string[]): Promise<void> {
  const folders = ['-r', directory.file('repo'), '-k', directory.file('keys')];
  const { code, stderr } = await cleanfeed(['publish', ...words, ...folders]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

async function publishList(lines: readonly string[]): Promise<void> {
  writeFileSync(directory.file('list.txt'), `${lines.join('\n')}\n`);
  await publish('build', directory.file('list.txt'), '--commit');
}

/** To the web root, as an operator copies it; without files whose path has `except` in it. */
function deploy(except = 'nothing'): void {
  const timestamp = 'isp-a/metadata/timestamp.json';
  const [from, to] = [directory.file('repo'), directory.file('web')];
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(timestamp) && !path.includes(except) });
  cpSync(join(from, timestamp), join(to, `${timestamp}.next`));
  renameSync(join(to, `${timestamp}.next`), join(to, timestamp));
}

function newIdentity(name: string): string {
  execFileSync('age-keygen', ['-o', directory.file(name)], { stdio: 'pipe' });
  return execFileSync('age-keygen', ['-y', directory.file(name)], { encoding: 'utf8' }).trim();
}

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

/** Names that the zone refuses, in its order; null: it is not there. */
function refused(): readonly string[] | null {
  if (!existsSync(directory.file('block.zone'))) return null;
  const lines = readFileSync(directory.file('block.zone'), 'utf8').split('\n');
  return lines.flatMap((line) => /^(\S+) CNAME \.$/.exec(line)?.[1] ?? []);
}

async function zoneBecomes(...names: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(names.toSorted());
  await eventually(`the zone has ${names.join(', ')}`, refused, (now) => JSON.stringify(now?.toSorted()) === wanted);
}

function node(more: object = {}) {
  const national = {
    name: 'national',
    source: `tuf+https://localhost:${nginx.port}/isp-a/`,
    root: directory.file('keys/state/root/1.root.json'),
    identity: directory.file('node.age'),
    namesIdentity: directory.file('names.age'),
    ca: authority.certificate,
    interval: '1h',
    gate: { canaries: directory.file('canaries.txt') },
    ...more,
  };
  const zone = { name: 'block.rpz', file: directory.file('block.zone'), lists: ['national'], notify: [] };
  return {
    config: {
      lists: [national],
      resolver: { zones: 'namesIdentity' in more ? [] : [zone] },
      state: { directory: directory.file('state') },
      control: { socket: directory.file('control.sock') },
    },
  };
}

async function ctl(request: ControlRequest): Promise<void> {
  const asked = await askControl(directory.file('control.sock'), request);
  expect(asked).toMatchObject({ kind: 'reply', reply: { ok: true } });
}

/** As a poll does; that a version is held, or names are missing, is no business of the reload. */
async function poll(): Promise<void> {
  const { kind } = await askControl(directory.file('control.sock'), { command: 'reload' });
  expect(kind).toBe('reply');
}

/** Nobody who reads along learns a name: neither from the log, nor from what the instance shows, nor from its disk. */
async function expectSecret(proxy: ProxyProcess): Promise<void> {
  const { body: status } = await proxy.admin('/status');
  const { body: metrics } = await proxy.admin('/metrics');
  const files = filesIn(directory.file('state')).map(({ bytes }) => bytes.toString('latin1'));
  for (const text of [proxy.stderr, status, metrics, ...files])
    for (const name of ['blocked', 'below', 'page', 'port', 'steered', 'new'])
      expect(text).not.toContain(`${name}.example`);
}

describeWith(PROGRAMS)('names of a protected list', () => {
  beforeEach(async () => {
    authority = new OwnAuthority(directory.path);
    writeFileSync(directory.file('canaries.txt'), 'canary.example\n');
    await publish('init');
    await publish('recipient', 'add', 'isp-a', newIdentity('node.age'), '--names', newIdentity('names.age'));
    await publishList(FIRST);
    deploy();
    nginx = await startNginx({
      server: `access_log ${directory.file('access.log')}; location / { alias ${directory.file('web')}/; }`,
      tls: authority.texts(authority.issue('server')),
    });
  });
  afterEach(async () => await nginx.stop());

  test('reach a zone, without those of entries on a page or a port; a removal is out of it with the next poll', async () => {
    await using proxy = await startProxy(node({ interval: '10s' }));
    await zoneBecomes(...ZONE);
    await publish('withdraw', 'blocked.example');
    deploy();
    await zoneBecomes('below.example', '*.below.example');
    const { outlets, lists } = await proxy.status();
    expect(outlets).toMatchObject([{ name: 'zone:block.rpz', lists: ['national'], missing: [], failures: 0 }]);
    expect(lists[0]?.versions).toMatchObject({ withdrawn: 1, names: { version: '1', fault: null } });
    await expectSecret(proxy);
  });

  test('are those of the version in force: not of one that is held, after a rollback of the one before', async () => {
    await using proxy = await startProxy(node());
    await zoneBecomes(...ZONE);
    await publishList([...FIRST, 'new.example dns', 'canary.example dns']);
    deploy();
    await poll();
    await eventually('it is held', () => proxy.logged('list.held').length > 0);
    expect(refused()?.toSorted()).toEqual(ZONE.toSorted());
    await ctl({ command: 'accept', list: 'national', version: '2' });
    await zoneBecomes(...ZONE, 'new.example', 'canary.example');
    await ctl({ command: 'rollback', list: 'national' });
    await zoneBecomes(...ZONE);
    // A removal goes past the pin.
    await publish('withdraw', '*.below.example');
    deploy();
    await poll();
    await zoneBecomes('blocked.example');
    await ctl({ command: 'release', list: 'national' });
    await zoneBecomes('blocked.example', 'new.example', 'canary.example');
    await expectSecret(proxy);
  });

  test('that are missing keep no list from being in force, and a start without the server has those that were there', async () => {
    {
      await using proxy = await startProxy(node());
      await zoneBecomes(...ZONE);
      await publishList([...FIRST.slice(1), 'new.example dns']);
      deploy('/names/');
      await poll();
      await eventually(
        'version 2 is in force',
        async () => (await proxy.status()).lists[0]?.versions,
        (versions) => versions?.inForce === '2' && versions.names?.fault !== null,
      );
      // Those of version 1 that hold in version 2.
      await zoneBecomes('below.example', '*.below.example');
      expect((await proxy.metrics()).get('cleanfeed_list_names_failing{list="national"}')).toBe(1);
      expect(await proxy.told('list.names_failed')).toMatchObject([{ list: 'national', code: 'inconsistent' }]);
      expect(proxy.logged('list.failed')).toEqual([]);
      await expectSecret(proxy);
      await publishList([...FIRST.slice(1), 'new.example dns', 'newer.example dns']);
      deploy();
      await poll();
      await zoneBecomes('below.example', '*.below.example', 'new.example', 'newer.example');
    }
    rmSync(directory.file('block.zone'));
    await nginx.stop();
    await using _proxy = await startProxy(node());
    await zoneBecomes('below.example', '*.below.example', 'new.example', 'newer.example');
  });

  test('are not asked for by a node without an identity for them', async () => {
    await using proxy = await startProxy(node({ namesIdentity: null }));
    await publish('withdraw', 'blocked.example');
    deploy();
    await poll();
    await eventually('it follows', async () => (await proxy.status()).lists[0]?.versions.withdrawn === 1);
    const asked = readFileSync(directory.file('access.log'), 'latin1');
    expect(asked).toContain('/targets/match/');
    expect(asked).not.toContain('/names/');
  });
});

describeWith([...PROGRAMS, ...(hasPythonTuf() ? [] : ['python3-tuf'])])('python3-tuf and age', () => {
  test('read names by the documents alone, and nobody else does', async () => {
    await publish('init');
    await publish('recipient', 'add', 'isp-a', newIdentity('node.age'), '--names', newIdentity('names.age'));
    await publishList(FIRST);
    await using server = await startNginx({ server: `location / { alias ${directory.file('repo')}/; }` });
    const [file = ''] = await pythonTuf(
      {
        url: `http://127.0.0.1:${server.port}/isp-a/`,
        folder: directory.file('python'),
        root: directory.file('keys/state/root/1.root.json'),
      },
      ['names/2/1.full'],
    );
    const opened = (identity: string): string =>
      execFileSync('age', ['-d', '-i', directory.file(identity), file], { encoding: 'latin1', stdio: 'pipe' });
    const text = opened('names.age');
    expect(text.length % 65_536).toBe(0);
    const [format, version, time, ...lines] = text.replace(/\0+$/, '').split('\n');
    expect([format, version]).toEqual(['cleanfeed names 2', 'version 1']);
    expect(time).toMatch(/^time \d+$/);
    expect(lines.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'blocked.example dns',
      '*.below.example dns',
      'steered.example steer',
      '',
    ]);
    expect(() => opened('node.age')).toThrow('no identity matched');
  });
});
