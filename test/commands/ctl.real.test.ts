/** `ctl` against the real process, over its control socket. */
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createControl } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { rawClient } from '../support/raw-client.ts';
import { stopProcess } from '../support/stopped-process.ts';
import { endAll, folderWith, start } from './cli-process.ts';
import type { Running } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

const CONFIG = `listeners: [{ name: main, port: 0 }]
admin: { port: 0 }
lists: [{ name: own, source: own.txt }]
upstream: { allow: [127.0.0.0/8] }
state: { directory: ./state }
shutdown: { lameDuck: 0s }
workers: 1
`;
const TWO_WORKERS = CONFIG.replace('workers: 1', 'workers: 2');

interface Instance {
  readonly cwd: string;
  readonly running: Running;
  readonly port: number;
  readonly socket: string;
  readonly ctl: (...args: string[]) => ReturnType<typeof cleanfeed>;
}

async function instance(config = CONFIG): Promise<Instance> {
  const cwd = await folderWith({ 'f.yaml': config, 'own.txt': 'origin.localhost/listed\n' });
  const running = start(['serve', '-c', 'f.yaml'], { cwd });
  const { port } = await running.event('listener.opened');
  const ctl = async (...args: string[]) => await cleanfeed(['ctl', ...args, '-c', 'f.yaml'], { cwd });
  return { cwd, running, port: Number(port), socket: join(cwd, 'state', 'control.sock'), ctl };
}

/** A connection from an address of its own, once it has been answered or turned away. */
async function settled(port: number, client: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: client });
  socket.on('error', () => {});
  socket.write('GET http://origin.localhost/listed HTTP/1.1\r\nHost: origin.localhost\r\n\r\n');
  await new Promise<void>((resolve) => socket.once('data', () => resolve()).once('close', () => resolve()));
  return socket;
}

