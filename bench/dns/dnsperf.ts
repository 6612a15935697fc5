/** Runs dnsperf once against a port of this machine, and reads what it says: how many questions were answered, and how long each took. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pinned } from '../load/processes.ts';
import { findProgram } from '../load/programs.ts';

export interface Load {
  readonly port: number;
  readonly core: number;
  /** File with lines `NAME TYPE`. */
  readonly questions: string;
  readonly seconds: number;
  /** Questions a second; null: as many as are answered. */
  readonly rate: number | null;
  /** Questions that may wait at once. */
  readonly outstanding: number;
  /** Notes how long each answer took. */
  readonly each: boolean;
}

export interface Outcome {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** Milliseconds, in order; empty unless `each`. */
  readonly latencies: Float64Array;
}

export async function dnsperf({ port, core, questions, seconds, rate, outstanding, each }: Load): Promise<Outcome> {
  const program = findProgram('dnsperf');
  if (program === null) throw new Error('dnsperf is not installed');
  const args = ['-s', '127.0.0.1', '-p', `${port}`, '-d', questions, '-l', `${seconds}`, '-q', `${outstanding}`];
  args.push(
    '-c',
    '16',
    '-T',
    '1',
    '-S',
    '0',
    '-t',
    '2',
    ...(rate === null ? [] : ['-Q', `${rate}`]),
    ...(each ? ['-v'] : []),
  );
  const [first = '', ...words] = pinned([core], [program, ...args]);
  const child = spawn(first, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const latencies: number[] = [];
  const numbers = { sent: 0, completed: 0, lost: 0 };
  for await (const line of createInterface(child.stdout)) {
    // "> NOERROR name.example A 0.000123"
    if (line.startsWith('> ')) latencies.push(Number(line.slice(line.lastIndexOf(' ') + 1)) * 1000);
    else {
      const [, what, count] = /^ {2}Queries (sent|completed|lost): +(\d+)/.exec(line) ?? [];
      if (what === 'sent' || what === 'completed' || what === 'lost') numbers[what] = Number(count);
    }
  }
  await exited;
  return {
    sent: numbers.sent,
    answered: numbers.completed,
    lost: numbers.lost,
    latencies: Float64Array.from(latencies.filter(Number.isFinite)).toSorted(),
  };
}

/** @param share 0 to 1 */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
