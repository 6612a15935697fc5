/** A process that was stopped has not found its workers hung when it goes on. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { logOf } from '../support/log-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('SIGSTOP for longer than the bound: nobody is replaced', async () => {
  using directory = temporaryDirectory();
  writeFileSync(
    directory.file('c.yaml'),
    JSON.stringify({
      listeners: [{ name: 'explicit', port: 0 }],
      admin: { port: 0 },
      state: { directory: './state' },
      shutdown: { lameDuck: '0s' },
      supervision: { hangTimeout: '2s' },
      workers: 2,
    }),
  );
  const child = spawn(
    join(ROOT, 'node_modules', '.bin', 'node'),
    [join(ROOT, 'src', 'cli.ts'), 'serve', '-c', directory.file('c.yaml')],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const log = logOf(child);
  await log.event('listener.opened');
  child.kill('SIGSTOP');
  // The stop itself is what is tested: it must last longer than the bound.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  child.kill('SIGCONT');
  child.kill('SIGHUP');
  // Its timers were due when it went on, and came first.
  await log.event('reload.started');
  child.kill('SIGTERM');
  expect(await log.ended).toBe(0);
  expect(log.text()).not.toContain('worker.unresponsive');
});
