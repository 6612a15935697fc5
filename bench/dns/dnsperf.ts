/** Runs dnsperf once against a port of this machine, and reads what it says: how many questions were answered, and how long each took. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { pinned } from '../load/processes.ts';
import { findProgram } from '../load/programs.ts';
import { socketDrops } from './socket-drops.ts';

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
  /** Words before the command, such as `chrt -r 1`. */
  readonly under: readonly string[];
}

export interface Outcome {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** Of those, answers for which the kernel had no room at the sockets of dnsperf. */
  readonly dropped: number;
  /** Milliseconds, in order; empty unless `each`. */
  readonly latencies: Float64Array;
}

/** KiB of its receive buffers. */
const BUFFER = 4096;
/** Milliseconds. */
const LOOK = 50;

export async function dnsperf({
  port,
  core,
  questions,
  seconds,
  rate,
  outstanding,
  each,
  under,
}: Load): Promise<Outcome> {
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
    '-b',
    `${BUFFER}`,
    ...(rate === null ? [] : ['-Q', `${rate}`]),
    ...(each ? ['-v'] : []),
  );
  const [first = '', ...words] = pinned([core], [...under, program, ...args]);
  // Into a file: whoever reads a pipe slowly would slow it down.
  using said = temporaryDirectory();
  const output = openSync(said.file('output'), 'w');
  const child = spawn(first, words, { stdio: ['ignore', output, 'ignore'] });
  closeSync(output);
  let dropped = 0;
  const look = setInterval(() => (dropped = Math.max(dropped, socketDrops(child.pid ?? 0))), LOOK);
  await once(child, 'exit');
  clearInterval(look);
  const latencies: number[] = [];
  const numbers = { sent: 0, completed: 0, lost: 0 };
  for await (const line of createInterface(createReadStream(said.file('output')))) {
    // "> NOERROR name.example A 0.000123"
    if (line.startsWith('> ')) latencies.push(Number(line.slice(line.lastIndexOf(' ') + 1)) * 1000);
    else {
      const [, what, count] = /^ {2}Queries (sent|completed|lost): +(\d+)/.exec(line) ?? [];
      if (what === 'sent' || what === 'completed' || what === 'lost') numbers[what] = Number(count);
    }
  }
  return {
    dropped,
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
