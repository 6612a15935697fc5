/**
 * What a run of the tests notes for its end: failures by type, tests that were skipped, the cost of each file. One line of JSON
 * each, in a file that CLEANFEED_TEST_RECORDS names (test/rings/run.ts); nothing is noted where it names none.
 */
import { appendFileSync, readFileSync } from 'node:fs';

export const RECORDS = 'CLEANFEED_TEST_RECORDS';

export interface EndedChildren {
  readonly cpuSeconds: number;
  /** Grows with each process that has ended, whatever it did. */
  readonly faults: number;
}

export function noteRecord(record: Readonly<Record<string, unknown>>): void {
  const file = process.env[RECORDS] ?? '';
  if (file !== '') appendFileSync(file, `${JSON.stringify(record)}\n`);
}

/** Of processes that this one has started, and of all below them. Linux only; elsewhere zeros. */
export function endedChildren(): EndedChildren {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // Behind the name, which may hold anything: fields 3 and on of proc(5).
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [faults = 0, userTicks = 0, systemTicks = 0] = [fields[8], fields[13], fields[14]];
    return { cpuSeconds: (userTicks + systemTicks) / TICKS, faults };
  } catch {
    return { cpuSeconds: 0, faults: 0 };
  }
}

/** A second, as the kernel counts CPU time for user space on every architecture of ours. */
const TICKS = 100;
