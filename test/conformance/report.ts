/** What a run says at its end: a line for each configuration, what got through, what was refused without need. */
import { headSummary } from './heads/heads.ts';
import type { HeadsReport } from './heads/heads.ts';
import type { Campaign, Found, OverBlocked } from './campaign.ts';
import type { ProxyCheck } from './through-proxy.ts';
import type { InterceptedCheck } from './through-intercepted.ts';
import type { Unstarted } from './started.ts';

export interface OriginReport {
  readonly origin: string;
  readonly asked: number;
  readonly listed: number;
  readonly kinds: number;
  readonly failures: number;
  readonly short: readonly Found[];
  readonly excused: Readonly<Record<string, number>>;
  /** Answers with harmless content that were looked at, and those of them that would have been refused. */
  readonly harmless: number;
  readonly overBlocked: Omit<OverBlocked, 'readings'> & { readonly readings: Readonly<Record<string, number>> };
  /** Empty: it stands. */
  readonly faults: readonly string[];
}

export interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly origins: readonly OriginReport[];
  readonly missing: readonly string[];
  readonly proxy: ProxyCheck | null;
  /** What was sent to origins that choose a site by host. */
  readonly heads: HeadsReport;
  /** By filter; empty: nothing was asked through one. */
  readonly intercepted: readonly InterceptedCheck[];
  /** Rows of what is not covered, and how many targets each excused. */
  readonly excused: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
}

const MAX_SHOWN = 40;

export function originReport(campaign: Campaign, leastAnswers: number, misfits: readonly string[]): OriginReport {
  const { asked, listed, kinds, failures, shortFailures, harmless, overBlocked } = campaign;
  const faults = misfits.map((misfit) => `it is not set up as it should be: ${misfit}`);
  if (listed < leastAnswers) faults.push(`only ${listed} listed answers of ${leastAnswers}`);
  if (failures > 0) faults.push(`${failures} targets were served as listed and would have passed`);
  if (overBlocked.unexplained.length > 0)
    faults.push(
      `${overBlocked.unexplained.length} harmless addresses are blocked and no reading explains it: ${overBlocked.unexplained.slice(0, MAX_SHOWN).join(' ')}`,
    );
  return {
    origin: campaign.configuration.name,
    asked,
    listed,
    kinds,
    failures,
    short: shortFailures,
    excused: Object.fromEntries(campaign.excused),
    harmless,
    overBlocked: { ...overBlocked, readings: Object.fromEntries(overBlocked.readings) },
    faults,
  };
}

export function unstartedText({ family, why }: Unstarted): string {
  return `${family.configurations.map(({ name }) => name).join(', ')}: ${why}`;
}

export function summary(report: Report): string {
  const width = Math.max(...report.origins.map(({ origin }) => origin.length), 6);
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(9))).join(' ');
  return [
    `conformance: seed ${report.seed}, ${report.seconds} s`,
    row(['origin', 'asked', 'listed', 'kinds', 'passed', 'excused', 'harmless', 'by form', 'reading', 'by cap']),
    ...report.origins.map(({ origin, asked, listed, kinds, failures, excused, harmless, overBlocked }) =>
      row([
        origin,
        asked,
        listed,
        kinds,
        failures,
        Object.values(excused).reduce((sum, count) => sum + count, 0),
        harmless,
        overBlocked.byForm,
        overBlocked.byReading,
        overBlocked.byCap,
      ]),
    ),
    ...report.origins.flatMap((origin) => failuresOf(origin)),
    ...report.origins.flatMap(({ origin, faults }) => faults.map((fault) => `FAULT ${origin}: ${fault}`)),
    ...report.missing.map((text) => `skipped ${text}`),
    ...Object.entries(report.excused).map(([id, count]) => `not covered: ${id}: ${count} targets`),
    ...(report.proxy === null
      ? []
      : [`through a real proxy: ${report.proxy.checked} targets, ${report.proxy.differences.length} judged otherwise`]),
    ...(report.heads.proxy === null ? [] : [headSummary(report.heads)]),
    ...report.intercepted.map(interceptedText),
    ...report.faults.map((fault) => `FAULT ${fault}`),
    '',
  ].join('\n');
}

function interceptedText({ name, checked, unasked, differences, heads }: InterceptedCheck): string {
  const late = unasked > 0 ? ` (no time for ${unasked} more)` : '';
  return `through ${name}: ${checked} targets${late}, ${differences.length} judged otherwise; ${heads.checked} heads, ${heads.leaks.length} brought listed content`;
}

function failuresOf({ origin, short }: OriginReport): string[] {
  const shown = short
    .slice(0, MAX_SHOWN)
    .map(({ target, judged, served }) => `  ${judged.padEnd(5)} ${served.padEnd(16)} ${target}`);
  const more = short.length > MAX_SHOWN ? [`  … and ${short.length - MAX_SHOWN} more kinds`] : [];
  return short.length === 0 ? [] : [`${origin}: served as listed, yet passed:`, ...shown, ...more];
}
