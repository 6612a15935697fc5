/** Who starts it by npm ends it by npm: no way of ending npm leaves a filter behind. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { logOf } from '../support/log-of.ts';
import { portAccepts } from '../support/port-accepts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('started by npm', () => {
  test.each(['SIGTERM', 'SIGKILL', 'SIGHUP'] as const)(
    '%s to npm alone, not to its process group: the filter ends',
    async (signal) => {
      using directory = temporaryDirectory();
      const [port, admin] = [await freePort(), await freePort()];
      const listener = { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port };
      writeFileSync(
        directory.file('cleanfeed.yaml'),
        JSON.stringify({ listeners: [listener], admin: { port: admin }, state: { directory: './state' }, workers: 1 }),
      );
      const npm = spawn('npm', ['run', '-s', 'cleanfeed', '--', 'serve', '-c', directory.file('cleanfeed.yaml')], {
        cwd: ROOT,
        stdio: 'ignore',
        detached: true,
      });
      try {
        await eventually('it listens', async () => await portAccepts(port));
        npm.kill(signal);
        expect(
          await eventually(
            'nobody listens any more',
            async () => (await portAccepts(port)) || (await portAccepts(admin)),
            (listens) => !listens,
          ),
        ).toBe(false);
      } finally {
        endGroup(npm.pid!);
      }
    },
  );
});

// Was a fault: SIGUSR2 to what npm had started ended it, and with it the filter, without a drain; SIGUSR1 opened Node's debugger there.
test.each(['SIGUSR1', 'SIGUSR2'] as const)('%s, as it is sent to other servers: nothing happens', async (signal) => {
  using directory = temporaryDirectory();
  const port = await freePort();
  writeFileSync(
    directory.file('cleanfeed.yaml'),
    JSON.stringify({
      listeners: [{ name: 'explicit', port }],
      admin: { port: 0 },
      state: { directory: './state' },
      workers: 1,
    }),
  );
  const setup = join(ROOT, 'src', 'setup.mjs');
  const starter = spawn(process.execPath, [setup, 'run', 'serve', '-c', directory.file('cleanfeed.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const log = logOf(starter);
  await log.event('listener.opened');
  starter.kill(signal);
  expect(await log.event('signal.ignored')).toMatchObject({ signal });
  expect(await portAccepts(port)).toBe(true);
  starter.kill('SIGINT');
  expect(await log.ended).toBe(0);
  expect(log.text()).not.toContain('Debugger');
});

/** Whatever a failed test left behind. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}
