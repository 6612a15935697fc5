/** The result as Markdown: what must be reached first, then every figure by bench, then how it was measured. */
import { resultOf, spreadText, written } from './figure.ts';
import type { Figure } from './figure.ts';
import type { Report } from './report.ts';

const UNIT_WORDS: Partial<Record<Figure['unit'], string>> = { times: '×' };

export function markdownReport(report: Report): string {
  const { figures } = report;
  const benches = [...new Set(figures.map(({ bench }) => bench))];
  return [
    '# Micro benches\n',
    '![Time of a look-up over list size](micro.svg)\n',
    targets(figures),
    ...benches.map((bench) =>
      section(
        bench,
        figures.filter((item) => item.bench === bench),
      ),
    ),
    conditions(report),
  ].join('\n');
}

function targets(figures: readonly Figure[]): string {
  const aimed = figures.filter(({ target }) => target !== null);
  const counts = (['pass', 'miss', 'not measured'] as const).map(
    (result) => `${aimed.filter((item) => resultOf(item) === result).length} ${result}`,
  );
  const rows = aimed.map((item) => [
    `${item.bench}: ${item.name}`,
    `${written(item.target!)} ${unit(item)}`,
    measured(item),
    resultOf(item),
  ]);
  return `## Targets: ${counts.join(', ')}\n\n${table(['must reach', 'at most', 'median (min to max)', 'result'], rows)}`;
}

function section(bench: string, figures: readonly Figure[]): string {
  const rows = figures.map((item) => [item.name, measured(item), resultOf(item)]);
  const notes = new Map<string, string[]>();
  for (const { name, note } of figures) if (note !== '') notes.set(note, [...(notes.get(note) ?? []), name]);
  const list = [...notes]
    .map(([note, names]) => `- ${names.length === figures.length ? '' : `${names.join('; ')}: `}${note}\n`)
    .join('');
  return `## ${bench}\n\n${table(['', 'median (min to max)', ''], rows)}${list === '' ? '' : `\n${list}`}`;
}

function measured(item: Figure): string {
  return item.samples.length === 0 ? '' : `${spreadText(item)} ${unit(item)}`;
}

function unit({ unit }: Figure): string {
  return UNIT_WORDS[unit] ?? unit;
}

function conditions({ date, revision, machine, rounds, large, load }: Report): string {
  return `## How

\`npm run bench -- ${large ? '--large ' : ''}--rounds ${rounds} --out bench/results\`. Cases of a bench take turns round by round; differences and ratios are taken within a
round. Every case is checked before it is timed: what it answers, for every input. A result is judged by its median.
ns is processor time of the process, garbage collection included, so that other programs on the machine count less (they still
take caches away); ms and s are the clock on the wall. A value without a spread was measured once. MB is 10^6 bytes.

${date}, commit ${revision ?? 'unknown'}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.kernel}, Node ${machine.node}. The machine was not
reserved for the bench: load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