describe('one instance of two workers that goes on', () => {
  let shared: Instance;

  beforeAll(async () => {
    shared = await instance(TWO_WORKERS);
  });
  afterAll(endAll);

  test('status: one screen, the same as JSON, and with --watch again and again until nobody reads', async () => {
    const { cwd, ctl, running, port } = shared;
    const { code, stdout, stderr } = await ctl('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^cleanfeed \\S+, process ${running.child.pid}, up \\d+ (?:s|min): ready, generation 1$`, 'm'),
    );
    expect(stdout).toMatch(/^own {3}block {3}1 {8}- {8}\d+ (?:s|min) ago$/m);
    expect(stdout).toMatch(/^1 {7}listening {2}1 {11}0$/m);
    expect(stdout).toMatch(new RegExp(`^main {6}explicit {2}127\\.0\\.0\\.1 {2}${port}$`, 'm'));
    expect(stdout.split('\n').length).toBeLessThan(24);
    const json = await ctl('status', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      result: {
        ready: true,
        generation: 1,
        bypass: false,
        workers: [{ worker: 0, state: 'listening' }, { worker: 1 }],
      },
    });
    const watching = start(['ctl', 'status', '--watch', '--json', '-c', 'f.yaml'], { cwd });
    await watching.line((line) => line.includes('"ready":true'));
    watching.child.stdout!.destroy();
    expect(await watching.ended).toMatchObject({ code: 0, signal: null });
  });

  test('reload: an instance that does not answer is waited for, and that is said once', async () => {
    const { cwd, running } = shared;
    await stopProcess(running.child.pid!);
    const reloading = start(['ctl', 'reload', '-c', 'f.yaml'], { cwd });
    await reloading.line((line) => line.startsWith('cleanfeed: no response for 5 s, still waiting'));
    running.child.kill('SIGCONT');
    const { code, stdout, stderr } = await reloading.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'reloaded: configuration unchanged, lists up to date\n' });
    expect(stderr.split('\n')).toEqual([expect.stringContaining('still waiting'), '']);
  });

  test('bypass: everything passes, it is loud, and it ends; one that is too long is refused', async () => {
    const { ctl, port, running } = shared;
    const origin = createServer((_, response) => response.end('from the origin')).listen(0, '127.0.0.1');
    const ask = async (): Promise<number> => {
      await using client = await rawClient(port);
      client.request(`http://origin.localhost:${(origin.address() as AddressInfo).port}/listed`);
      return (await client.response()).status;
    };
    for (const long of ['2d', `${'9'.repeat(99)}d`])
      expect(await ctl('bypass', 'on', '--for', long)).toMatchObject({
        code: 64,
        stderr: 'cleanfeed: a bypass lasts from 1 second to 24 hours\n',
      });
    expect(await ask()).toBe(403);
    expect((await ctl('bypass', 'on', '--for', '30m')).stdout).toMatch(/^BYPASS is on until \S+: nothing is filtered/);
    await eventually('every worker passes it', async () =>
      [await ask(), await ask(), await ask(), await ask()].every((status) => status === 200),
    );
    const { port: admin } = await running.event('process.started');
    const metrics = await (await fetch(`http://127.0.0.1:${Number(admin)}/metrics`)).text();
    expect(metrics).toMatch(/^cleanfeed_bypass 1$/m);
    const { stdout } = await ctl('status');
    expect(stdout).toMatch(/^BYPASS until \S+: nothing is filtered$/m);
    expect(stdout).toMatch(
      /^needs attention:\n {2}BYPASS {3}nothing is filtered[^]*?\n +cleanfeed ctl bypass off -c \S+f\.yaml$/m,
    );
    expect(await running.event('bypass.enabled')).toMatchObject({ level: 'warn', seconds: 1800 });
    expect((await ctl('bypass', 'off')).stdout).toBe('the bypass has ended: filtering is enabled again\n');
    await eventually('every worker filters', async () =>
      [await ask(), await ask(), await ask(), await ask()].every((status) => status === 403),
    );
    expect((await ctl('bypass', 'off')).stdout).toBe('there was no bypass: filtering is enabled\n');
    await ctl('bypass', 'on', '--for', '1s');
    await running.line((line) => line.includes('"event":"bypass.disabled"') && line.includes('"reason":"expired"'));
    await eventually('every worker filters', async () =>
      [await ask(), await ask(), await ask(), await ask()].every((status) => status === 403),
    );
    origin.close();
  });

  test('the control socket is for its user and group; requests that make no sense are answered', async () => {
    const { socket } = shared;
    expect((await stat(socket)).mode & 0o777).toBe(0o660);
    const told = async (line: string): Promise<unknown> => JSON.parse(await text(connect(socket).end(`${line}\n`)));
    for (const command of ['format', 'constructor', 'a'.repeat(5000)])
      expect(await told(JSON.stringify({ command }))).toEqual({
        ok: false,
        code: 'usage',
        message: expect.stringContaining('there are: status, workers'),
      });
    for (const line of ['{"command":"bypass","seconds":"x"}', '[]', 'status', ''])
      expect(await told(line)).toMatchObject({ ok: false, code: 'usage' });
  });

  test('a configuration with faults is no reason not to reach the instance that runs it: the socket is where it says', async () => {
    const { cwd, ctl } = shared;
    await writeFile(join(cwd, 'f.yaml'), TWO_WORKERS.replace('workers', 'workerz'));
    expect(await ctl('bypass', 'on', '--for', '1m')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('BYPASS is on'),
    });
    expect(await ctl('reload')).toMatchObject({ code: 78, stderr: expect.stringContaining('workerz') });
    expect((await ctl('status')).stdout).toMatch(/reload REFUSED: .*workerz/);
  });
});

