/**
 * `ctl bundle` of real instances: what it holds is read with the real tar, and searched for all that must not be in it: entries of lists, in any spelling, what
 * clients asked for, credentials and where they lie, customers' prefixes (requirements 49, 50, 66).
 */
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { counters } from '../../src/commands/bundle-machine.ts';
import { withoutPaths, withoutUrls } from '../../src/commands/bundle-safety.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { curl } from '../support/curl.ts';
import { eventually } from '../support/eventually.ts';
import { GOOD_ANSWERS } from '../support/list-answers.ts';
import { statusOf } from '../support/ok-origin.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { ScriptedListServer } from '../support/scripted-list-server.ts';
import { digestsOf, spellingsOf } from '../support/spellings.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { cleanfeed, endAll, folderWith } from './cli-process.ts';

const resources = new Resources();
afterEach(endAll);
afterAll(async () => await resources.end());

const secret = (what: string): string => `${what}${randomBytes(10).toString('hex')}`;

function filesOf(archive: string): Readonly<Record<string, string>> {
  const tar = (...args: string[]): string => execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const names = tar('-tzf', archive).trim().split('\n');
  return Object.fromEntries(names.map((name) => [name, tar('-xzOf', archive, name)]));
}

test('of an instance with every kind of list: nothing secret is in it, and what helps is', async () => {
  using directory = temporaryDirectory();
  const [listed, protectedEntry, asked, token, path] = ['l', 'p', 'a', 't', 'c'].map(secret) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const repository = await TestRepository.create(directory.file('repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file(`${path}.age`), repository.identity, { mode: 0o600 });
  writeFileSync(directory.file(`${path}.token`), token, { mode: 0o600 });
  await repository.publish([`${protectedEntry}.example`, `http://www.${protectedEntry}.example/${protectedEntry}`]);
  const lines = `${listed}.example\nhttp://b.localhost/${listed}?q=${listed}\n`;
  const server = resources.use(
    await ScriptedListServer.start(
      () => async (exchange) => await GOOD_ANSWERS[0]!.give(exchange, Buffer.from(lines), 0.5),
    ),
  );
  await using proxy = await startProxy({
    config: {
      lists: [
        {
          name: 'far',
          source: `${server.url}?token=${token}`,
          interval: '1h',
          auth: { bearer: directory.file(`${path}.token`) },
        },
        {
          name: 'national',
          source: `tuf+file://${repository.folder}`,
          root: directory.file('root.json'),
          identity: directory.file(`${path}.age`),
        },
      ],
      workers: 2,
      clients: { allow: ['127.0.0.0/8', '198.51.100.0/24'] },
      limits: { sharedAddresses: [{ prefix: '192.0.2.0/28' }] },
      trace: { clients: ['2001:db8:77::/48'] },
      policies: [{ name: 'schools', clients: ['203.0.113.0/24'], lists: ['far'] }],
    },
    environment: server.environment,
  });
  expect(await statusOf(proxy.port, `http://b.localhost/${listed}?q=${listed}`)).toBe(403);
  await curl(proxy.port, [`http://${asked}.localhost/${asked}`]);
  // A fault that names the token's place, and one that names the server.
  writeFileSync(join(directory.path, `${path}.token`), '', { mode: 0o644 });
  await cleanfeed(['ctl', 'reload', '-c', proxy.file('cleanfeed.yaml')]);
  await eventually(
    'the fault is known',
    () => proxy.stderr.includes('list.update_failed') || proxy.stderr.includes('warn'),
  );

  const archive = directory.file('bundle.tar.gz');
  const made = await cleanfeed(['ctl', 'bundle', '-c', proxy.file('cleanfeed.yaml'), '-o', archive]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toContain('Look at it before you send it');
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const files = filesOf(archive);
  expect(Object.keys(files).map((name) => name.replace('cleanfeed-bundle/', ''))).toEqual([
    'README.txt',
    'status.json',
    'limits.json',
    'metrics.txt',
    'log.jsonl',
    'configuration.json',
    'machine.json',
  ]);
  const of = (name: string): string => files[`cleanfeed-bundle/${name}`] ?? '';
  expect(of('README.txt')).toMatch(/should look at it before it is sent/);
  expect(JSON.parse(of('status.json'))).toMatchObject({ ready: true, lists: [{ name: 'far' }, { name: 'national' }] });
  expect(of('metrics.txt')).toContain('cleanfeed_list_entries{list="national"} 2');
  expect(of('log.jsonl')).toContain('"event":"listener.opened"');
  expect(JSON.parse(of('configuration.json'))).toMatchObject({ workers: 2, policies: [{ clients: '[1 in all]' }] });
  expect(JSON.parse(of('machine.json'))).toMatchObject({
    program: { node: process.version },
    settings: { 'net.core.somaxconn': expect.any(String) },
    process: { limits: expect.stringContaining('Max open files') },
  });

  const bytes = gunzipSync(readFileSync(archive));
  const spellings = [
    ...[listed, protectedEntry, asked, token, path].flatMap(spellingsOf),
    ...[`${listed}.example`, `${protectedEntry}.example`, token].flatMap(digestsOf),
    ...[repository.identity, server.url, '198.51.100', '203.0.113', '192.0.2', '2001:db8'].map((text) => ({
      form: text,
      bytes: Buffer.from(text.trim()),
    })),
  ];
  expect(spellings.filter((spelling) => bytes.includes(spelling.bytes)).map(({ form }) => form)).toEqual([]);

  const again = await cleanfeed(['ctl', 'bundle', '-c', proxy.file('cleanfeed.yaml'), '-o', archive]);
  expect(again).toMatchObject({ code: 69, stderr: expect.stringContaining('is there already') });

  // A bound for files does what a full disk does: a part is written.
  const half = `${archive}.half`;
  const command = [
    process.execPath,
    join(import.meta.dirname, '../../src/cli.ts'),
    'ctl',
    'bundle',
    '-c',
    proxy.file('cleanfeed.yaml'),
    '-o',
    half,
  ];
  await expect(promisify(execFile)('sh', ['-c', 'ulimit -f 1; exec "$@"', 'sh', ...command])).rejects.toMatchObject({
    code: 69,
    stderr: expect.stringContaining(half),
  });
  expect(existsSync(half)).toBe(false);
});

test('asked at its socket alone, or by a file that has changed since: places of credentials that only the instance knows are not in it', async () => {
  using directory = temporaryDirectory();
  const place = secret('c');
  // No pattern tells where a path with spaces ends.
  const tokens = ['first', 'second'].map((name) => directory.file(`${name} ${place} "x".token`));
  for (const token of tokens) writeFileSync(token, secret('t'), { mode: 0o644 });
  const list = (token: string) => ({
    name: 'far',
    source: 'https://127.0.0.1:9/list.txt',
    interval: '1h',
    auth: { bearer: token },
  });
  await using proxy = await spawnProxy({ config: { lists: [list(tokens[0]!)] } });
  await eventually('the fault is known', () => proxy.stderr.includes('may be read or written by others'));
  const file = proxy.file('cleanfeed.yaml');
  const socket = proxy.file('state/control.sock');
  const edited = JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), lists: [list(tokens[1]!)] });
  const none = JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), lists: [] });
  for (const [index, [names, text]] of [
    [['-s', socket], null],
    [['-c', file], none],
    [['-c', file], edited],
  ].entries() as IterableIterator<[number, [string[], string | null]]>) {
    if (text !== null) writeFileSync(file, text);
    const archive = directory.file(`${index}.tar.gz`);
    expect(await cleanfeed(['ctl', 'bundle', ...names, '-o', archive])).toMatchObject({ code: 0 });
    const files = filesOf(archive);
    expect(files['cleanfeed-bundle/log.jsonl']).toContain('[credential] may be read or written by others');
    const bytes = gunzipSync(readFileSync(archive));
    expect(spellingsOf(place).filter((spelling) => bytes.includes(spelling.bytes))).toEqual([]);
  }
});

