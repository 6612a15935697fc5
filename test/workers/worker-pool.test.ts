/** Workers that the system has no room for are started later: nobody else would do it, and the process goes on without them. */
import { afterEach, expect, test } from '@jest/globals';
import { holdThreads } from '../../src/lib/threads.ts';
import { CONTROL_BYTES, GENERATION_SLOT } from '../../src/workers/messages.ts';
import { WorkerPool } from '../../src/workers/worker-pool.ts';
import { CONFIG } from '../observe/fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';

const FILE = new URL('../support/fake-data-thread.ts', import.meta.url);
const NO_MASKS = new Map<string, number>();
const RULES = { revision: 1, lists: [], masks: NO_MASKS, policyMasks: NO_MASKS, slots: [] };

let pool: WorkerPool | null = null;

afterEach(async () => await pool?.close());

/** What the constructor of a thread throws where there is none to be had (EAGAIN). */
function noThread(): Error {
  return Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });
}

interface Faults {
  /** How often the system has been asked for a thread: throws where there is none. */
  readonly thread?: (times: number) => void;
  readonly descriptor?: (times: number) => number;
}

async function start({ thread = () => {}, descriptor = () => 0 }: Faults): Promise<ReturnType<typeof memoryLog>> {
  const log = memoryLog();
  const times = { thread: 0, descriptor: 0 };
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  Atomics.store(new Int32Array(control), GENERATION_SLOT, 1);
  await holdThreads([FILE]);
  pool = new WorkerPool({
    entries: () => {},
    workers: 1,
    file: FILE,
    log,
    now: () => 0,
    listening: () => {},
    handOver: { outlives: true, descriptor: () => descriptor((times.descriptor += 1)) },
    input: () => {
      thread((times.thread += 1));
      return {
        config: CONFIG,
        rules: RULES,
        worker: 0,
        control,
        counters: new SharedArrayBuffer(64),
        pseudonym: 'test',
        admin: { address: '127.0.0.1', port: 9 },
      };
    },
  });
  pool.start();
  return log;
}

// Was a bug: it was an error that nobody caught, which ends nothing, and the worker never came back.
test('no thread is to be had for the next one: tried again, as after any other end', async () => {
  const log = await start({
    thread: (times) => {
      if (times === 2) throw noThread();
    },
  });
  const [first] = pool!.alive;
  await first!.terminate();
  await eventually('there is another one', () => pool!.alive.length === 1 && pool!.alive[0] !== first);
  expect(log.named('worker.exited').map(({ reason }) => reason)).toEqual([
    'ended by the control thread',
    expect.stringContaining('ERR_WORKER_INIT_FAILED'),
  ]);
  expect(pool!.restarts).toBe(2);
});

test('nor for the first one, nor later: the start is given up', async () => {
  await start({
    thread: () => {
      throw noThread();
    },
  });
  await expect(pool!.fatal).rejects.toMatchObject({ code: 'worker_start' });
});

// Was a bug: it went on serving what nobody could bring to it.
test('no descriptor is to be had of an inherited socket: another worker is told where to listen', async () => {
  const log = await start({
    descriptor: (times) => {
      if (times === 1) throw Object.assign(new Error('fcntl failed'), { code: 'EMFILE' });
      return times;
    },
  });
  pool!.stage({ generation: 1, images: [], rules: RULES });
  await pool!.until(() => pool!.alive.every(({ prepared }) => prepared === 1));
  pool!.commit();
  await pool!.listeners.listen(() => [
    {
      key: 'explicit',
      listener: CONFIG.listeners[0]!,
      index: 0,
      slot: 0,
      address: '127.0.0.1',
      port: 0,
      descriptors: [3],
    },
  ]);
  expect(pool!.status()).toMatchObject([{ state: 'listening', restarts: 1 }]);
  expect(log.named('worker.exited')).toMatchObject([
    { reason: expect.stringContaining('could not be told where to listen: Error EMFILE') },
  ]);
});