describe('ctl', () => {
  afterEach(endAll);

  test('status: what an update added and removed, and nothing of it before there was one', async () => {
    const { cwd, ctl } = await instance();
    expect((await ctl('status')).stdout).not.toContain('removed');
    await writeFile(join(cwd, 'own.txt'), '# one went, two came\na.localhost\nb.localhost/x\n');
    expect(await ctl('reload')).toMatchObject({ code: 0 });
    const { stdout } = await ctl('status');
    expect(stdout).toMatch(/^list own: 2 entries added and 1 removed since the start$/m);
    const json = await ctl('status', '--json');
    const turnover = { added: 2, removed: 1, unknown: 0 };
    expect(JSON.parse(json.stdout)).toMatchObject({ result: { lists: [{ name: 'own', entries: 2, turnover }] } });
  });

  test('workers and limits', async () => {
    const { ctl } = await instance(
      `${TWO_WORKERS}limits: { connections: 1000, sharedAddresses: [{ prefix: 198.51.100.0/24 }, { prefix: "2001:db8::/32", connectionsPerClient: 5 }] }\n`,
    );
    expect((await ctl('workers')).stdout).toMatch(
      /^worker +state +generation +replaced\n0 +listening +1 +0\n1 +listening +1 +0\n$/,
    );
    const { stdout } = await ctl('limits');
    expect(stdout).toMatch(/^connections +0 open; the busiest of 2 workers has 0 of 1000 \(limits\.connections\)/m);
    expect(stdout).toMatch(/^dropped connection_limit +0 since the start/m);
    expect(stdout).toMatch(/^descriptors +\d+ of \d+$/m);
    expect(stdout).toMatch(/^timeouts\.idle +60000 ms$/m);
    expect(stdout).toMatch(/^limits\.clientPrefix\.ipv6 +56$/m);
    expect(stdout).toMatch(/^limits\.sharedAddresses\[0\]\.prefix +198\.51\.100\.0\/24$/m);
    expect(stdout).toMatch(/^limits\.sharedAddresses\[0\]\.connectionsPerClient +none$/m);
    expect(stdout).toMatch(/^limits\.sharedAddresses\[1\]\.connectionsPerClient +5$/m);
  });

  test('limits: which of them bites', async () => {
    const { ctl, port } = await instance(
      CONFIG.replace('workers: 1', 'workers: 1\nlimits: { connections: 3, connectionsPerClient: 2 }'),
    );
    const held: Socket[] = [];
    for (const client of ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3'])
      held.push(await settled(port, client));
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, false, true, false, true, true]);
    const { stdout } = await ctl('limits');
    expect(stdout).toMatch(/^connections +3 of 3 \(limits\.connections\)$/m);
    expect(stdout).toMatch(/^dropped connection_limit +2 since the start: the worker was full$/m);
    expect(stdout).toMatch(/^dropped client_limit +1 since the start: /m);
    const json = await ctl('limits', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      result: {
        connections: {
          open: 3,
          max: 3,
          openInBusiestWorker: 3,
          maxPerWorker: 3,
          dropped: { connection_limit: 2, client_limit: 1 },
        },
      },
    });
    for (const socket of held) socket.destroy();
  });

  test('reload: done, a configuration that is refused, a list that is not taken', async () => {
    const { cwd, ctl } = await instance();
    expect(await ctl('reload')).toMatchObject({
      code: 0,
      stdout: 'reloaded: configuration unchanged, lists up to date\n',
    });
    await writeFile(join(cwd, 'f.yaml'), CONFIG.replace('workers: 1', 'workers: 2\nlimits: { headerCount: 9 }'));
    expect(await ctl('reload')).toMatchObject({
      code: 0,
      stdout: 'reloaded: configuration applied, lists up to date\nrestart required: workers\n',
    });
    await writeFile(join(cwd, 'own.txt'), 'a b c\n');
    // Before them stands that it is still waiting, where the machine is busy.
    const list = await ctl('reload');
    expect(list).toMatchObject({ code: 65, stdout: '' });
    expect(list.stderr).toMatch(/^cleanfeed: list own: 1 bad line of 1/m);
    await writeFile(join(cwd, 'f.yaml'), 'workerz: 1\n');
    const refused = await cleanfeed(['ctl', 'reload', '-s', 'state/control.sock'], { cwd });
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/^cleanfeed: .*f\.yaml:1:1: workerz: unknown key/m);
    expect((await cleanfeed(['ctl', 'status', '-s', 'state/control.sock'], { cwd })).stdout).toMatch(
      /reload REFUSED: .*workerz/,
    );
  });

  test('drain: it finishes and ends with 0; then there is no running instance: 69', async () => {
    const { cwd, ctl, running, socket } = await instance();
    expect((await ctl('drain')).stdout).toBe('draining: it ends with the last connection, at the latest in 30 s\n');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
    expect(await ctl('status')).toMatchObject({
      code: 69,
      stderr: `cleanfeed: no running instance of ${join(cwd, 'f.yaml')} at ${socket}\n`,
    });
    await expect(stat(socket)).rejects.toThrow('ENOENT');
  });

  // Was a fault: it began a bypass, and drained, when it went on, though `ctl` had said long before that it did not respond.
  test('what was told to have failed, since the instance stood still, is not done when it goes on', async () => {
    const { ctl, running } = await instance();
    const pid = running.child.pid ?? 0;
    await stopProcess(pid);
    const asked = await Promise.all([ctl('bypass', 'on', '--for', '30m'), ctl('drain'), ctl('status')]);
    process.kill(pid, 'SIGCONT');
    for (const { code, stderr } of asked)
      expect([code, stderr]).toEqual([69, expect.stringMatching(/did not respond$/m)]);
    for (let looks = 0; looks < 3; looks++) {
      const { code, stdout } = await ctl('status');
      expect([code, stdout]).toEqual([0, expect.stringMatching(/: ready, generation 1$/m)]);
      expect(stdout).not.toMatch(/BYPASS/);
    }
    expect(await ctl('bypass', 'on', '--for', '30m')).toMatchObject({ code: 0 });
    expect((await ctl('status')).stdout).toMatch(/^BYPASS until/m);
  });

  test.each([
    { name: 'no instance named for a command that changes one', args: ['reload'], code: 64, says: /which instance\?/ },
    { name: 'no such command', args: ['stauts', '-s', 'x'], code: 64, says: /unknown command/ },
    { name: 'bypass without a time', args: ['bypass', 'on', '-s', 'x'], code: 64, says: /--for/ },
    {
      name: 'bypass for a time that is none',
      args: ['bypass', 'on', '--for', 'soon', '-s', 'x'],
      code: 64,
      says: /'soon' is not a duration/,
    },
    { name: 'a configuration that is not there', args: ['status', '-c', 'none.yaml'], code: 78, says: /none\.yaml/ },
    {
      name: 'a socket that is not there',
      args: ['status', '-s', 'none.sock'],
      code: 69,
      says: /no running instance at/,
    },
    // Was a fault: it said that the instance there did not respond.
    {
      name: 'a path that no socket can have',
      args: ['status', '-s', 'x'.repeat(108)],
      code: 69,
      says: /^cleanfeed: no running instance at x{108}: the path of a socket has at most 107 bytes$/m,
    },
    // Was a fault: it said that there is no running instance there, and one was running.
    {
      name: 'a file that is no socket',
      args: ['status', '-s', 'f.yaml'],
      code: 69,
      says: /^cleanfeed: f\.yaml is no socket: -s takes the control socket of a running instance, -c its configuration$/m,
    },
  ])('$name: $code', async ({ args, code, says }) => {
    const outcome = await cleanfeed(['ctl', ...args], { cwd: await folderWith({ 'f.yaml': 'workers: 1\n' }) });
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(says);
  });
});

