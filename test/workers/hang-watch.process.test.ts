/** Who is found hung: whoever does nothing while this thread itself runs, and nobody after a stop. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { DataWorker } from '../../src/workers/data-worker.ts';
import { HangWatch } from '../../src/workers/hang-watch.ts';
import { CONTROL_BYTES, HEARTBEAT_SLOT } from '../../src/workers/messages.ts';
import { logOf } from '../support/log-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('by given time', () => {
  const HANG_MS = 2000;
  let time: VirtualTime;
  let control: Int32Array;
  let hung: number[];
  let watch: HangWatch;

  /** No thread stands behind it. */
  function workerOf(index: number, state: DataWorker['state']): DataWorker {
    return Object.create(DataWorker.prototype, {
      index: { value: index },
      state: { value: state },
      serving: { value: 0 },
      isSilent: { value: false },
    });
  }

  /** The watch runs meanwhile; `beating` are alive. */
  async function pass(milliseconds: number, beating: readonly number[] = []): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      for (const index of beating) Atomics.add(control, HEARTBEAT_SLOT + index, 1);
      await time.advance(100);
    }
  }

  beforeEach(() => {
    time = new VirtualTime();
    control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
    hung = [];
    const workers = [
      workerOf(0, 'listening'),
      workerOf(1, 'listening'),
      workerOf(2, 'starting'),
      workerOf(3, 'drained'),
    ];
    watch = new HangWatch({
      control,
      workers: () => workers,
      hangTimeoutMs: () => HANG_MS,
      onHung: ({ index }) => hung.push(index),
      time,
    });
    watch.start();
  });
  afterEach(() => watch.stop());

  test('whoever stands still for longer than the bound is reported, one that starts only after a minute', async () => {
    await pass(HANG_MS, [0, 1]);
    await pass(HANG_MS / 2, [0]);
    expect(hung).toEqual([]);
    await pass(HANG_MS, [0]);
    expect(new Set(hung)).toEqual(new Set([1]));
    await pass(DEADLINES.workers.startMs, [0]);
    expect(new Set(hung)).toEqual(new Set([1, 2]));
  });

  test('time for which this thread stood still counts against nobody', async () => {
    await pass(HANG_MS / 2, [0, 1]);
    time.standStill(100 * HANG_MS);
    await pass(HANG_MS / 4);
    await pass(HANG_MS, [0, 1]);
    expect(hung).toEqual([]);
  });
});

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
