/**
 * Lists behind a login, with nginx as the server and Squid as the forward proxy: each way to show who asks, as a whole process. What
 * is shown to the server is shown to nobody else: terminal, log, status, metrics, control socket, process list (requirement 66).
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { runListening } from '../support/listening-program.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { statusOf } from '../support/ok-origin.ts';
import { OwnAuthority } from '../support/own-authority.ts';
import { spawnProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const TOKEN = 'c4nary-t0ken-of-7he-operator';
const PASSWORD = 'c4nary-p4ssword-0f-the-operator';
const BASIC = Buffer.from(`isp-a:${PASSWORD}`).toString('base64');

const resources = new Resources();
let nginx: Nginx;
let squid: { readonly port: number; readonly log: () => string };
let directory: ReturnType<typeof temporaryDirectory>;
let authority: OwnAuthority;
let client: { readonly certificate: string; readonly key: string };

beforeEach(async () => {
  directory = temporaryDirectory();
  authority = new OwnAuthority(directory.path);
  client = authority.issue('isp-a');
  writeFileSync(directory.file('token'), `${TOKEN}\n`, { mode: 0o600 });
  writeFileSync(directory.file('password'), `isp-a:${PASSWORD}\n`, { mode: 0o600 });
  writeFileSync(directory.file('users'), `isp-a:{PLAIN}${PASSWORD}\n`);
  nginx = resources.use(
    await startNginx({
      tls: authority.texts(authority.issue('server')),
      server: `
        ssl_client_certificate ${authority.certificate};
        ssl_verify_client optional;
        location /bearer/ { if ($http_authorization != "Bearer ${TOKEN}") { return 401; } }
        location /basic/ { auth_basic lists; auth_basic_user_file ${directory.file('users')}; }
        location /certificate/ { if ($ssl_client_verify != SUCCESS) { return 403; } }
        location /open/ { }`,
      files: Object.fromEntries(
        ['bearer', 'basic', 'certificate', 'open'].map((way) => [`${way}/list.txt`, `${way}.localhost\n`]),
      ),
    }),
  );
  squid = await startSquid();
});
afterEach(async () => {
  await resources.end();
  directory[Symbol.dispose]();
});

/** A forward proxy that writes down what it is asked for. */
async function startSquid(): Promise<typeof squid> {
  const logs = temporaryDirectory();
  // It writes as a user of its own.
  chmodSync(logs.path, 0o777);
  const { port } = resources.use(
    await runListening({
      name: 'squid',
      configuration: (at) => `http_access allow all
http_port 127.0.0.1:${at}
pid_filename none
access_log stdio:${logs.file('access.log')}
buffered_logs off
cache_log /dev/null
cache_store_log none
cache deny all
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname squid.invalid
workers 1
`,
      args: (file) => ['-N', '-n', `login${process.pid}`, '-f', file],
    }),
  );
  resources.defer(async () => {
    await Promise.resolve();
    logs[Symbol.dispose]();
  });
  return {
    port,
    log: () => (existsSync(logs.file('access.log')) ? readFileSync(logs.file('access.log'), 'utf8') : ''),
  };
}

type Terms = Readonly<Record<string, unknown>>;

function list(way: string, terms: Terms): Terms {
  const source = `https://localhost:${nginx.port}/${way}/list.txt`;
  return { name: way, source, ca: authority.certificate, interval: '1h', ...terms };
}

/** Everything that the process and its commands show. */
async function shown(proxy: ProxyProcess): Promise<string> {
  const config = proxy.file('cleanfeed.yaml');
  const pages = ['/status', '/metrics', '/readyz', '/'].map(async (path) => (await proxy.admin(path)).body);
  const commands = [
    ['ctl', 'status', '-c', config],
    ['ctl', 'status', '--json', '-c', config],
    ['check', '-c', config],
    ['explain', '-c', config, 'http://bearer.localhost/'],
  ];
  const outputs: string[] = [];
  for (const command of commands) {
    const { stdout, stderr } = await cleanfeed(command);
    outputs.push(stdout, stderr);
  }
  const processes = await text(spawn('ps', ['-eww', '-o', 'args']).stdout);
  return [...(await Promise.all(pages)), ...outputs, processes, proxy.stderr].join('\n');
}

function secrets(): readonly string[] {
  const key = readFileSync(client.key, 'utf8').split('\n')[1] ?? '';
  return [TOKEN, PASSWORD, BASIC, key];
}

