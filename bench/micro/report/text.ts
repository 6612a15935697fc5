/** The result for a terminal: one line a figure. */
import type { Report } from './report.ts';
import { resultOf, spreadText, written } from './figure.ts';

export function textReport({ date, revision, machine, rounds, load, figures }: Report): string {
  const lines = figures.map((item) => [
    item.bench,
    item.name,
    spreadText(item),
    item.unit,
    item.target === null ? '' : `≤ ${written(item.target)}`,
    resultOf(item),
  ]);
  const head = ['bench', 'case', 'median (min to max)', '', 'target', ''];
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  const text = [head, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const notes = figures
    .filter(({ samples, note }) => samples.length === 0 && note !== '')
    .map(({ name, note }) => `${name}: ${note}`);
  return [
    `${date}, commit ${revision ?? 'unknown'}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.kernel}, Node ${machine.node}; ${rounds} interleaved rounds; load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`,
    '',
    ...text,
    '',
    ...notes,
  ].join('\n');
}
