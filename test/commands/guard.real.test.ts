/**
 * The guard as a process beside a real `serve`: killed, stopped, in a crash loop, with a hung worker, without its list, drained. Its commands
 * write down what they are run for. Nothing here asks how long anything took: bench/guard does.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { askGuard } from '../../src/commands/guard.ts';
import type { GuardReport } from '../../src/guard/report.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { spawnProxy, startProxy, type ProxyProcess, type ProxySetup } from '../support/proxy-process.ts';
import { statusOf } from '../support/ok-origin.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { cleanfeed, endAll, start, type Running } from './cli-process.ts';

const HANG_A_WORKER = join(import.meta.dirname, '..', 'support', 'hang-a-worker.cjs');

interface Ports {
  readonly listener: number;
  readonly admin: number;
  readonly page: number;
  readonly metrics: number;
}

let folder: TemporaryDirectory;
let ports: Ports;

async function freePorts(): Promise<Ports> {
  const [listener, admin, page, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  return { listener, admin, page, metrics };
}

beforeEach(async () => {
  folder = temporaryDirectory();
  ports = await freePorts();
});
afterEach(async () => {
  await endAll();
  folder[Symbol.dispose]();
});
afterAll(endAll);

/** What the commands were run for, in order. */
function moves(): string[] {
  const file = folder.file('moves');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

function move(direction: string): string[][] {
  return [['sh', '-c', `echo ${direction} >> ${folder.file('moves')}`]];
}

interface GuardKeys {
  readonly [key: string]: unknown;
}

function config(guard: GuardKeys = {}): NonNullable<ProxySetup['config']> {
  return {
    listeners: [{ name: 'explicit', port: ports.listener }],
    admin: { port: ports.admin },
    upstream: { allow: [] },
    guard: {
      origin: { port: ports.page },
      metrics: { port: ports.metrics },
      probes: [{ listener: 'explicit' }],
      actions: { out: move('out'), back: move('back') },
      // Busy machines are slow to answer; nothing here is to be taken for dead that is not.
      timeout: '2s',
      commandTimeout: '20s',
      successes: 3,
      hold: '100ms',
      ...guard,
    },
  };
}

function startGuard(proxy: Pick<ProxyProcess, 'file'>, file = 'cleanfeed.yaml'): Running {
  return start(['guard', '-c', proxy.file(file)], { cwd: folder.path });
}

async function report(): Promise<GuardReport> {
  const response = await fetch(`http://127.0.0.1:${ports.metrics}/status`);
  return (await response.json()) as GuardReport;
}

async function position(wanted: GuardReport['position']): Promise<GuardReport> {
  return await eventually(
    `the filter is ${wanted}`,
    async () => await report().catch(() => null),
    (found) => found?.position === wanted && found.running === null,
  ).then((found) => found!);
}

async function ended(proxy: ProxyProcess): Promise<void> {
  await proxy.exited;
  proxy.forget();
}

describe('a process that is gone', () => {
  test('killed: out; started again: back', async () => {
    const proxy = await startProxy({ config: config() });
    const guard = startGuard(proxy);
    await position('in');
    proxy.signal('SIGKILL');
    await proxy.exited;
    expect(await position('out')).toMatchObject({ reason: 'down', flaps: 1, holdMs: 100 });
    await using again = await proxy.killAndRestart();
    await again.ready();
    await position('in');
    expect(moves()).toEqual(['back', 'out', 'back']);
    guard.child.kill('SIGTERM');
    const { stderr } = await guard.ended;
    const states = [...stderr.matchAll(/"state":"(\w+)".*"event":"guard\.listener"/g)].map(([, state]) => state);
    expect(states).toEqual(expect.arrayContaining(['healthy', 'down']));
    // Each change is told once, however many probes find the same.
    expect(states.filter((state, i) => state === states[i - 1])).toEqual([]);
  });

  test('in a crash loop: out each time, and the hold grows', async () => {
    let proxy = await startProxy({ config: config({ maxHold: '300ms' }) });
    startGuard(proxy);
    const holds: number[] = [];
    for (let crash = 0; crash < 3; crash++) {
      await position('in');
      proxy.signal('SIGKILL');
      holds.push((await position('out')).holdMs);
      proxy = await proxy.killAndRestart();
    }
    await position('in');
    expect(holds).toEqual([100, 200, 300]);
    expect(moves()).toEqual(['back', 'out', 'back', 'out', 'back', 'out', 'back']);
    await proxy.stop();
  });
});

describe('one hung worker of two', () => {
  async function hanging(guard: GuardKeys): Promise<ProxyProcess> {
    return await startProxy({
      config: { ...config({ timeout: '1s', ...guard }), supervision: { hangTimeout: '3s' }, workers: 2 },
      environment: { NODE_OPTIONS: `--require ${HANG_A_WORKER}`, HANG_FILE: folder.file('hang') },
    });
  }

  test('is found; the filter replaces it, and the path stays as it is', async () => {
    const proxy = await hanging({ partial: '10m' });
    const guard = startGuard(proxy);
    await position('in');
    writeFileSync(folder.file('hang'), '');
    await guard.line((line) => line.includes('"guard.listener"') && line.includes('"state":"suspect"'));
    await eventually('it was replaced', async () => (await proxy.status()).workerRestarts === 1);
    await eventually('all is well', async () => (await report()).listeners[0]?.state === 'healthy');
    expect(moves()).toEqual(['back']);
    proxy.signal('SIGTERM');
    await ended(proxy);
  });

  test('partial 0s: out at once, and back when it was replaced', async () => {
    const proxy = await hanging({ partial: '0s' });
    startGuard(proxy);
    await position('in');
    writeFileSync(folder.file('hang'), '');
    expect(['partial', 'down']).toContain((await position('out')).reason);
    await position('in');
    // On a busy machine the first probes may be late too, and it was out before.
    expect(moves().slice(-2)).toEqual(['out', 'back']);
    proxy.signal('SIGTERM');
    await ended(proxy);
  });
});

test('a list that does not load: never in the path; it loads: back', async () => {
  await using proxy = await spawnProxy({ config: config(), lists: { own: { text: null } } });
  const guard = startGuard(proxy);
  expect(await position('out')).toMatchObject({ reason: 'start', flaps: 0 });
  expect(moves()).toEqual(['out']);
  writeFileSync(proxy.file('own.txt'), 'listed.example\n');
  await proxy.ready();
  await position('in');
  expect(moves()).toEqual(['out', 'back']);
  expect(await guard.event('guard.in_path')).toMatchObject({ level: 'warn' });
});

test('a lame duck is taken out while it still answers', async () => {
  const proxy = await startProxy({ config: { ...config(), shutdown: { lameDuck: '10m' } } });
  startGuard(proxy);
  await position('in');
  proxy.signal('SIGTERM');
  expect(await position('out')).toMatchObject({ reason: 'draining', flaps: 0, filter: { draining: true } });
  expect(await statusOf(ports.listener, `http://127.0.0.1:${ports.page}/${'a'.repeat(24)}`)).toBe(200);
  expect(proxy.hasEnded).toBe(false);
  await askControl(proxy.file('state/control.sock'), { command: 'drain', now: true });
  await ended(proxy);
});

// Was so: the listener had the page's port on all addresses, so that no guard could start, and the filter took its page for a loop.
test('a steered listener with several addresses, which has the port of the page on all of them', async () => {
  const listeners = [{ name: 'steered', mode: 'steered', addresses: ['127.0.0.8/29'], ports: [ports.page] }];
  const probes = [{ listener: 'steered', address: '127.0.0.9' }];
  const proxy = await startProxy({ config: { ...config({ probes }), listeners } });
  startGuard(proxy);
  expect(await position('in')).toMatchObject({ listeners: [{ listener: 'steered', state: 'healthy' }] });
  proxy.signal('SIGKILL');
  await proxy.exited;
  expect(await position('out')).toMatchObject({ reason: 'down' });
  await using again = await proxy.killAndRestart();
  await again.ready();
  await position('in');
  expect(moves()).toEqual(['back', 'out', 'back']);
});

/** What these do leaves the filter as it was: they share one. */
describe('beside a filter that goes on', () => {
  const QUIET = 'another.example\n';
  let proxy: ProxyProcess;
  let own: Ports;

  beforeAll(async () => {
    own = await freePorts();
    ports = own;
    proxy = await startProxy({ config: config(), lists: { own: QUIET, legal: { text: QUIET, status: 451 } } });
  });
  beforeEach(() => {
    ports = own;
    // Where the guard before had taken it.
    rmSync(proxy.file('state/guard.json'), { force: true });
  });
  afterAll(async () => await proxy.stop());

  function writeGuard(keys: GuardKeys = {}): void {
    writeFileSync(proxy.file('guard.yaml'), JSON.stringify({ ...config(keys), state: { directory: './state' } }));
  }

  function guardWith(keys: GuardKeys = {}): Running {
    writeGuard(keys);
    return startGuard(proxy, 'guard.yaml');
  }

  test('a process that is stopped (SIGSTOP): out; it goes on: back', async () => {
    const guard = guardWith({ timeout: '1s' });
    await position('in');
    proxy.signal('SIGSTOP');
    expect(await position('out')).toMatchObject({
      reason: 'down',
      listeners: [{ state: 'down', lastFailure: 'timeout' }],
    });
    expect(await guard.event('guard.out_of_path')).toMatchObject({ level: 'error', reason: 'down', flaps: 1 });
    proxy.signal('SIGCONT');
    await position('in');
    expect(moves()).toEqual(['back', 'out', 'back']);
  });

  test('bypass is seen, and moves nothing', async () => {
    const guard = guardWith();
    await position('in');
    await askControl(proxy.file('state/control.sock'), { command: 'bypass', seconds: 600 });
    await eventually('it is seen', async () => (await report()).filter?.bypass === true);
    expect(await guard.event('guard.filter_bypass')).toMatchObject({ bypass: true });
    expect(moves()).toEqual(['back']);
    await askControl(proxy.file('state/control.sock'), { command: 'bypass', seconds: 0 });
  });

  test('a listed page that is not refused is told, and moves nothing', async () => {
    const url = `http://127.0.0.1:${ports.page}/listed`;
    writeFileSync(proxy.file('own.txt'), `127.0.0.1:${ports.page}/listed\n`);
    await eventually('the list is in force', async () => (await statusOf(ports.listener, url)) === 403);
    const guard = guardWith({ listed: { address: url, interval: '1s' } });
    await position('in');
    await eventually('it is refused', async () => (await report()).listedRefused === true);
    writeFileSync(proxy.file('own.txt'), QUIET);
    expect(await guard.event('guard.listed_not_refused')).toMatchObject({ level: 'error' });
    expect(await report()).toMatchObject({ listedRefused: false, position: 'in' });
    expect(moves()).toEqual(['back']);
  });

  // Was so: one entry of a list, and every node was out of the path.
  test.each([
    { status: 403, list: 'own' },
    { status: 451, list: 'legal' },
  ])('a list that refuses the guard its page ($status) is told, and moves nothing', async ({ list }) => {
    const guard = guardWith();
    await position('in');
    writeFileSync(proxy.file(`${list}.txt`), `127.0.0.1:${ports.page}\n`);
    expect(await guard.event('guard.page_denied')).toMatchObject({ level: 'error', denied: true });
    expect(await report()).toMatchObject({ position: 'in', listeners: [{ isDenied: true, state: 'healthy' }] });
    writeFileSync(proxy.file(`${list}.txt`), QUIET);
    await eventually('it is served again', async () => (await report()).listeners[0]?.isDenied === false);
    expect(moves()).toEqual(['back']);
  });

  test('commands that fail are run again until they succeed, and that is told', async () => {
    const allowed = folder.file('allowed');
    const back = [['sh', '-c', `test -e ${allowed} || { echo not yet >&2; exit 7; }`], ...move('back')];
    const guard = guardWith({ actions: { out: move('out'), back } });
    expect(await guard.event('guard.commands_failed')).toMatchObject({
      level: 'error',
      attempt: 1,
      reason: 'sh: exit status 7: not yet',
    });
    await eventually('it was tried again', async () => (await report()).failedAttempts > 1);
    expect(await report()).toMatchObject({ position: 'unknown', lastFault: 'sh: exit status 7: not yet' });
    writeFileSync(allowed, '');
    expect(await position('in')).toMatchObject({ failedAttempts: 0, lastFault: null });
    expect(moves()).toEqual(['back']);
  });

  test('killed and started again it knows where the filter is, and does nothing', async () => {
    const first = guardWith();
    await position('in');
    const kept = proxy.file('state/guard.json');
    await eventually('it is kept', () => existsSync(kept) && readFileSync(kept, 'utf8').includes('"position":"in"'));
    first.child.kill('SIGKILL');
    await first.ended;
    const second = guardWith();
    expect(await second.event('guard.started')).toMatchObject({ position: 'in' });
    await eventually('it looks', async () => (await report().catch(() => null))?.listeners[0]?.state === 'healthy');
    expect(moves()).toEqual(['back']);
    second.child.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0 });
  });

  test('a check knows better, at the start and after the commands', async () => {
    const there = folder.file('there');
    const actions = { out: [['rm', '-f', there]], back: [['touch', there]] };
    const check = ['test', '-e', there];
    writeFileSync(there, '');
    const guard = guardWith({ actions, check });
    expect(await guard.event('guard.started')).toMatchObject({ position: 'in' });
    rmSync(there);
    proxy.signal('SIGSTOP');
    await position('out');
    proxy.signal('SIGCONT');
    await position('in');
    expect(existsSync(there)).toBe(true);
  });

  // Was so: rules that were loaded anew put a dead filter back, and nobody noticed.
  test('a check sees that a dead filter was put back: it is taken out again', async () => {
    const there = folder.file('there');
    const actions = { out: [...move('out'), ['rm', '-f', there]], back: [...move('back'), ['touch', there]] };
    guardWith({ actions, check: ['test', '-e', there] });
    await position('in');
    proxy.signal('SIGSTOP');
    await position('out');
    writeFileSync(there, '');
    await eventually('it is out again', () => moves().length === 3 && !existsSync(there));
    await position('out');
    proxy.signal('SIGCONT');
    await position('in');
    expect(moves()).toEqual(['back', 'out', 'out', 'back']);
  });

  test('onStop: out', async () => {
    const guard = guardWith({ onStop: 'out' });
    await position('in');
    guard.child.kill('SIGTERM');
    expect(await guard.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('"guard.stopped"') });
    expect(moves()).toEqual(['back', 'out']);
  });

  test('status and metrics', async () => {
    const file = proxy.file('guard.yaml');
    writeGuard();
    expect(await cleanfeed(['guard', 'status', '-c', file])).toMatchObject({
      code: 69,
      stderr: `cleanfeed: no guard answers at guard.metrics, 127.0.0.1 port ${ports.metrics}\n`,
    });
    const other = createServer((_, response) => response.end('{"hasActions":true,"position":"beside"}'));
    await once(other.listen(ports.metrics, '127.0.0.1'), 'listening');
    await expect(askGuard('127.0.0.1', ports.metrics)).rejects.toMatchObject({ code: 'guard_report', side: 'config' });
    expect(await cleanfeed(['guard', 'status', '-c', file])).toMatchObject({
      code: 69,
      stderr: `cleanfeed: what the guard at 127.0.0.1 port ${ports.metrics} says cannot be read: position: must be one of in, out, unknown\n`,
    });
    other.closeAllConnections();
    await once(other.close(), 'close');
    startGuard(proxy, 'guard.yaml');
    await position('in');
    expect(await cleanfeed(['guard', 'status', '-c', file])).toMatchObject({
      code: 0,
      stdout: 'in the path\nexplicit healthy\n',
    });
    const { stdout } = await cleanfeed(['guard', 'status', '--json', '-c', file]);
    expect(JSON.parse(stdout)).toMatchObject({
      position: 'in',
      hasActions: true,
      listeners: [{ listener: 'explicit' }],
    });
    const metrics = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`);
    expect(await metrics.text()).toContain('\ncleanfeed_guard_in_path 1\n');
    expect((await fetch(`http://127.0.0.1:${ports.metrics}/other`)).status).toBe(404);
  });

  test('without actions it only tells', async () => {
    guardWith({ actions: {} });
    await eventually('it looks', async () => (await report().catch(() => null))?.listeners[0]?.state === 'healthy');
    expect(await report()).toMatchObject({ hasActions: false, position: 'unknown' });
  });

  test('an address that is taken, a configuration without a guard', async () => {
    guardWith({ metrics: { port: ports.page }, origin: { port: ports.metrics } });
    await eventually(
      'it runs',
      async () =>
        await fetch(`http://127.0.0.1:${ports.page}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
    );
    expect(await cleanfeed(['guard', '-c', proxy.file('guard.yaml')])).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('is in use (guard.origin.port)'),
    });
    writeFileSync(folder.file('none.yaml'), 'workers: 1\n');
    expect(await cleanfeed(['guard', '-c', folder.file('none.yaml')])).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('guard: there is none'),
    });
  });
});
