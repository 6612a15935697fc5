/** What the process takes of its machine now. It only reads, and it costs one small file. */
import { readFileSync } from 'node:fs';

export interface ProcessResources {
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Null: the system does not tell. */
  readonly virtualBytes: number | null;
  /** What the control group may take; null: as much as there is. */
  readonly memoryLimit: number | null;
}

/** @param status the file of the process in /proc. */
export function processResources(status = '/proc/self/status'): ProcessResources {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    virtualBytes: virtualBytes(status),
    memoryLimit: memoryLimit(process.constrainedMemory()),
  };
}

/** Without a limit Node tells 0, or a number that no machine has. */
export function memoryLimit(constrained: number): number | null {
  return constrained > 0 && constrained < Number.MAX_SAFE_INTEGER ? constrained : null;
}

function virtualBytes(status: string): number | null {
  try {
    const [, kibibytes] = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync(status, 'latin1')) ?? [];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}
