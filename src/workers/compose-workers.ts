/**
 * The data threads as the control side has them: the pool that starts and replaces them, the watch over those that hang, the bound of
 * what their sockets hold back. It must not start anything (control-stages.ts does).
 */
import { steadyNow } from '../lib/steady-clock.ts';
import { UnsentBound } from '../memory/unsent-bound.ts';
import type { AdminSide } from './admin-side.ts';
import type { Diagnosis } from './compose-diagnosis.ts';
import type { ControlContext } from './control-context.ts';
import type { ControlOptions } from './control-options.ts';
import { HangWatch } from './hang-watch.ts';
import { WorkerPool } from './worker-pool.ts';

const DATA_THREAD = new URL('./data-thread.ts', import.meta.url);

interface Parts {
  readonly diagnosis: Pick<Diagnosis, 'entries'>;
  /** A data thread is told where the admin side really listens, which is known when the thread starts. */
  readonly admin: () => AdminSide['endpoint'];
}

export interface ComposedWorkers {
  /** The control words; see messages.ts. */
  readonly control: Int32Array;
  readonly pool: WorkerPool;
  readonly hangWatch: HangWatch;
  readonly hangTimeoutMs: () => number;
  readonly unsentBound: UnsentBound;
}

export function composeWorkers(
  { options, shared, inForce, identity, time }: ControlContext,
  { diagnosis, admin }: Parts,
): ComposedWorkers {
  const { log, native = null } = options;
  const control = new Int32Array(shared.control);
  const hangTimeoutMs = (): number => inForce.current.config.supervision.hangTimeoutMs;
  const unsentBound = new UnsentBound(native);
  const pool = new WorkerPool({
    workers: inForce.current.config.workers,
    file: dataThread(options),
    log,
    now: () => steadyNow(time),
    time,
    input: (worker) => {
      const { config, rules } = inForce.current;
      const nativeLibrary = options.nativeSockets?.library ?? null;
      return { config, rules, worker, ...shared, ...identity, admin: admin(), nativeLibrary };
    },
    listening: () => void unsentBound.listening(),
    entries: (counted) => void diagnosis.entries.add(counted),
    handOver: {
      outlives: native !== null,
      descriptor: (original) => native?.duplicate(original) ?? original,
    },
  });
  const hangWatch = new HangWatch({
    control,
    workers: () => pool.alive,
    hangTimeoutMs,
    time,
    onHung: (worker, quietMs) => pool.replace(worker, 'heartbeat', quietMs),
  });
  return { control, pool, hangWatch, hangTimeoutMs, unsentBound };
}

export function dataThread({ workerFile }: Pick<ControlOptions, 'workerFile'>): URL {
  return workerFile ?? DATA_THREAD;
}
