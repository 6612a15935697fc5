/** A run on paper: micro.json with every sample, micro.md with tables, micro.svg with the chart over list size. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.ts';
import { resultOf } from './figure.ts';
import { markdownReport } from './markdown.ts';
import type { Report } from './report.ts';

export function writeReports(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const json = JSON.stringify(
    { ...report, figures: report.figures.map((item) => ({ ...item, result: resultOf(item) })) },
    rounded,
    1,
  );
  writeFileSync(join(folder, 'micro.json'), `${json}\n`);
  writeFileSync(join(folder, 'micro.md'), markdownReport(report));
  writeFileSync(join(folder, 'micro.svg'), chart(report.figures));
}

/** Five digits are more than the spread allows. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
