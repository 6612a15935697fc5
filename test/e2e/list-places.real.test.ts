/**
 * Requirement 42 for a list in a file: whatever lies in its place, nothing of it is waited for or read without end. The list that is in force stays, a metric
 * and the log say why, and the next sound file is taken.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { pollNow } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const LIST = 'a.localhost/listed\n';
const resources = new Resources();
let origin: Origin;
let proxy: ProxyProcess;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  proxy = resources.use(await startProxy({ lists: { own: LIST }, config: { control: { socket: './control.sock' } } }));
});
afterAll(async () => await resources.end());

test.each<{ what: string; reason: string; put: (path: string) => void }>([
  { what: 'a pipe', reason: 'unreadable', put: (path) => void execFileSync('mkfifo', [path]) },
  { what: 'a folder', reason: 'unreadable', put: (path) => mkdirSync(path) },
  { what: 'a device without end', reason: 'unreadable', put: (path) => symlinkSync('/dev/zero', path) },
  { what: 'a link to itself', reason: 'unreadable', put: (path) => symlinkSync(path, path) },
  { what: 'no file', reason: 'unreadable', put: () => {} },
  // What has no length is read as it is: here as nothing.
  { what: 'a file of the system', reason: 'truncated', put: (path) => symlinkSync('/proc/self/environ', path) },
  { what: 'a byte that no text has', reason: 'corrupt', put: (path) => writeFileSync(path, 'a.localhost/\0listed\n') },
  {
    what: 'four gigabytes',
    reason: 'too_large',
    put: (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 32);
    },
  },
])('$what: $reason', async ({ reason, put }) => {
  const path = proxy.file('own.txt');
  const counted = async (): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="own",reason="${reason}"}`) ?? 0;
  const before = await counted();
  rmSync(path, { recursive: true, force: true });
  put(path);
  await pollNow(proxy);
  expect(await counted()).toBeGreaterThan(before);
  // What is read and is no list is told by its first line.
  await eventually('it is told', () =>
    reason === 'truncated'
      ? proxy.logged('list.rejected').length > 0 && proxy.logged('list.bad_line').length > 0
      : proxy.logged('list.failed').some(({ code, servingLastGood }) => code === reason && servingLastGood === true),
  );
  const status = async (host: string): Promise<number> =>
    await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`);
  expect([await status('a'), await status('b')]).toEqual([403, 200]);
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, `${LIST}b.localhost/listed\n`);
  await pollNow(proxy);
  expect([await status('a'), await status('b')]).toEqual([403, 403]);
  writeFileSync(path, LIST);
  await pollNow(proxy);
});
