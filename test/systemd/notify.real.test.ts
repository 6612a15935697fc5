/** What the service manager is told, by the real process and by its parts. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceManager } from '../../src/commands/service-manager.ts';
import { serviceStatus } from '../../src/commands/service-status.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { loadNative } from '../../src/lib/native.ts';
import { startControl } from '../../src/workers/control-thread.ts';
import { controlView } from '../observe/fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { logOf } from '../support/log-of.ts';
import { memoryLog } from '../support/memory-log.ts';
import { NotifySocket } from '../support/notify-socket.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SETTINGS = {
  listeners: [{ name: 'explicit', port: 0 }],
  admin: { port: 0 },
  lists: [{ name: 'own', source: './own.txt' }],
  state: { directory: './state' },
  supervision: { hangTimeout: '4s' },
  shutdown: { lameDuck: '0s', drain: '20s' },
  workers: 2,
};

let directory: TemporaryDirectory;
let manager: NotifySocket;

beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(directory.file('state'));
  writeFileSync(directory.file('own.txt'), 'a.example\nb.example\n');
  writeFileSync(directory.file('c.yaml'), JSON.stringify(SETTINGS));
  manager = new NotifySocket(directory.file('notify'));
});

afterEach(() => {
  manager[Symbol.dispose]();
  directory[Symbol.dispose]();
});

function config(): Config {
  const loaded = parseConfig(JSON.stringify(SETTINGS), directory.file('c.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

describe('serve', () => {
  test('ready, watchdog, reloading, ready again, stopping; status with list and age', async () => {
    const env = { ...process.env, NODE_OPTIONS: '', NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '200000' };
    const child = spawn(
      join(ROOT, 'node_modules', '.bin', 'node'),
      [join(ROOT, 'src', 'cli.ts'), 'serve', '-c', directory.file('c.yaml')],
      { stdio: ['ignore', 'ignore', 'pipe'], env },
    );
    const log = logOf(child);
    expect(await manager.message('READY=1')).toEqual([
      'READY=1',
      expect.stringMatching(/^STATUS=serving, generation 1; own: 2 entries, \d+ s old$/),
    ]);
    await eventually('the watchdog is fed', () => manager.count('WATCHDOG=1') > 2);
    const from = manager.messages.length;
    const before = process.hrtime.bigint() / 1000n;
    child.kill('SIGHUP');
    const reloading = await manager.message('RELOADING=1', from);
    const monotonic = BigInt(/^MONOTONIC_USEC=(\d+)$/.exec(reloading[1] ?? '')?.[1] ?? 0);
    expect(monotonic).toBeGreaterThanOrEqual(before);
    await manager.message('READY=1', manager.messages.indexOf(reloading) + 1);
    child.kill('SIGTERM');
    // However long TimeoutStopSec= is: as long as the drain may take, and 5 s for what follows.
    expect(await manager.message('STOPPING=1', from)).toContain('EXTEND_TIMEOUT_USEC=25000000');
    expect(await log.ended).toBe(0);
  });

  test('not ready: says why, and is fed all the same', async () => {
    writeFileSync(directory.file('own.txt'), 'a b c\n');
    const env = { ...process.env, NODE_OPTIONS: '', NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '200000' };
    const child = spawn(
      join(ROOT, 'node_modules', '.bin', 'node'),
      [join(ROOT, 'src', 'cli.ts'), 'serve', '-c', directory.file('c.yaml')],
      { stdio: ['ignore', 'ignore', 'pipe'], env },
    );
    const log = logOf(child);
    expect(await manager.message('STATUS=not ready: list own: 1 bad line of 1')).toContain('WATCHDOG=1');
    expect(manager.count('READY=1')).toBe(0);
    child.kill('SIGTERM');
    expect(await log.ended).toBe(0);
  });
});

test('the watchdog is fed while a hung worker is being replaced (requirement 56)', async () => {
  const log = memoryLog();
  const control = await startControl(config(), {
    log,
    version: '0.0.0',
    workerFile: new URL('../support/mortal-data-thread.ts', import.meta.url),
  });
  const environment = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '100000' };
  const service = new ServiceManager({ environment, pid: process.pid, native: await loadNative(), log });
  service.watch(() => ({ status: serviceStatus(control.view, Date.now()), isUnrecoverable: control.isUnrecoverable }));
  const channel = new BroadcastChannel('mortal');
  channel.postMessage({ worker: 0, how: 'spin' });
  const fed = manager.count('WATCHDOG=1');
  await eventually('the watchdog is fed while it hangs', () => manager.count('WATCHDOG=1') > fed + 2);
  expect(control.view.workerRestarts()).toBe(0);
  await eventually('it is replaced', () => control.view.workerRestarts() === 1 && control.view.notReady().length === 0);
  channel.close();
  await control.drain(0);
  service.stopping(1000);
  expect(environment).toEqual({});
});

describeWith(['systemd-notify'])('without the native edge', () => {
  test('systemd-notify says the same, in order', async () => {
    const log = memoryLog();
    const service = new ServiceManager({
      environment: { PATH: process.env['PATH'], NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '10000000' },
      pid: process.pid,
      native: null,
      log,
    });
    service.ready('serving');
    service.reloading();
    service.ready('serving again');
    service.stopping(1000);
    await manager.message('STOPPING=1');
    // With each message systemd-notify asks to be told that it has arrived.
    expect(manager.messages.map(([first]) => first).filter((first) => first !== 'BARRIER=1')).toEqual([
      'READY=1',
      'RELOADING=1',
      'READY=1',
      'STOPPING=1',
    ]);
    expect(log.events).toEqual([]);
  });
});

describe('parts', () => {
  test.each([
    { name: 'no socket', environment: {} },
    { name: 'a socket that is gone', environment: { NOTIFY_SOCKET: '/nonexistent/notify' } },
  ])('$name: nothing is held up, and it is said once', async ({ environment }) => {
    const log = memoryLog();
    const expected = 'NOTIFY_SOCKET' in environment ? 1 : 0;
    const service = new ServiceManager({
      environment: { ...environment },
      pid: process.pid,
      native: await loadNative(),
      log,
    });
    service.ready('a');
    service.ready('b');
    service.stopping(1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.named('sd_notify.failed')).toHaveLength(expected);
  });

  test('a manager that takes nothing for a while learns all that has happened, in order', async () => {
    const log = memoryLog();
    const time = new VirtualTime();
    const service = new ServiceManager({
      environment: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '20000' },
      pid: process.pid,
      native: await loadNative(),
      log,
      time,
    });
    manager.deaf();
    let looks = 0;
    service.watch(() => ({ status: `look ${(looks += 1)}`, isUnrecoverable: false }));
    await eventually('the queue is full', async () => {
      await time.advance(100);
      return log.named('sd_notify.failed').length > 0;
    });
    service.ready('serving');
    service.reloading();
    service.ready('serving again');
    const before = looks;
    await time.advance(110);
    expect(looks).toBe(before + 11);
    manager.listen();
    const learned = async (message: string): Promise<boolean> => {
      await time.advance(10);
      return manager.count(message) > 0;
    };
    await eventually('it is told', async () => await learned('STATUS=serving again'));
    expect(manager.messages.map(([first]) => first).filter((first) => !first!.startsWith('STATUS='))).toEqual([
      'READY=1',
      'RELOADING=1',
      'READY=1',
    ]);
    await eventually('it is fed again', async () => {
      await time.advance(10);
      return manager.messages.at(-1)!.includes('WATCHDOG=1');
    });
    expect(log.named('sd_notify.failed')).toHaveLength(1);
    service.stopping(1000);
    service.ready('no more');
    await eventually('it is told of the end', async () => await learned('STOPPING=1'));
    expect(manager.count('READY=1')).toBe(2);
  });

  test('one that is unrecoverable is not fed', async () => {
    const time = new VirtualTime();
    const service = new ServiceManager({
      environment: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '20000' },
      pid: process.pid,
      native: await loadNative(),
      log: memoryLog(),
      time,
    });
    service.watch(() => ({ status: 'stuck', isUnrecoverable: true }));
    await time.advance(40);
    await eventually('it says how it stands', () => manager.count('STATUS=stuck') > 3);
    expect(manager.count('WATCHDOG=1')).toBe(0);
  });

  test('another process is watched: not ours to feed', async () => {
    const service = new ServiceManager({
      environment: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' },
      pid: process.pid,
      native: await loadNative(),
      log: memoryLog(),
    });
    service.watch(() => ({ status: 'fine', isUnrecoverable: false }));
    await manager.message('STATUS=fine');
    expect(manager.count('WATCHDOG=1')).toBe(0);
  });

  test('status in one line', () => {
    const now = controlView().lists()[0]!.currentAt! + 125 * 60_000;
    const none = { uncaughtFaults: () => ({ exception: 0, rejection: 0 }) };
    expect(serviceStatus(controlView(none), now)).toBe(
      'serving, generation 7; main: 3 entries, 2 h 5 min old, last update rejected: line 7: not a host; own: not loaded',
    );
    const refused = {
      ...controlView().configuration(),
      errors: ['/etc/c.yaml:3:1: unknown key', '/etc/c.yaml:9:2: must be a list'],
    };
    expect(
      serviceStatus(
        controlView({ ...none, configuration: () => refused, controlFault: () => 'another instance answers at /x' }),
        now,
      ),
    ).toMatch(
      /^reload refused: \/etc\/c\.yaml:3:1: unknown key and 1 more; serving, generation 7; .*; ctl cannot reach this instance: another instance answers at \/x$/,
    );
    const waiting = { ...controlView().configuration(), restartRequired: ['admin', 'workers'] };
    expect(serviceStatus(controlView({ ...none, configuration: () => waiting }), now)).toMatch(
      /^restart required for admin, workers; serving, generation 7; /,
    );
    expect(serviceStatus(controlView(), now)).toMatch(
      /^serving, generation 7; 3 uncaught errors in the control thread: restart at a convenient time; main: /,
    );
    expect(serviceStatus(controlView({ bypass: () => true, notReady: () => ['draining'] }), now)).toMatch(
      /^BYPASS: nothing is filtered; not ready: draining; /,
    );
  });
});
