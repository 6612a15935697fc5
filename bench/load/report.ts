/** A run on paper: load.json with every sample, load.md with tables, load.svg with the chart. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { markdownReport } from './report-markdown.ts';
import { svgReport } from './report-svg.ts';
import type { Sample } from './samples.ts';
import type { Metric } from './scenes/scene.ts';
import { outcomes } from './targets.ts';

export interface Report {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** The commit that was measured; null outside of a git checkout. */
  readonly revision: string | null;
  readonly machine: Machine;
  readonly run: { readonly rounds: number; readonly seconds: number; readonly listSize: number };
  readonly tools: { readonly wrk: string; readonly origin: string };
  readonly peers: readonly {
    readonly name: string;
    readonly version: string;
    readonly note: string;
    readonly holdsList: boolean;
  }[];
  /** Other set-ups of some of them, of single scenes. */
  readonly setUps: Report['peers'];
  readonly scenes: readonly {
    readonly name: string;
    readonly title: string;
    readonly primary: Metric;
    readonly note: string | null;
    readonly ours: string;
  }[];
  readonly samples: readonly Sample[];
  /** Peers that gave a wrong answer or broke, in words. */
  readonly failures: readonly string[];
}

/** Writes the three files; returns the Markdown for the terminal. */
export function writeReports(report: Report, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const markdown = markdownReport(report);
  const json = JSON.stringify({ ...report, targets: outcomes(report.samples) }, null, 1);
  writeFileSync(join(folder, 'load.json'), `${json}\n`);
  writeFileSync(join(folder, 'load.md'), markdown);
  writeFileSync(join(folder, 'load.svg'), svgReport(report));
  return `${markdown}\nWritten to ${folder}: load.json, load.md, load.svg`;
}
