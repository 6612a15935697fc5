/**
 * How many cores this process may use, for `workers: auto`: what the scheduler gives it (affinity), and where a control group bounds its CPU time, that.
 *
 *   cgroup v2: cpu.max of its group and of each above it, `QUOTA PERIOD` or `max PERIOD` (kernel, admin-guide/cgroup-v2)
 *   cgroup v1: cpu.cfs_quota_us, cpu.cfs_period_us
 *
 * It only reads, and a file that is not there bounds nothing.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** What a control thread takes while it compiles lists (docs/operations.md, Sizing). */
const CONTROL_CORES = 0.5;
const MAX_GROUPS = 64;

/** Reads a file as text. @throws where there is none. */
export type ReadText = (path: string) => string;

/** Threads that leave the control thread its share; at least 1, at most `max`. */
export function automaticWorkers(max: number, cores: number = availableCores()): number {
  return Math.min(max, Math.max(1, Math.floor(cores - CONTROL_CORES)));
}

/** May be no whole number. */
export function availableCores(parallelism: number = availableParallelism(), read: ReadText = readText): number {
  return Math.min(parallelism, quota(read));
}

/** Infinity: none. */
function quota(read: ReadText): number {
  const groups = (lineOf(read, '/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const unified = groups.find(([id, controllers]) => id === '0' && controllers === '')?.[2];
  const cpu = groups.find(([, controllers]) => controllers?.split(',').includes('cpu'))?.[2];
  let least = Number.POSITIVE_INFINITY;
  for (const group of upwards(unified))
    least = Math.min(least, ratio(lineOf(read, `/sys/fs/cgroup${join(group, 'cpu.max')}`)));
  for (const group of upwards(cpu)) {
    const folder = `/sys/fs/cgroup/cpu${group}`;
    least = Math.min(
      least,
      ratio(
        `${lineOf(read, join(folder, 'cpu.cfs_quota_us')) ?? ''} ${lineOf(read, join(folder, 'cpu.cfs_period_us')) ?? ''}`,
      ),
    );
  }
  return least;
}

/** In a container the path may be that of the host: the root is looked at all the same. */
function* upwards(group: string | undefined): Generator<string> {
  if (group?.startsWith('/') !== true) return;
  let at = group;
  for (let i = 0; i < MAX_GROUPS && at !== '/'; i++, at = dirname(at)) yield at;
  yield '/';
}

function ratio(text: string | null): number {
  const [, quotaTime = '', period = ''] = /^(\d+)\s+(\d+)/.exec(text ?? '') ?? [];
  const cores = Number(quotaTime) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : Number.POSITIVE_INFINITY;
}

function lineOf(read: ReadText, path: string): string | null {
  try {
    return read(path).trim();
  } catch {
    return null;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