describe('the control socket', () => {
  afterEach(endAll);

  test('a second instance of the configuration says that it cannot be reached, and takes the socket when the first has ended', async () => {
    const { cwd, running, socket } = await instance();
    const second = start(['serve', '-c', 'f.yaml'], { cwd });
    expect(await second.event('control_socket.in_use')).toMatchObject({
      level: 'error',
      socket,
      owner: expect.stringContaining(`process ${running.child.pid}, `),
    });
    const { port } = await second.event('process.started');
    await second.event('listener.opened');
    const status = async (): Promise<unknown> => await (await fetch(`http://127.0.0.1:${String(port)}/status`)).json();
    const owner = `process ${running.child.pid}, which runs ${join(cwd, 'f.yaml')}`;
    expect(await status()).toMatchObject({ controlSocketError: `another instance answers at ${socket}: ${owner}` });
    expect(await askControl(socket, { command: 'status' })).toMatchObject({
      reply: { result: { pid: running.child.pid } },
    });
    running.child.kill('SIGTERM');
    await running.ended;
    await second.event('control_socket.available');
    expect(await askControl(socket, { command: 'status' })).toMatchObject({
      reply: { ok: true, result: { pid: second.child.pid, controlSocketError: null } },
    });
  });

  test('a process that was killed leaves a name behind, which the next one takes', async () => {
    const { cwd, running, socket } = await instance();
    running.child.kill('SIGKILL');
    await running.ended;
    expect((await stat(socket)).isSocket()).toBe(true);
    const next = start(['serve', '-c', 'f.yaml'], { cwd });
    await next.event('listener.opened');
    expect(await askControl(socket, { command: 'status' })).toMatchObject({
      reply: { ok: true, result: { pid: next.child.pid } },
    });
  });

  test('one that cannot be opened is no reason not to filter', async () => {
    const { running, ctl } = await instance(
      CONFIG.replace('workers', 'control: { socket: own.txt/control.sock }\nworkers'),
    );
    expect(await running.event('control_socket.unavailable')).toMatchObject({
      level: 'error',
      reason: expect.stringContaining('EEXIST'),
    });
    expect(await ctl('status')).toMatchObject({ code: 69 });
  });

  test('a path that is too long', async () => {
    const { running } = await instance(CONFIG.replace('workers', `control: { socket: ${'a'.repeat(120)} }\nworkers`));
    expect(await running.event('control_socket.unavailable')).toMatchObject({
      reason: expect.stringContaining('at most 107 bytes'),
    });
  });
});

