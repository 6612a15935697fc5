/** Requirement 53 and 40: restarts lose no connection attempt, and what dies takes only its own connections with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BroadcastChannel } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import type { ControlOptions } from '../../src/workers/control-options.ts';
import type { Control } from '../../src/workers/control-thread.ts';
import { InheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { loadNative } from '../../src/lib/native.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { holdSockets, serveInheriting } from '../support/inherited-sockets.ts';
import { logOf } from '../support/log-of.ts';
import { memoryLog } from '../support/memory-log.ts';
import { testAsRoot } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { startEchoOrigin, SteadyLoad } from '../support/steady-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIST = 'origin.localhost/listed\n';

function configFile(directory: TemporaryDirectory, listener: object, name = 'c'): string {
  const config = {
    listeners: [{ name: 'explicit', ...listener }],
    admin: { port: 0 },
    lists: [{ name: 'own', source: './own.txt' }],
    upstream: { allow: ['127.0.0.0/8'] },
    state: { directory: `./state-${name}` },
    shutdown: { lameDuck: '0s', drain: '60s' },
    workers: 2,
  };
  writeFileSync(directory.file('own.txt'), LIST);
  writeFileSync(directory.file(`${name}.yaml`), JSON.stringify(config));
  return directory.file(`${name}.yaml`);
}

describe('a rolling restart', () => {
  test('by socket activation: three times, one process after the other', async () => {
    using directory = temporaryDirectory();
    await using origin = await startEchoOrigin();
    const port = await freePort();
    using sockets = holdSockets(port, 2);
    const file = configFile(directory, {});
    const start = async () => {
      const child = serveInheriting(file, sockets, ['explicit', 'explicit']);
      const log = logOf(child);
      await log.event('listener.opened');
      return { child, log };
    };
    let running = await start();
    const load = new SteadyLoad({ port, originPort: origin.port });
    for (let i = 0; i < 3; i++) {
      await load.more(200);
      running.child.kill('SIGTERM');
      expect(await running.log.ended).toBe(0);
      running = await start();
    }
    await load.more(200);
    const { failures } = await load.stop();
    running.child.kill('SIGTERM');
    expect(await running.log.ended).toBe(0);
    expect(failures).toEqual([]);
  });

  testAsRoot('the restart by reusePort in a network namespace of its own')(
    'by reusePort with net.ipv4.tcp_migrate_req=1: five times, in a namespace of its own',
    async () => {
      using directory = temporaryDirectory();
      for (const name of ['a', 'b']) configFile(directory, { port: 3128 }, name);
      const script = 'ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req && exec "$@"';
      const driver = join(import.meta.dirname, '..', 'support', 'rolling-driver.ts');
      const child = spawn(
        'unshare',
        ['--net', 'sh', '-c', script, 'sh', join(ROOT, 'node_modules', '.bin', 'node'), driver, directory.path, '5'],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
      );
      const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      const result = JSON.parse(output) as { failures: string[]; requests: number; restarts: number };
      expect(result).toMatchObject({ failures: [], restarts: 5 });
      expect(result.requests).toBeGreaterThan(1000);
    },
  );
});

describe('two instances on one port', () => {
  test('both serve; one that is killed takes only its own connections with it', async () => {
    await using origin = await startEchoOrigin();
    const port = await freePort();
    const config = { listeners: [{ name: 'explicit', port }], workers: 1 };
    await using first = await startProxy({ config, lists: { own: LIST } });
    const second = await startProxy({ config, lists: { own: LIST } });
    const clients = await connected(port, origin.port, 30);
    const served = [await requestsOf(first), await requestsOf(second)];
    expect(Math.min(...served)).toBeGreaterThan(0);
    expect(served[0]! + served[1]!).toBe(30);
    second.signal('SIGKILL');
    await second.exited;
    second.forget();
    await eventually('its connections are gone', async () => (await askAll(clients, origin.port)) === served[0]);
    await Promise.all(clients.map(async (client) => await client[Symbol.asyncDispose]()));
    // Whoever comes now is served by the other.
    const late = await connected(port, origin.port, 10);
    await Promise.all(late.map(async (client) => await client[Symbol.asyncDispose]()));
  });
});

async function requestsOf(proxy: { metrics(): Promise<ReadonlyMap<string, number>> }): Promise<number> {
  return (await proxy.metrics()).get('cleanfeed_requests_total{listener="explicit",verdict="pass"}') ?? 0;
}

/** Connections that have each been answered once. */
async function connected(port: number, originPort: number, count: number): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, async () => await rawClient(port)));
  expect(await askAll(clients, originPort)).toBe(count);
  return clients;
}

