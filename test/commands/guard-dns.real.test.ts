/**
 * The guard beside a DNS front, both real: killed, stopped, with resolvers that are gone. Nothing here asks how long anything took.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { GuardReport } from '../../src/guard/report.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { endAll, start } from './cli-process.ts';

let folder: TemporaryDirectory;
let metrics: number;

beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(async () => {
  await endAll();
  folder[Symbol.dispose]();
});
afterAll(endAll);

/** A front on all addresses before a resolver that is not there, and its guard. */
async function begin(listener: object = {}): Promise<ProxyProcess> {
  const [port, admin, page, at, nobody] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  metrics = at;
  const move = (direction: string): string[][] => [['sh', '-c', `echo ${direction} >> ${folder.file('moves')}`]];
  const proxy = await startProxy({
    lists: { own: '*.example dns\n' },
    config: {
      listeners: [
        { name: 'names', mode: 'dns', address: '127.0.0.1', port, upstream: [`127.0.0.1:${nobody}`], ...listener },
      ],
      admin: { port: admin },
      workers: 2,
      guard: {
        origin: { port: page },
        metrics: { port: metrics },
        probes: [{ listener: 'names' }],
        actions: { out: move('out'), back: move('back') },
        // Busy machines are slow to answer; nothing here is to be taken for dead that is not.
        timeout: '2s',
        commandTimeout: '20s',
        successes: 3,
        hold: '100ms',
      },
    },
  });
  start(['guard', '-c', proxy.file('cleanfeed.yaml')], { cwd: folder.path });
  await position('in');
  return proxy;
}

async function position(wanted: GuardReport['position']): Promise<GuardReport> {
  const found = await eventually(
    `the filter is ${wanted}`,
    async () => {
      const response = await fetch(`http://127.0.0.1:${metrics}/status`).catch(() => null);
      return response === null ? null : ((await response.json()) as GuardReport);
    },
    (report) => report?.position === wanted && report.running === null,
  );
  return found!;
}

function moves(): string[] {
  const file = folder.file('moves');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

test('a front whose resolvers are gone is in the path; killed: out; started again: back', async () => {
  const proxy = await begin();
  expect((await position('in')).listeners).toMatchObject([{ state: 'healthy', isDenied: false }]);
  proxy.signal('SIGKILL');
  await proxy.exited;
  expect(await position('out')).toMatchObject({ reason: 'down' });
  await using again = await proxy.killAndRestart();
  await again.ready();
  await position('in');
  expect(moves()).toEqual(['back', 'out', 'back']);
});

test('stopped (SIGSTOP): out; going on: back', async () => {
  await using proxy = await begin();
  proxy.signal('SIGSTOP');
  const { listeners, reason } = await position('out');
  proxy.signal('SIGCONT');
  expect({ reason, listeners }).toMatchObject({ reason: 'down', listeners: [{ lastFailure: 'timeout' }] });
  await position('in');
  expect(moves()).toEqual(['back', 'out', 'back']);
});

test('on all addresses, behind a balancer whose header each question needs', async () => {
  await using _proxy = await begin({ address: '::', proxyProtocol: { from: ['::1/128'] } });
  expect((await position('in')).listeners).toMatchObject([{ listener: 'names', state: 'healthy' }]);
  expect(moves()).toEqual(['back']);
});
