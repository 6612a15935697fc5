/**
 * The part of the run that is about heads: servers that choose a site by host are sent odd bytes, and what they answer with listed
 * content must have been seen by the parts that read intercepted traffic (requirement 76).
 *
 *   generator ─▶ bytes ─┬─▶ origin ─▶ answers with listed content
 *                       └─▶ first bytes, observed heads, verdict ─▶ what goes on ─▶ origin ─▶ answers that are relayed: none listed
 */
import { Filter } from '../filter.ts';
import type { Family } from '../origins/origin.ts';
import type { StartedOrigin } from '../started.ts';
import { ALONE, HeadCampaign } from './campaign.ts';
import type { Alone } from './campaign.ts';
import { HeadFilter } from './passage.ts';
import type { Stop } from './passage.ts';
import { haproxyHosts } from './haproxy.ts';
import {
  bunHosts,
  denoHosts,
  goHosts,
  javaHosts,
  libeventHosts,
  mojoliciousHosts,
  nodeHosts,
  perlHosts,
  phpHosts,
  pythonHosts,
  pythonServers,
  uwsgiHosts,
} from './programs.ts';
import { addHeadRegressions, readHeadRegressions } from './regressions.ts';
import { apacheHosts, caddyHosts, lighttpdHosts, nginxHosts, tomcatHosts } from './servers.ts';
import { headListTexts, headMisfits } from './site.ts';
import { headsThroughProxy } from './through-proxy.ts';
import type { HeadProxyCheck } from './through-proxy.ts';

export const HEAD_FAMILIES: readonly Family[] = [
  goHosts,
  tomcatHosts,
  pythonServers,
  nginxHosts,
  apacheHosts,
  lighttpdHosts,
  caddyHosts,
  nodeHosts,
  phpHosts,
  pythonHosts,
  perlHosts,
  haproxyHosts,
  mojoliciousHosts,
  uwsgiHosts,
  javaHosts,
  libeventHosts,
  bunHosts,
  denoHosts,
];

interface HeadReport {
  readonly origin: string;
  readonly asked: number;
  readonly answers: number;
  readonly listed: number;
  /** Of those with listed content: why nothing more went on. */
  readonly stops: Readonly<Partial<Record<Stop, number>>>;
  readonly failures: number;
  /** What one of the two gates would let through without the other, and the shortest of it. */
  readonly alone: Readonly<Record<Alone, { readonly count: number; readonly shortest: string | null }>>;
  readonly short: readonly string[];
  /** Empty: it stands. */
  readonly faults: readonly string[];
}

export interface HeadOptions {
  readonly seed: number;
  readonly seconds: number;
  /** What gets through is kept in regressions.jsonl. */
  readonly save: boolean;
}

/** Connections to each origin: most of the time they wait for an origin to be silent. */
const CONNECTIONS = 6;
/** A second: an origin that gives fewer does not do what its name says; a third of what the slowest gives on a busy machine. */
const LEAST_LISTED = 2;
/** PHP takes memory for the body that is announced, and ends where there is none. */
const AVOIDED: Readonly<Record<string, RegExp>> = { 'php-hosts': /\d{7}/ };

export interface HeadsReport {
  readonly origins: readonly HeadReport[];
  /** Null: nothing was asked. */
  readonly proxy: HeadProxyCheck | null;
}

export interface AskedHeads {
  readonly report: HeadsReport;
  readonly campaigns: readonly HeadCampaign[];
}

export async function askHeads(origins: readonly StartedOrigin[], options: HeadOptions): Promise<AskedHeads> {
  const lists = await Filter.of(headListTexts());
  const filter = new HeadFilter(lists);
  const alone = {
    lines: new HeadFilter(lists, { lines: true, answers: false }),
    answers: new HeadFilter(lists, { lines: false, answers: true }),
  };
  const known = readHeadRegressions();
  const end = performance.now() + options.seconds * 1000;
  const campaigns: HeadCampaign[] = [];
  const reports = await Promise.all(
    origins.map(async ({ configuration: { name }, port }, index) => {
      const seed = options.seed * 1000 + index;
      const campaign = new HeadCampaign(name, port, {
        filter,
        alone,
        seed,
        connections: CONNECTIONS,
        avoid: AVOIDED[name] ?? null,
      });
      campaigns.push(campaign);
      const misfits = await headMisfits(port);
      await campaign.replay(known);
      await campaign.run(() => performance.now() > end);
      await campaign.shrinkFailures();
      return reportOf(campaign, misfits, LEAST_LISTED * options.seconds);
    }),
  );
  if (options.save) addHeadRegressions(reports.flatMap(({ short }) => short));
  const proxy = campaigns.length === 0 ? null : await headsThroughProxy(campaigns);
  return { report: { origins: reports.toSorted((a, b) => a.origin.localeCompare(b.origin)), proxy }, campaigns };
}

function reportOf(campaign: HeadCampaign, misfits: readonly string[], least: number): HeadReport {
  const { name, asked, answers, listed, failures, short, alone } = campaign;
  const faults = misfits.map((misfit) => `it is not set up as it should be: ${misfit}`);
  if (listed < least) faults.push(`only ${listed} heads were answered with listed content`);
  if (failures.length > 0) faults.push(`${failures.length} heads would have got listed content`);
  return {
    origin: name,
    asked,
    answers,
    listed,
    stops: Object.fromEntries(campaign.stops),
    failures: failures.length,
    alone: { lines: aloneOf(alone.lines), answers: aloneOf(alone.answers) },
    short,
    faults,
  };
}

function aloneOf(passed: readonly string[]): { readonly count: number; readonly shortest: string | null } {
  const [shortest = null] = passed.toSorted((a, b) => a.length - b.length);
  return { count: passed.length, shortest };
}

/** Lines for people. */
export function headSummary({ origins: reports, proxy }: HeadsReport): string {
  if (reports.length === 0 || proxy === null) return '';
  const width = Math.max(...reports.map(({ origin }) => origin.length));
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(9))).join(' ');
  const stops = ['blocked', 'refused', 'held', 'last', 'undecided', 'other', 'tls'] as const;
  return [
    row(['heads', 'asked', 'answers', 'listed', 'passed', ...ALONE, ...stops]),
    ...reports.map(({ origin, asked, answers, listed, failures, alone, stops: counts }) =>
      row([
        origin,
        asked,
        answers,
        listed,
        failures,
        ...ALONE.map((gate) => alone[gate].count),
        ...stops.map((stop) => counts[stop] ?? 0),
      ]),
    ),
    ...reports.flatMap(({ origin, alone }) =>
      ALONE.filter((gate) => alone[gate].shortest !== null).map(
        (gate) => `${origin}: ${gate} alone would let pass ${JSON.stringify(alone[gate].shortest)}`,
      ),
    ),
    ...reports.flatMap(({ origin, short }) =>
      short.map((bytes) => `${origin} answers, yet it passes: ${JSON.stringify(bytes)}`),
    ),
    `through a real proxy: ${proxy.checked} heads, ${proxy.leaks.length} brought listed content`,
    ...reports.flatMap(({ origin, faults }) => faults.map((fault) => `FAULT ${origin}: ${fault}`)),
    '',
  ].join('\n');
}
