/**
 * Requirement 35: a client that reads steadily, however slowly, gets its answer whole. That the kernel has passed some of it
 * on is not told before a third of its buffer is free, which may be megabytes: unless TCP_NOTSENT_LOWAT bounds it.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect } from '@jest/globals';
import { testAsRoot } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SHIPPED = /^net\.ipv4\.tcp_notsent_lowat = (\d+)$/m.exec(
  readFileSync(join(ROOT, 'systemd', 'sysctl.d', '60-cleanfeed.conf'), 'utf8'),
)?.[1];
const UNBOUNDED = '4294967295';

async function slowReader(through: 'plane' | 'process', lowat: string): Promise<unknown> {
  // A receive buffer that does not hide how slowly the client reads.
  const script =
    'ip link set lo up && echo 4096 65536 131072 > /proc/sys/net/ipv4/tcp_rmem && echo "$1" > /proc/sys/net/ipv4/tcp_notsent_lowat && shift && exec "$@"';
  const driver = join(import.meta.dirname, '..', 'support', 'slow-reader-driver.ts');
  const command = [join(ROOT, 'node_modules', '.bin', 'node'), driver, through];
  const child = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', lowat, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output);
}

describe('requirement 35: a slow but steady reader', () => {
  const inNamespace = testAsRoot('slow readers in a network namespace of their own');
  inNamespace('gets its answer whole', async () => {
    expect(await slowReader('process', UNBOUNDED)).toEqual({ whole: true, dropped: 0 });
  });

  inNamespace('also where only the sysctl setting bounds what lies in the kernel', async () => {
    expect(await slowReader('plane', SHIPPED!)).toEqual({ whole: true, dropped: 0 });
  });

  inNamespace('where nothing does: is cut off, as docs/known-limits.md says', async () => {
    expect(await slowReader('plane', UNBOUNDED)).toEqual({ whole: false, dropped: 1 });
  });
});
