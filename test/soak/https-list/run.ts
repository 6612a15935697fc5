/**
 * `npm run soak:https-list -- --minutes 60`: ends with 0 where the process lived, served the last good list after every attempt,
 * counted each as what it was, and its memory did not grow.
 */
import { readCommandLine, TEXT } from '../../../bench/command-line.ts';
import { soakHttpsList } from './soak.ts';
import type { ListSoakResult } from './soak.ts';

const { values } = readCommandLine({
  options: { minutes: { ...TEXT, default: '60' }, seed: { ...TEXT, default: '1' } },
});
/** Of what is resident, the last third against the second: in the first the program warms up. */
const MAX_GROWTH = 1.15;

const result = await soakHttpsList({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  onProgress: (line) => say(`${new Date().toISOString()} ${line}`),
});
for (const line of summary(result)) say(line);
process.exitCode = result.faults.length === 0 && growth(result) <= MAX_GROWTH ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function summary({ seconds, given, expected, looks, faults, resident }: ListSoakResult): string[] {
  const table = (counts: Readonly<Record<string, number>>): string[] =>
    Object.entries(counts)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`);
  return [
    `${seconds} s, seed ${values.seed}: ${looks} times looked at and found ${faults.length === 0 ? 'right' : 'WRONG'}`,
    'answers:',
    ...table(given),
    'came to, as given and as counted:',
    ...table(expected),
    `resident: ${mebibytes(median(third(resident, 0)))} MiB in the first third, ${mebibytes(median(third(resident, 1)))} in the second, ${mebibytes(median(third(resident, 2)))} in the last; at most ${mebibytes(Math.max(...resident))}`,
    ...faults,
  ];
}

function growth({ resident }: ListSoakResult): number {
  return median(third(resident, 2)) / median(third(resident, 1));
}

function third(samples: readonly number[], which: number): readonly number[] {
  return samples.slice(
    Math.floor((samples.length * which) / 3),
    Math.max(1, Math.floor((samples.length * (which + 1)) / 3)),
  );
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