describe('`explain`', () => {
  afterEach(endAll);

  test('tells the generation of the instance of the same file only', async () => {
    const { cwd, running, socket } = await instance();
    await writeFile(join(cwd, 'g.yaml'), CONFIG);
    const generation = async (file: string): Promise<unknown> =>
      (
        JSON.parse((await cleanfeed(['explain', '-c', file, '--json', 'http://a.example/'], { cwd })).stdout) as {
          generation: unknown;
        }
      ).generation;
    expect(await generation('f.yaml')).toBe(1);
    expect(await generation('g.yaml')).toBeNull();
    await chmod(socket, 0o600);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(await generation('f.yaml')).toBeNull();
  });
});

// As one of another release, while the program is being replaced under it. Was a fault: nothing of such a reply was shown.
test('a reply that lacks something: what is there is shown, and what is missing named; the command was carried out', async () => {
  const cwd = await folderWith({ 'f.yaml': CONFIG });
  await mkdir(join(cwd, 'state'));
  let reply = '';
  const other = createControl((client) => {
    client.on('error', () => {});
    client.once('data', () => client.end(`${reply}\n`));
  }).listen(join(cwd, 'state', 'control.sock'));
  const run = async (said: string, ...words: readonly string[]): ReturnType<typeof cleanfeed> => {
    reply = said;
    return await cleanfeed(['ctl', ...words, '-c', 'f.yaml'], { cwd });
  };
  try {
    const status = { version: '9.0', lists: [{ name: 'own', loaded: true }], traffic: null };
    const shown = await run(JSON.stringify({ ok: true, result: status }), 'status');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout.split('\n')).toEqual([
      'version          9.0',
      'lists[0].name    own',
      'lists[0].loaded  true',
      'traffic          none',
      '',
    ]);
    for (const missing of ['result.pid: is required', 'result.lists.0.entries: is required', '5 more'])
      expect(shown.stderr).toContain(`cleanfeed:   ${missing}\n`);
    const json = await run(JSON.stringify({ ok: true, result: status }), 'status', '--json');
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, { ok: true, result: status }]);
    expect(await run('{"ok":true,"result":{"lameDuckMs":"1s"}}', 'drain')).toMatchObject({
      code: 0,
      stdout: 'lameDuckMs  1s\n',
      stderr: expect.stringContaining('result.drainMs: is required'),
    });
    const verdict = { url: 'http://a.example/', verdict: 'block', entry: 'own:1', reading: null, reason: null };
    expect(await run(JSON.stringify({ ok: true, result: verdict }), 'explain', 'http://a.example/')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^verdict +block$/m),
    });
    expect(await run('{"ok":true,"result":{"url":"x"}}', 'explain', 'http://a.example/')).toMatchObject({ code: 2 });
    expect(await run('{"ok":false,"code":"later","message":"not at night"}', 'reload')).toMatchObject({
      code: 69,
      stderr: 'cleanfeed: not at night\n',
    });
    const deep = `{"ok":true,"result":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect(await run(deep, 'drain')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(?:\[0\]){12} +…\n$/) });
    expect(await run('HTTP/1.1 400 Bad Request', 'limits')).toMatchObject({
      code: 69,
      stdout: '',
      stderr: expect.stringContaining('/state/control.sock responded cannot be read (it is no JSON object'),
    });
  } finally {
    other.close();
  }
});

// Was a fault: the blank before a reply was taken for a reply, and the instance for one of another release.
test('an instance that ends before it has replied did not respond', async () => {
  const cwd = await folderWith({ 'f.yaml': CONFIG });
  await mkdir(join(cwd, 'state'));
  const ending = createControl((client) => {
    client.on('error', () => {});
    client.once('data', () => client.end(' '));
  }).listen(join(cwd, 'state', 'control.sock'));
  try {
    const asked = [['status'], ['reload'], ['drain'], ['explain', 'http://a.example/'], ['explain', '-']];
    for (const words of asked) {
      const { code, stderr } = await cleanfeed(['ctl', ...words, '-c', 'f.yaml'], {
        cwd,
        input: 'http://a.example/\n',
      });
      expect([words, code === 0, stderr]).toEqual([
        words,
        false,
        expect.stringMatching(/control\.sock did not respond\n$/),
      ]);
    }
  } finally {
    ending.close();
  }
});
