/**
 * `cleanfeed report`: what an instance did, by list and day: for a regulator, a yearly report, a clearing house. The running instance
 * is asked; where none runs, its files are read. Nothing in it is about a customer, an address or an entry.
 *
 * Exit: 0 done; 64 wrong command line; 69 nothing was kept, or it cannot be read; 78 the configuration has errors.
 */
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import type { EntryReport } from '../observe/entry-protocol.ts';
import type { ListDay, Report, ReportDay, ShownCount } from '../observe/control-protocol.ts';
import { entryFolder } from '../report/entry-files.ts';
import { entriesOnDisk } from '../report/entry-report.ts';
import { weekOf } from '../report/entry-weeks.ts';
import { daysBetween, reportFolder } from '../report/day-files.ts';
import { dayOf } from '../report/ledger.ts';
import { reportOf } from '../report/report.ts';
import { askInstance, instanceOf } from './control-client.ts';
import { isCalendarDay } from './calendar-day.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { EXIT_OF } from './target-instance.ts';
import { printEntries, type Between } from './report-entries.ts';
import { inWords as timeInWords } from './service-status.ts';
import { print, printError, printJson, table, printFaults } from './terminal.ts';

export interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json: boolean;
  /** Which entries matched, of this list alone if it is named, with all that never did. */
  readonly entries?: boolean;
  readonly list?: string;
  readonly never?: boolean;
}

const TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;
/** Days that are told unless it is said which. */
const DAYS = 31;
/** Where the units of this project keep their state; a shell does not have their environment. */
const UNIT_STATE = '/var/lib/cleanfeed';

export async function report(file: string, options: ReportOptions): Promise<ExitCode> {
  const { from = dayOf(Date.now() - (DAYS - 1) * DAY_MS), to = dayOf(Date.now()), json } = options;
  if (options.entries !== true && (options.list !== undefined || options.never === true)) {
    printError('--list and --never go with --entries');
    return EXIT.usage;
  }
  const wrong = [from, to].find((day) => !isCalendarDay(day));
  if (wrong !== undefined || from > to) {
    printError(wrong === undefined ? `--from ${from} is after --to ${to}` : `'${wrong}' is no day: write YYYY-MM-DD`);
    return EXIT.usage;
  }
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.badConfig;
  }
  if (options.entries === true) return await entries(file, loaded.config, { ...options, from, to });
  const found = await reportBetween(file, loaded.config, { from, to });
  if (typeof found === 'number') return found;
  if (json) printJson({ from, to, ...found });
  else print(inWords(found, { from, to }));
  return EXIT.ok;
}

async function entries(file: string, config: Config, options: ReportOptions & Between): Promise<ExitCode> {
  const { list = null, never = false, json } = options;
  if (list !== null && !config.lists.some(({ name }) => name === list)) {
    printError(`there is no list '${list}'; there are: ${config.lists.map(({ name }) => name).join(', ')}`);
    return EXIT.usage;
  }
  // Whole weeks: of few matches nothing smaller is told.
  const between = { from: weekOf(options.from), to: options.to };
  const today = dayOf(Date.now());
  const instance = await instanceOf(file, config.control.socket);
  const asked = await askInstance(instance, { command: 'entries', ...between }, TIMEOUT_MS);
  if (asked.kind === 'reply' && !asked.reply.ok) {
    printError(asked.reply.message);
    return EXIT_OF[asked.reply.code];
  }
  const found =
    asked.kind === 'reply' && asked.reply.ok ? asked.reply.result : await entriesKept(config, { ...between, today });
  if (found === null) return EXIT.unavailable;
  await printEntries(config, found, { ...between, list, never, json, today });
  return EXIT.ok;
}

