/**
 * What the control thread shows of itself (observe/control-view.ts): put together from its parts whenever somebody asks.
 * It must not change anything.
 */
import type { Config } from '../config/types.ts';
import type { ListManager } from '../list/manager.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { SnapshotSwap } from './snapshot-swap.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface ControlParts {
  readonly config: Config;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly pool: WorkerPool;
  readonly swap: SnapshotSwap;
  readonly lists: ListManager;
  readonly isDraining: () => boolean;
}

export function controlView(parts: ControlParts): ControlView {
  const { version, startedAt, pool, swap, lists } = parts;
  return {
    version,
    startedAt,
    lists: () => lists.lists(),
    listeners: () => listeners(parts),
    generation: () => swap.generation,
    workerGenerations: () => pool.status().map(({ generation }) => generation),
    workerRestarts: () => pool.restarts,
    bypass: () => false,
    notReady: () => notReady(parts),
  };
}

function listeners({ config, pool }: ControlParts): ReturnType<ControlView['listeners']> {
  return config.listeners.map(({ name, address }, i) => ({ name, address, port: pool.ports?.[i] ?? null }));
}

function notReady({ pool, swap, lists, isDraining }: ControlParts): readonly string[] {
  if (isDraining()) return ['draining'];
  const missing = lists.missing();
  if (missing.length > 0) return missing;
  if (swap.generation === 0) return ['the first snapshot is being handed to the workers'];
  return pool
    .status()
    .filter(({ state, silent }) => state !== 'listening' || silent)
    .map(({ worker, state, silent }) => `worker ${worker}: ${silent ? 'does not answer' : state}`);
}
