/** What the process takes of its machine, against what it may take: for the status page. It only reads. */
import { availableParallelism, totalmem } from 'node:os';
import type { ControlView } from '../observe/control-view.ts';

export interface Resources {
  readonly memory: {
    /** Resident: the lists, which all threads share, and the threads' own. */
    readonly usedBytes: number;
    readonly limitBytes: number;
    /** Of the process (`MemoryMax=` of the unit, a container); false: all that the machine has. */
    readonly isOwnLimit: boolean;
  };
  /** Cores that the process may use. */
  readonly cores: number;
  /** Client connections that all workers together may have. */
  readonly maxConnections: number;
}

export function resourcesOf(view: Pick<ControlView, 'descriptors' | 'workers'>): Resources {
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  // Where nothing is constrained some systems tell a number beyond any memory.
  const isOwnLimit = constrained > 0 && constrained < machine;
  return {
    memory: {
      usedBytes: process.memoryUsage.rss(),
      limitBytes: isOwnLimit ? constrained : machine,
      isOwnLimit,
    },
    cores: availableParallelism(),
    maxConnections: view.descriptors().effective * view.workers().length,
  };
}

/** User and system time of all threads since the start. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