/** @returns null if there is nothing; standard error says why. */
async function entriesKept(config: Config, period: Between & { readonly today: string }): Promise<EntryReport | null> {
  try {
    for (const directory of [config.state.directory, UNIT_STATE]) {
      const found = await entriesOnDisk(entryFolder(directory, config.file), period);
      if (found.lists.length > 0) return found;
    }
    printError(
      `nothing is kept of entries from ${period.from} to ${period.to} in ${config.state.directory}, and no instance runs`,
    );
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(error.message);
  }
  return null;
}

/** @returns the exit code if there is none; standard error says why. */
async function reportBetween(file: string, config: Config, between: Between): Promise<Report | ExitCode> {
  const instance = await instanceOf(file, config.control.socket);
  const asked = await askInstance(instance, { command: 'report', ...between }, TIMEOUT_MS);
  // One that does not respond has written what it counted a minute ago.
  if (asked.kind !== 'reply') return await reportOnDisk(config, between);
  const { reply } = asked;
  if (reply.ok) return reply.result;
  printError(reply.message);
  return EXIT_OF[reply.code];
}

async function reportOnDisk(config: Config, between: Between): Promise<Report | ExitCode> {
  try {
    for (const directory of [config.state.directory, UNIT_STATE]) {
      const days = await daysBetween(reportFolder(directory, config.file), between);
      if (days.length > 0) return reportOf(days);
    }
    printError(
      `nothing is kept of ${between.from} to ${between.to} in ${config.state.directory}, and no instance runs`,
    );
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(error.message);
  }
  return EXIT.unavailable;
}

function inWords({ days, total, roundedTo }: Report, { from, to }: Between): string {
  const rows = [...days, total].flatMap((day) => day.lists.map((list) => listRow(day, list, roundedTo)));
  const requests = [...days, total].map((day) => requestRow(day, roundedTo));
  const questions = [...days, total].flatMap((day) => questionRow(day, roundedTo));
  const isAsked = Object.values(total.questions ?? {}).some((value) => value !== 0);
  return [
    `Report of ${from} to ${to}, days in UTC`,
    `Counts of requests and questions are rounded down to a multiple of ${roundedTo}; <${roundedTo} is more than none. Self-tests are not in them.`,
    '',
    table([['day', 'passed', 'blocked', 'counted', 'allowed', 'refused', 'errors'], ...requests]),
    '',
    ...(isAsked
      ? [
          table([
            ['day', 'questions for names passed', 'blocked', 'counted', 'allowed', 'refused', 'errors', 'steered'],
            ...questions,
          ]),
          '',
        ]
      : []),
    table([
      [
        'day',
        'list',
        'blocked',
        'counted',
        'allowed',
        'updated',
        'rejected',
        'failed',
        'oldest',
        'self-tests',
        'failed',
      ],
      ...rows,
    ]),
  ].join('\n');
}

function requestRow({ day, requests }: ReportDay, roundedTo: number): string[] {
  const { pass, block, count, allow, refuse, error } = requests;
  return [day, ...[pass, block, count, allow, refuse, error].map((value) => shown(value, roundedTo))];
}

function questionRow({ day, questions }: ReportDay, roundedTo: number): string[][] {
  if (questions === undefined) return [];
  const { pass, block, count, allow, refuse, error, steer } = questions;
  return [[day, ...[pass, block, count, allow, refuse, error, steer].map((value) => shown(value, roundedTo))]];
}

function listRow({ day }: ReportDay, list: ListDay, roundedTo: number): string[] {
  const { hits, updates, selfTests, oldestSeconds } = list;
  return [
    day,
    list.list,
    ...[hits.block, hits.count, hits.allow].map((value) => shown(value, roundedTo)),
    ...[updates.updated, updates.rejected, updates.failed].map(String),
    oldestSeconds === null ? '-' : timeInWords(oldestSeconds),
    String(selfTests.passed + selfTests.failed),
    String(selfTests.failed),
  ];
}

function shown(count: ShownCount, roundedTo: number): string {
  return count === null ? `<${roundedTo}` : String(count);
}
