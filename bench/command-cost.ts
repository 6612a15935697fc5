/** What one run of a command costs: time, CPU, peak of memory, as the kernel tells it. For benches of whole commands. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** As whoever types it has it: with the compile cache, which the first run of a checkout fills. */
export const COMMAND = join(import.meta.dirname, '..', 'bin', 'cleanfeed');
const POLL_MS = 20;

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  /** Of memory, at its peak, in MiB. */
  readonly memory: number;
}

export interface Ran extends Cost {
  readonly code: number | null;
  readonly stdout: string;
}

/** @param args of the command line. */
export async function runMeasured(args: readonly string[]): Promise<Ran> {
  const started = performance.now();
  // It becomes Node in the same process, whose cost is read.
  const child = spawn(COMMAND, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const used = { cpu: 0, memory: 0 };
  const poll = setInterval(() => Object.assign(used, usage(child.pid, used)), POLL_MS);
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  clearInterval(poll);
  return { code, stdout, wall: (performance.now() - started) / 1000, ...used };
}

/** What the kernel says of a process that still runs; of one that has ended it knows no memory, or nothing: what was known before. */
function usage(pid: number | undefined, before: Omit<Cost, 'wall'>): Omit<Cost, 'wall'> {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime and stime, in hundredths of a second.
    return {
      cpu: (Number(fields[11]) + Number(fields[12])) / 100,
      memory: peak === undefined ? before.memory : Number(peak) / 1024,
    };
  } catch {
    return before;
  }
}

/** Of a table in Markdown: median and spread of the time, median of the CPU, the highest peak, and whether the time is within the target. */
export function costCells(costs: readonly Cost[], targetSeconds: number): readonly string[] {
  const walls = costs.map(({ wall }) => wall);
  const wall = medianOf(walls);
  return [
    `${wall.toFixed(1)} (${Math.min(...walls).toFixed(1)}–${Math.max(...walls).toFixed(1)})`,
    medianOf(costs.map(({ cpu }) => cpu)).toFixed(1),
    Math.max(...costs.map(({ memory }) => memory)).toFixed(0),
    String(targetSeconds),
    wall <= targetSeconds ? 'yes' : 'no',
  ];
}

export const COST_HEADINGS = ['wall, s', 'CPU, s', 'peak of memory, MiB', 'target, s', ''] as const;

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
