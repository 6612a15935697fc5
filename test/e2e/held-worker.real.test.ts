/**
 * A thread that a call of the system holds, which nothing ends: where it is a worker the other one serves, a reload comes into force, and readiness says so. Whoever
 * tells the process to end need not wait for that call.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { within } from '../support/within.ts';

const HOLD_A_WORKER = join(import.meta.dirname, '..', 'support', 'hold-a-worker.cjs');
const LISTED = 'http://a.localhost/listed';

/** It ends whatever becomes of the test. */
let started: ProxyProcess | null = null;
afterEach(async () => {
  started?.signal('SIGKILL');
  await started?.exited;
  // Its log tells of a worker that failed.
  started?.forget();
});

/** Two workers, one of which is held from now on. */
async function withHeldWorker(directory: TemporaryDirectory, drain: string): Promise<ProxyProcess> {
  const [pipe, hold] = [directory.file('pipe'), directory.file('hold')];
  execFileSync('/usr/bin/env', ['mkfifo', pipe]);
  const proxy = await startProxy({
    lists: { own: 'a.localhost/listed\n' },
    config: { workers: 2, supervision: { hangTimeout: '1s' }, shutdown: { drain } },
    environment: { NODE_OPTIONS: `--require=${HOLD_A_WORKER}`, HOLD_FILE: hold, HOLD_PIPE: pipe },
  });
  started = proxy;
  writeFileSync(hold, '');
  await eventually('a worker is held', () => !existsSync(hold));
  return proxy;
}

/** The first answer on many new connections: which worker has one is the system's choice. */
async function status(proxy: ProxyProcess, url: string): Promise<number> {
  const clients = await Promise.all(Array.from({ length: 20 }, async () => await rawClient(proxy.port)));
  for (const client of clients) client.request(url);
  const first = await Promise.race(clients.map(async (client) => await client.response()));
  for (const client of clients) client.socket.destroy();
  return first.status;
}

// Was a fault: the process waited for that call, as long as it took, after SIGTERM, `ctl drain` and a second signal.
test('the other worker serves and follows reloads, and SIGTERM ends the process in its time', async () => {
  using directory = temporaryDirectory();
  await using origin = await startOkOrigin();
  const proxy = await withHeldWorker(directory, '300ms');
  expect((await proxy.told('worker.unresponsive'))[0]).toMatchObject({ level: 'error', reason: 'heartbeat' });
  expect(await proxy.admin('/readyz')).toMatchObject({
    status: 503,
    body: expect.stringContaining('does not respond'),
  });
  expect(await status(proxy, LISTED)).toBe(403);
  writeFileSync(proxy.file('own.txt'), 'b.localhost/listed\n');
  await askControl(proxy.file('state/control.sock'), { command: 'reload' });
  expect(await status(proxy, `http://b.localhost:${origin.port}/listed`)).toBe(403);
  expect(await status(proxy, `http://a.localhost:${origin.port}/listed`)).toBe(200);
  proxy.signal('SIGTERM');
  expect(await within('its end', proxy.exited)).toEqual({ code: 0, signal: null });
  expect(await proxy.told('process.stop_failed')).toMatchObject([
    { stage: 'workers', reason: expect.stringMatching(/^worker [01] is held by a call of the system$/) },
  ]);
  await proxy.told('process.stopped');
});

test('a second signal ends it at once', async () => {
  using directory = temporaryDirectory();
  const proxy = await withHeldWorker(directory, '1h');
  proxy.signal('SIGTERM');
  const [draining] = await proxy.told('process.draining');
  await proxy.signalAfter(draining!, 'SIGTERM');
  expect(await within('its end', proxy.exited)).toEqual({ code: 143, signal: null });
});

// Was a fault: where the file of a zone was on a file server that is away the process waited for it, as long as that took.
test.each([
  { is: 'writes a zone', entry: 'zone-thread', stage: 'outlets' },
  { is: 'reads a list again', entry: 'compile-thread', stage: null },
])('the thread that $is is held: SIGTERM ends the process in its time', async ({ entry, stage }) => {
  using directory = temporaryDirectory();
  const pipe = directory.file('pipe');
  execFileSync('/usr/bin/env', ['mkfifo', pipe]);
  const zones = [{ name: 'rpz.lan', file: './block.zone', lists: ['own'] }];
  const proxy = await spawnProxy({
    lists: { own: 'a.localhost dns\n' },
    config: { resolver: { zones }, shutdown: { drain: '300ms' } },
    environment: { NODE_OPTIONS: `--require=${HOLD_A_WORKER}`, HOLD_ENTRY: entry, HOLD_PIPE: pipe },
  });
  started = proxy;
  await eventually('it is held', () => existsSync(`${pipe}.held`));
  proxy.signal('SIGTERM');
  expect(await within('its end', proxy.exited)).toEqual({ code: 0, signal: null });
  if (stage !== null) expect(await proxy.told('process.stop_failed')).toMatchObject([{ stage }]);
});
