/**
 * A file server that is away: a call of the system that never comes back holds every thread that the process has for files. Requests are judged,
 * the admin side and the control socket answer, and once it answers all goes on.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { errnoOf } from '../../src/lib/errors.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('filtering, health and the control socket need no file', async () => {
  using directory = temporaryDirectory();
  const canaries = directory.file('canaries');
  const list = directory.file('list');
  writeFileSync(canaries, '');
  writeFileSync(list, 'listed.localhost\n');
  await using origin = await startOkOrigin();
  await using proxy = await startProxy({
    config: { lists: [{ name: 'own', source: list, gate: { canaries } }] },
    // One such file is enough then.
    environment: { UV_THREADPOOL_SIZE: '1' },
  });
  const config = proxy.file('cleanfeed.yaml');
  const ask = async (host: string): Promise<number> => await statusOf(proxy.port, `http://${host}:${origin.port}/`);
  rmSync(canaries);
  execFileSync('/usr/bin/env', ['mkfifo', canaries]);
  appendFileSync(list, 'new.localhost\n');
  // As long as it is open and nothing comes, whoever reads it waits.
  const held = await eventually(
    'it is being read',
    () => writerOf(canaries),
    (writer) => writer !== null,
  );
  try {
    expect([await ask('listed.localhost'), await ask('new.localhost')]).toEqual([403, 200]);
    expect([(await proxy.admin('/healthz')).status, (await proxy.admin('/readyz')).status]).toEqual([200, 200]);
    expect(await cleanfeed(['ctl', 'status', '-c', config])).toMatchObject({ code: 0, stderr: '' });
    expect(await cleanfeed(['ctl', 'bypass', 'on', '--for', '1m', '-c', config])).toMatchObject({ code: 0 });
    // Each data thread looks in its own time.
    await eventually('nothing is refused', async () => (await ask('listed.localhost')) === 200);
    expect(await cleanfeed(['ctl', 'bypass', 'off', '-c', config])).toMatchObject({ code: 0 });
  } finally {
    closeSync(held!);
  }
  await eventually('the new version is in force', async () => (await ask('new.localhost')) === 403);
});

/** @returns null while nobody reads. */
function writerOf(pipe: string): number | null {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') return null;
    throw error;
  }
}
