/** The machine a result was measured on. No host name: results are published. */
import { spawnSync } from 'node:child_process';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e9),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
  };
}

/** What stands above the figures of a bench: the machine, and how busy it is with other work; the date; the version that is measured. */
export function machineLine(): string {
  const { cpu, cores, memoryGB, node } = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  return `${cpu}, ${cores} cores, ${memoryGB} GB, Node ${node}, ${date}, ${revision() ?? 'unknown revision'}; load ${loadText()}`;
}

/** The load average of the last minute. */
export function loadText(): string {
  return loadavg()[0]?.toFixed(1) ?? '';
}

/** The commit of this checkout, with `-dirty` where files differ from it. */
export function revision(): string | null {
  const result = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : null;
}
