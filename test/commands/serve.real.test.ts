import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, get } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';
import type { Running } from './cli-process.ts';

const NEVER_LISTENING = join(import.meta.dirname, '..', 'support', 'never-listening.cjs');
const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  await endAll();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const CONFIG = `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
lists: [{ name: own, source: own.txt }]
upstream: { allow: [127.0.0.0/8] }
workers: 1
shutdown: { lameDuck: 0s, drain: 30s }
`;

/** The line of a port that another program has: address, port, key, and what to do. */
const inUse = (port: number, key: string): string =>
  `cleanfeed: 127.0.0.1:${port} is in use (${key}): set ${key} to a free port, or end the program that has it ('ss -lntup sport = :${port}' names it)\n`;

describe('serve', () => {
  test('filters, reloads on SIGHUP, ends on SIGTERM', async () => {
    const origin = await listening(createHttpServer((_, response) => response.end('from the origin')));
    const cwd = await folderWith({ 'f.yaml': CONFIG, 'own.txt': 'origin.localhost/listed\n' });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    const { port } = await running.event('listener.opened');
    const url = (path: string) => `http://origin.localhost:${origin}${path}`;
    expect(await throughProxy(Number(port), url('/listed'))).toMatchObject({ status: 403 });
    expect(await throughProxy(Number(port), url('/other'))).toEqual({ status: 200, body: 'from the origin' });
    // Renamed into place: no half a list is ever there.
    await writeFile(join(cwd, 'next.txt'), 'origin.localhost/other\n');
    await rename(join(cwd, 'next.txt'), join(cwd, 'own.txt'));
    running.child.kill('SIGHUP');
    await running.line((line) => line.includes('"event":"list.loaded"') && line.includes('"generation":2'));
    expect(await throughProxy(Number(port), url('/listed'))).toMatchObject({ status: 200 });
    expect(await throughProxy(Number(port), url('/other'))).toMatchObject({ status: 403 });
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, signal: null, stdout: '' });
  });

  test.each(['/proc/none/state', '/dev/null/state'])(
    'a state directory that cannot be made (%s): a warning, and it filters',
    async (directory) => {
      const cwd = await folderWith({
        'f.yaml': `${CONFIG}state: { directory: ${directory} }\n`,
        'own.txt': 'origin.localhost/listed\n',
      });
      const running = start(['serve', '-c', 'f.yaml'], { cwd });
      expect(await running.event('state.not_writable')).toMatchObject({
        level: 'warn',
        reason: expect.stringContaining(directory),
      });
      expect(await running.event('control_socket.unavailable')).toMatchObject({ level: 'error' });
      const { port } = await running.event('listener.opened');
      expect(await throughProxy(Number(port), 'http://origin.localhost/listed')).toMatchObject({ status: 403 });
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code: 0 });
    },
  );

  test('a second instance on the same port: both go on, each with a control socket of its own, and it says so; with the same admin port it does not start', async () => {
    const [port, admin] = [await freePort(), await freePort()];
    const config = (adminPort: number): string =>
      CONFIG.replaceAll('port: 0', 'PORT').replace('PORT', `port: ${port}`).replace('PORT', `port: ${adminPort}`);
    const cwd = await folderWith({
      'f.yaml': config(admin),
      'g.yaml': config(0),
      'own.txt': 'origin.localhost/listed\n',
    });
    const first = start(['serve', '-c', 'f.yaml'], { cwd });
    await first.event('listener.opened');
    expect(await cleanfeed(['serve', '-c', 'f.yaml'], { cwd })).toMatchObject({
      code: 69,
      stderr: inUse(admin, 'admin.port'),
    });
    const second = start(['serve', '-c', 'g.yaml'], { cwd });
    expect(await second.event('listener.shared')).toMatchObject({
      level: 'warn',
      listener: 'main',
      address: '127.0.0.1',
      port,
    });
    await second.event('listener.opened');
    for (const { child } of [first, second]) child.kill('SIGTERM');
    expect((await first.ended).stderr).not.toMatch(/listener\.shared|control_socket\.in_use/);
    expect(await second.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('control_socket.in_use') });
  });

  // Was a fault: the one ended it without a word, the other opened Node's debugger where no flag of the unit kept it shut.
  test.each(['SIGUSR1', 'SIGUSR2'] as const)('%s, as it is sent to other servers: nothing happens', async (signal) => {
    const cwd = await folderWith({ 'f.yaml': CONFIG, 'own.txt': 'bad.example\n' });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    await running.event('listener.opened');
    running.child.kill(signal);
    expect(await running.event('signal.ignored')).toMatchObject({ level: 'warn', signal });
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Debugger') });
  });

  test('`explain` tells the generation of the running instance', async () => {
    const adminPort = await freePort();
    const cwd = await folderWith({
      'f.yaml': CONFIG.replace('admin: { port: 0 }', `admin: { port: ${adminPort} }`),
      'own.txt': 'bad.example\n',
    });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    await running.event('listener.opened');
    const { code, stdout } = await cleanfeed(['explain', '-c', 'f.yaml', '--json', 'http://bad.example/'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'block', generation: 1 });
    expect(code).toBe(1);
  });

  test('a bad configuration: every fault, exit 78', async () => {
    const cwd = await folderWith({ 'f.yaml': 'workers: 0\nzzzzz: 1\n' });
    const { code, stdout, stderr } = await cleanfeed(['serve', '-c', 'f.yaml'], { cwd });
    expect(stderr).toMatch(
      /^f\.yaml:1:10: workers: .*\n  1 \| workers: 0\n    \|          \^\nf\.yaml:2:1: zzzzz: unknown key/,
    );
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  });

  test.each([
    {
      name: 'a listener',
      key: 'listeners[1].port',
      config: (port: number) =>
        CONFIG.replace('[{ name: main, port: 0 }]', `[{ name: main, port: 0 }, { name: second, port: ${port} }]`),
    },
    {
      name: 'the admin server',
      key: 'admin.port',
      config: (port: number) => CONFIG.replace('admin: { port: 0 }', `admin: { port: ${port} }`),
    },
  ])('the port of $name is taken: exit 69 with port and key', async ({ key, config }) => {
    const port = await listening(createServer());
    const cwd = await folderWith({ 'f.yaml': config(port), 'own.txt': '# none\n' });
    const { code, stderr } = await cleanfeed(['serve', '-c', 'f.yaml'], { cwd });
    expect(`${stderr.trim().split('\n').at(-1)}\n`).toBe(inUse(port, key));
    // It is not: whoever listens there lets nobody share the port.
    expect(stderr).not.toContain('listener.shared');
    expect(code).toBe(69);
  });

  test('an address that is not ours: exit 69', async () => {
    const cwd = await folderWith({
      'f.yaml': CONFIG.replace('name: main, port: 0', 'name: main, address: 192.0.2.1, port: 3128'),
      'own.txt': '# none\n',
    });
    const { code, stderr } = await cleanfeed(['serve', '-c', 'f.yaml'], { cwd });
    expect(stderr.trim().split('\n').at(-1)).toBe(
      'cleanfeed: 192.0.2.1:3128 is not an address of this machine (listeners[0].port)',
    );
    expect(code).toBe(69);
  });

  test('an unusable list at start: the admin side says why, no listener opens, and it is tried again', async () => {
    const cwd = await folderWith({ 'f.yaml': CONFIG, 'own.txt': 'a b c\n' });
    const running = start(['serve', '-c', 'f.yaml'], { cwd });
    const { port } = await running.event('process.started');
    await running.event('process.not_ready');
    expect(await fetchText(`http://127.0.0.1:${Number(port)}/healthz`)).toMatchObject({ status: 200 });
    expect(await fetchText(`http://127.0.0.1:${Number(port)}/readyz`)).toMatchObject({
      status: 503,
      body: expect.stringContaining('own'),
    });
    await writeFile(join(cwd, 'own.txt'), 'a.example\n');
    running.child.kill('SIGHUP');
    await running.event('listener.opened');
    expect(await fetchText(`http://127.0.0.1:${Number(port)}/readyz`)).toMatchObject({ status: 200 });
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('drains for as long as it may, and no longer', async () => {
    const { running } = await withRequestUnderWay('300ms');
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });

  test('a second signal ends it at once', async () => {
    const { running } = await withRequestUnderWay('1h');
    running.child.kill('SIGTERM');
    const { time } = await running.event('process.draining');
    // Within a quarter of a second two signals count as one keystroke; the line is from after the first.
    await eventually('another keystroke', () => Date.now() > Date.parse(String(time)) + 250);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143 });
  });

  // Was a fault: the end waited for listeners that a worker never opened.
  test('ends though its listeners never open', async () => {
    const cwd = await folderWith({ 'f.yaml': CONFIG.replace('30s', '300ms'), 'own.txt': '# none\n' });
    const running = start(['serve', '-c', 'f.yaml'], { cwd, nodeOptions: `--require=${NEVER_LISTENING}` });
    await running.event('test.not_listening');
    running.child.kill('SIGTERM');
    expect(await running.event('process.stop_failed')).toMatchObject({ stage: 'listeners' });
    expect(await running.ended).toMatchObject({ code: 70, signal: null });
  });

  test('ends when its starter is gone', async () => {
    const cwd = await folderWith({ 'f.yaml': CONFIG, 'own.txt': '# none\n' });
    const running = start(['serve', '-c', 'f.yaml'], { cwd, ipc: true });
    await running.event('listener.opened');
    running.child.disconnect();
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });
});

