/** The machine a result was measured on. No host name: results are published. */
import { spawnSync } from 'node:child_process';
import { arch, cpus, release, totalmem, type } from 'node:os';

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

/** The commit of this checkout, with `-dirty` where files differ from it. */
export function revision(): string | null {
  const result = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : null;
}
