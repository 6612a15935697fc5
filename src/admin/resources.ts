/** What the process takes of its machine, against what it may take: for the status page. It only reads. */
import { availableParallelism } from 'node:os';
import type { ControlView } from '../observe/control-view.ts';
import { memoryLimit } from '../observe/limit-metrics.ts';

export interface Resources {
  readonly memory: {
    /** Resident: the lists, which all threads share, and the threads' own. */
    readonly usedBytes: number;
    /** Of them the buffers of the lists, as far as they are resident. */
    readonly listBytes: number;
    readonly limitBytes: number;
    /** Of the process (`MemoryMax=` of the unit, a container); false: all that the machine has. */
    readonly isOwnLimit: boolean;
  };
  /** Cores that the process may use. */
  readonly cores: number;
  /** Client connections that all workers together may have. */
  readonly maxConnections: number;
}

export function resourcesOf(view: Pick<ControlView, 'descriptors' | 'resources' | 'workers'>): Resources {
  const { residentBytes, listBytes, memoryLimit: own } = view.resources();
  const limitBytes = memoryLimit(own);
  return {
    memory: { usedBytes: residentBytes, listBytes, limitBytes, isOwnLimit: limitBytes === own },
    cores: availableParallelism(),
    maxConnections: view.descriptors().effective * view.workers().length,
  };
}