/** How many of them answer. */
async function askAll(clients: readonly RawClient[], originPort: number): Promise<number> {
  const answers = await Promise.allSettled(
    clients.map(async (client) => {
      client.request(`http://origin.localhost:${originPort}/again`);
      expect((await client.response()).status).toBe(200);
    }),
  );
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

describe('a worker', () => {
  test.each([
    { how: 'die', reason: null },
    { how: 'spin', reason: 'heartbeat' },
  ])('that is told to $how takes only its own connections with it and is replaced', async ({ how, reason }) => {
    using directory = temporaryDirectory();
    await using origin = await startEchoOrigin();
    const log = memoryLog();
    const control = await startMortal(directory, log);
    const [port = 0] = control.ports ?? [];
    const clients = await connected(port, origin.port, 30);
    const channel = new BroadcastChannel('mortal');
    channel.postMessage({ worker: 1, how });
    await eventually(
      'it is replaced',
      () => control.view.workerRestarts() === 1 && control.view.notReady().length === 0,
    );
    const left = await askAll(clients, origin.port);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(30);
    expect(log.named('worker.unresponsive')).toEqual(
      reason === null ? [] : [expect.objectContaining({ worker: 1, reason })],
    );
    const late = await connected(port, origin.port, 30);
    expect(await askAll(late, origin.port)).toBe(30);
    channel.close();
    for (const client of [...clients, ...late]) await client[Symbol.asyncDispose]();
    await control.drain(1000);
  });
});

describe('a worker with an inherited socket', () => {
  test('that dies leaves the socket behind: nobody is refused', async () => {
    using directory = temporaryDirectory();
    await using origin = await startEchoOrigin();
    const port = await freePort();
    using held = holdSockets(port, 2);
    const sockets = new InheritedSockets(new Map([['explicit', held.descriptors]]));
    const control = await startMortal(directory, memoryLog(), { sockets, native: await loadNative() });
    const load = new SteadyLoad({ port, originPort: origin.port, keeping: 0 });
    const channel = new BroadcastChannel('mortal');
    for (let deaths = 1; deaths <= 3; deaths++) {
      await load.more(100);
      channel.postMessage({ worker: 1, how: 'die' });
      await eventually(
        'it is replaced',
        () => control.view.workerRestarts() === deaths && control.view.notReady().length === 0,
      );
    }
    await load.more(100);
    const { failures } = await load.stop();
    channel.close();
    await control.drain(1000);
    // Those that it was just serving. Nobody was refused: a connection that it had not accepted is served by its successor.
    expect(failures.filter((failure) => failure.includes('ECONNREFUSED'))).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(3 * 4);
  });

  test('that dies while the instance is a lame duck is replaced by one that tells its clients to close', async () => {
    using directory = temporaryDirectory();
    const control = await startMortal(directory, memoryLog(), { native: await loadNative() });
    const ended = control.drain(1000, 3_600_000);
    const channel = new BroadcastChannel('mortal');
    for (const worker of [0, 1]) channel.postMessage({ worker, how: 'die' });
    await eventually(
      'both are replaced',
      () => control.view.workerRestarts() === 2 && control.view.workers().every(({ state }) => state === 'listening'),
    );
    await using client = await rawClient(control.ports![0]!);
    client.request('http://origin.localhost/listed');
    expect((await client.response()).fields.get('connection')).toBe('close');
    channel.close();
    expect([control.endLameDuck(), control.endLameDuck()]).toEqual([true, false]);
    await ended;
  });

  test('that dies where there is no duplicate ends the process: the service manager has the sockets', async () => {
    using directory = temporaryDirectory();
    const port = await freePort();
    using held = holdSockets(port, 2);
    const sockets = new InheritedSockets(new Map([['explicit', held.descriptors]]));
    const control = await startMortal(directory, memoryLog(), { sockets, native: null });
    const channel = new BroadcastChannel('mortal');
    channel.postMessage({ worker: 1, how: 'die' });
    await expect(control.closed).rejects.toMatchObject({ code: 'socket_lost' });
    channel.close();
  });
});

async function startMortal(
  directory: TemporaryDirectory,
  log: ReturnType<typeof memoryLog>,
  options: Partial<ControlOptions> = {},
): Promise<Control> {
  mkdirSync(directory.file('state'));
  writeFileSync(directory.file('own.txt'), LIST);
  const loaded = parseConfig(
    JSON.stringify({
      listeners: [{ name: 'explicit', port: 0 }],
      admin: { port: 0 },
      lists: [{ name: 'own', source: './own.txt' }],
      upstream: { allow: ['127.0.0.0/8'] },
      state: { directory: './state' },
      supervision: { hangTimeout: '4s' },
      workers: 2,
    }),
    directory.file('c.yaml'),
    {},
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return await startControl(loaded.config, {
    log,
    version: '0.0.0',
    workerFile: new URL('../support/mortal-data-thread.ts', import.meta.url),
    ...options,
  });
}