test('a path in a message is none, whoever it belongs to', () => {
  expect(
    withoutPaths(
      '{"reason":"/etc/keys/a.token cannot be read","x":"a/b 10.0.0.0/8 text/plain /status LoadCredential=k:/etc/k/k"}',
    ),
  ).toBe('{"reason":"[path] cannot be read","x":"a/b 10.0.0.0/8 text/plain /status LoadCredential=k:[path]"}');
});

test('without an instance: what the machine and the configuration tell', async () => {
  const cwd = await folderWith({ 'f.yaml': 'state: { directory: ./state }\nworkers: 3\n' });
  const made = await cleanfeed(['ctl', 'bundle', '-c', 'f.yaml', '-o', 'b.tar.gz'], { cwd });
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('no running instance') });
  const files = filesOf(join(cwd, 'b.tar.gz'));
  expect(Object.keys(files)).toEqual(
    ['README.txt', 'configuration.json', 'machine.json'].map((name) => `cleanfeed-bundle/${name}`),
  );
  expect(files['cleanfeed-bundle/README.txt']).toMatch(/^status\.json .* \(none\)$/m);
  const none = await cleanfeed(['ctl', 'bundle', '-s', './none.sock', '-o', 'c.tar.gz'], { cwd });
  expect(none).toMatchObject({ code: 69, stdout: '' });
});

test('what a part held all the same does not get in', () => {
  expect(withoutUrls('"at https://u:p@a.example/x?y", /etc/a.age and age', ['/etc/a.age'])).toBe(
    '"at [URL]", [credential] and age',
  );
});

test('counters of the kernel are found by their names', () => {
  expect(counters('TcpExt: A ListenDrops\nTcpExt: 1 2\nIpExt: B\nIpExt: 3\n', ['ListenDrops', 'B', 'C'])).toEqual({
    ListenDrops: 2,
    B: 3,
  });
});