/** An instance with a request whose answer never comes. */
async function withRequestUnderWay(drain: string): Promise<{ running: Running }> {
  const arrived = Promise.withResolvers<void>();
  const origin = await listening(
    createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', () => arrived.resolve());
    }),
  );
  const cwd = await folderWith({ 'f.yaml': CONFIG.replace('drain: 30s', `drain: ${drain}`), 'own.txt': '# none\n' });
  const running = start(['serve', '-c', 'f.yaml'], { cwd });
  const { port } = await running.event('listener.opened');
  const client = connect(Number(port), '127.0.0.1');
  sockets.push(client);
  client.on('error', () => {});
  client.write(`GET http://origin.localhost:${origin}/ HTTP/1.1\r\nHost: origin.localhost:${origin}\r\n\r\n`);
  await arrived.promise;
  return { running };
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function throughProxy(port: number, url: string): Promise<{ status: number; body: string }> {
  return await fetchText(`http://127.0.0.1:${port}`, { path: url, headers: { Host: new URL(url).host } });
}

function fetchText(
  at: string,
  options: { readonly path?: string; readonly headers?: Record<string, string> } = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(at, { agent: false, ...options }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    }).on('error', reject);
  });
}

describe.each(['serve', 'guard', 'relay'])('%s: a signal that comes while its modules are read', (command) => {
  async function signalled(signal: string): Promise<Running> {
    // The others end with what is wrong with their configuration.
    const cwd = await folderWith({ 'f.yaml': command === 'serve' ? CONFIG : 'none: {}\n', 'own.txt': 'a.example\n' });
    const hook = `import { registerHooks } from 'node:module';
      const load = (url, context, next) => {
        if (url.endsWith('/commands/${command}.ts')) process.kill(process.pid, '${signal}');
        return next(url, context);
      };
      registerHooks({ load });`;
    const nodeOptions = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
    return start([command, '-c', 'f.yaml'], { cwd, nodeOptions, isSources: true });
  }

  test('SIGHUP ends nothing; a service manager takes that for a clean end', async () => {
    const running = await signalled('SIGHUP');
    if (command === 'serve') {
      await running.event('listener.opened');
      await running.event('reload.started');
      running.child.kill('SIGTERM');
    }
    expect(await running.ended).toMatchObject({ code: command === 'serve' ? 0 : 78, signal: null });
  });

  // Was a fault: the one ended it, the other opened a debugger.
  test.each(['SIGUSR1', 'SIGUSR2'])('%s ends nothing, and opens nothing', async (signal) => {
    const running = await signalled(signal);
    if (command === 'serve') {
      await running.event('listener.opened');
      running.child.kill('SIGTERM');
    }
    const { code, signal: by, stderr } = await running.ended;
    expect([code, by]).toEqual([command === 'serve' ? 0 : 78, null]);
    expect(stderr).not.toContain('Debugger');
  });
});