test('a token, a password, a client certificate, an authority of its own, a forward proxy: each list is served', async () => {
  const proxy = resources.use(
    await spawnProxy({
      config: {
        lists: [
          list('bearer', { auth: { bearer: directory.file('token') } }),
          list('basic', { auth: { basic: directory.file('password') } }),
          list('certificate', { auth: { clientCertificate: client.certificate, clientKey: client.key } }),
          list('open', { proxy: `http://127.0.0.1:${squid.port}` }),
        ],
      },
    }),
  );
  await proxy.ready();
  for (const way of ['bearer', 'basic', 'certificate', 'open'])
    expect([way, await statusOf(proxy.port, `http://${way}.localhost:9/`)]).toEqual([way, 403]);
  // The proxy has seen the name of the server, and nothing else; it writes a line when a connection has ended.
  await eventually('it is written down', () => squid.log().includes('CONNECT'));
  expect(squid.log()).toMatch(new RegExp(`CONNECT localhost:${nginx.port}`));
  expect(squid.log()).not.toContain('/open/');
  const words = await shown(proxy);
  expect(secrets().filter((secret) => words.includes(secret))).toEqual([]);
});

test('a protected list and its removals, through the forward proxy, with a token', async () => {
  const repository = await TestRepository.create(join(nginx.root, 'bearer', 'repository'));
  writeFileSync(directory.file('root.json'), repository.root());
  writeFileSync(directory.file('node.age'), repository.identity, { mode: 0o600 });
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed']);
  const source = `tuf+https://localhost:${nginx.port}/bearer/repository/`;
  const trust = { root: directory.file('root.json'), identity: directory.file('node.age') };
  const auth = { bearer: directory.file('token') };
  const terms = { source, ...trust, auth, interval: '10s', proxy: `http://127.0.0.1:${squid.port}` };
  const proxy = resources.use(await spawnProxy({ config: { lists: [list('far', terms)] } }));
  await proxy.ready();
  const isRefused = async (host: string): Promise<boolean> =>
    (await statusOf(proxy.port, `http://${host}.localhost:9/listed`)) === 403;
  expect([await isRefused('a'), await isRefused('b')]).toEqual([true, true]);
  await repository.withdraw(['http://a.localhost/listed']);
  await eventually('it is free', async () => !(await isRefused('a')));
  expect(await isRefused('b')).toBe(true);
  await eventually('it is written down', () => squid.log().includes('CONNECT'));
  expect(squid.log()).not.toMatch(/repository|timestamp/);
  const words = await shown(proxy);
  expect([...secrets(), repository.identity].filter((secret) => words.includes(secret))).toEqual([]);
});

test('what the server refuses, and a secret that others may read: told by name, and nothing of the secret', async () => {
  writeFileSync(directory.file('token'), `${TOKEN}-of-yesterday\n`, { mode: 0o600 });
  chmodSync(directory.file('password'), 0o644);
  using elsewhere = temporaryDirectory();
  const stranger = new OwnAuthority(elsewhere.path).issue('isp-a');
  const proxy = resources.use(
    await spawnProxy({
      config: {
        lists: [
          list('bearer', { auth: { bearer: directory.file('token') } }),
          list('basic', { auth: { basic: directory.file('password') } }),
          list('certificate', { auth: { clientCertificate: stranger.certificate, clientKey: stranger.key } }),
          list('open', { ca: client.certificate }),
        ],
      },
    }),
  );
  const errors = async (): Promise<readonly string[]> =>
    (await proxy.status()).lists.map(({ lastError }) => lastError ?? '');
  await eventually('each has failed', async () => (await errors()).every((error) => error !== ''));
  const [bearer, basic, certificate, open] = await errors();
  expect(bearer).toMatch(/status 401/);
  expect(basic).toContain(directory.file('password'));
  expect(basic).toMatch(/may be read or written by others \(mode 644\); chmod 600/);
  expect(certificate).toMatch(/status 40[03]/);
  expect(open).toMatch(
    /the server cannot be reached: the chain of its certificate does not lead to an authority that is trusted here .*\([A-Z_]+\)/,
  );
  const words = await shown(proxy);
  expect(words).not.toContain(TOKEN);
  expect(secrets().filter((secret) => words.includes(secret))).toEqual([]);
  // A renewed token is read again.
  writeFileSync(directory.file('token'), `${TOKEN}\n`);
  chmodSync(directory.file('password'), 0o600);
  await cleanfeed(['ctl', 'reload', '-c', proxy.file('cleanfeed.yaml')]);
  await eventually('both have come', async () => {
    const { lists } = await proxy.status();
    return (
      lists
        .filter(({ loaded }) => loaded)
        .map(({ name }) => name)
        .join() === 'bearer,basic'
    );
  });
});
