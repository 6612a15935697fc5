/** What a comparison found: as a table for people, as JSON with every pair. */
import type { Machine } from '../load/machine.ts';
import type { Metric, METRICS } from '../load/scenes/scene.ts';
import type { Comparison } from './ratio.ts';

export interface Compared extends Comparison {
  readonly name: string;
  readonly unit: 'ns/operation' | (typeof METRICS)[Metric]['heading'];
  /** Median share of the core that others took, where it was looked at. */
  readonly othersPercent: number | null;
}

export interface CompareReport {
  readonly date: string;
  readonly machine: Machine;
  readonly base: string;
  readonly now: string;
  readonly pairs: number;
  /** Load average before and after: how quiet the machine was. */
  readonly loadAverage: readonly [before: number, after: number];
  readonly compared: readonly Compared[];
}

const COLUMNS = ['', 'unit', 'base', 'now', 'ratio', 'min – max', '95 % bounds', 'others', 'finding'];

export function textReport(report: CompareReport): string {
  const { machine } = report;
  const table = [COLUMNS, ...report.compared.map(row)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const slower = report.compared.filter(({ finding }) => finding === 'slower').map(({ name }) => name);
  return [
    `base ${report.base}, now ${report.now}, ${report.pairs} pairs, ${report.date}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.kernel}, Node ${machine.node}, load average ${report.loadAverage.map((value) => value.toFixed(1)).join(' → ')}`,
    '',
    ...lines,
    '',
    'ratio: now over base, median of the pairs; bounds: the true median is below the upper, above the lower, each with 95 % (sign test)',
    slower.length === 0 ? 'nothing became slower beyond the spread' : `became slower: ${slower.join('; ')}`,
    '',
  ].join('\n');
}

function row({ name, unit, base, now, median, min, max, lower, upper, othersPercent, finding }: Compared): string[] {
  const bounds = lower === null || upper === null ? '–' : `${lower.toFixed(3)} – ${upper.toFixed(3)}`;
  const others = othersPercent === null ? '–' : `${othersPercent.toFixed(0)} %`;
  return [
    name,
    unit,
    base.toFixed(1),
    now.toFixed(1),
    median.toFixed(3),
    `${min.toFixed(3)} – ${max.toFixed(3)}`,
    bounds,
    others,
    finding,
  ];
}
