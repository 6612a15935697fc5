/** The closing lines of a run: what was skipped and how to have it, what was run again, what it cost, how many passed. Pure. */
import { stripVTControlCharacters } from 'node:util';
import type { RetriedFile } from './history.ts';
import type { Cost, Counts, Failure, Skip } from './records.ts';

/** Name of a program → Debian package that has it. */
export type Packages = ReadonlyMap<string, string>;

export function skippedLines(skips: readonly Skip[], packages: Packages): string[] {
  if (skips.length === 0) return [];
  const lines = new Set(skips.map(({ what, why }) => `  ${what}: ${why}`));
  const missing = [...new Set(skips.flatMap(({ programs }) => programs))].toSorted();
  const install = missing.flatMap((program) => packages.get(program) ?? []);
  const unknown = missing.filter((program) => !packages.has(program));
  return [
    'skipped:',
    ...[...lines].toSorted(),
    ...(install.length > 0
      ? [`  to run them: apt-get install --no-install-recommends ${[...new Set(install)].join(' ')}`]
      : []),
    ...(unknown.length > 0 ? [`  not in a Debian package: ${unknown.join(', ')}`] : []),
  ];
}

/** More names than this are a number: `npm run test:changed -- --list` prints all. */
const NAMED_AT_MOST = 50;

export function pickedLines(files: readonly string[]): string[] {
  if (files.length > NAMED_AT_MOST) return [`picked: ${files.length} files`];
  return files.map((file) => `picked: ${file}`);
}

/** Maps a reason to the files; a reason without files has no line. */
export type NotRun = Readonly<Record<string, readonly string[]>>;

export function notRunLines(notRun: NotRun): string[] {
  const lines = Object.entries(notRun)
    .filter(([, files]) => files.length > 0)
    .map(([why, files]) => `  ${why}: ${files.join(', ')}`);
  return lines.length > 0 ? ['not run:', ...lines] : [];
}

export function retriedLines(retried: readonly RetriedFile[]): string[] {
  return retried.map(
    ({ file, test, seed, failure, passed }) =>
      `run again ${passed ? 'and passed' : 'and failed'}: ${file}: ${test ?? 'set-up'} (seed ${seed}); first failure: ${firstLine(failure)}`,
  );
}

/** Of a message, that many lines that are not empty. */
const LINES_OF_A_FAILURE = 10;

/** What failed, once more at the end: whoever reads the last lines of a long run need not look for it. Each line begins with `failed: `. */
export function failedLines(failures: readonly Failure[]): string[] {
  return failures.flatMap(({ file, test, message }) => [
    `failed: ${file}: ${test ?? 'as a whole'}`,
    ...stripVTControlCharacters(message)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(0, LINES_OF_A_FAILURE)
      .map((line) => `failed:   ${line}`),
  ]);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function costLine(cpuSeconds: number, seconds: number): string {
  return `${cpuSeconds.toFixed(0)} s of CPU in ${seconds.toFixed(0)} s`;
}

/** The files that took most, for whoever makes a run cheaper. */
export function costLines(costs: readonly Cost[], count: number): string[] {
  return costs
    .toSorted((a, b) => b.own + b.children - (a.own + a.children))
    .slice(0, count)
    .map(({ file, own, children }) => `${own.toFixed(1)} s and ${children.toFixed(1)} s in its processes: ${file}`);
}
