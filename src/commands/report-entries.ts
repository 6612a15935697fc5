/**
 * `cleanfeed report --entries`: which entries of the lists matched in a period, and which never did. What was counted is of the instance, or of its
 * files; which entries there are is read from the lists as they are now.
 *
 * Only what is over is told: days on which an entry matched often, weeks in which it matched at all (docs/adr/0021-diagnosis.md). It must
 * not show what an entry says.
 */
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import type { EntryReport, MatchedEntry, MatchedList } from '../observe/entry-protocol.ts';
import { utcDay } from '../list/text/compile.ts';
import { endOfWeek, weekOf } from '../report/entry-weeks.ts';
import { listedEntries, type ListedEntry } from './listed-entries.ts';
import { entryName } from '../explain/explained-entries.ts';
import { readLists, type ListReading } from './read-lists.ts';
import { counted, print, printJson, table } from './terminal.ts';

export interface Between {
  readonly from: string;
  readonly to: string;
}

export interface EntryOptions extends Between {
  /** Of which list; null: of all. */
  readonly list: string | null;
  /** Every entry that never matched is named. */
  readonly never: boolean;
  readonly json: boolean;
  readonly today: string;
}

/** As `--json` prints it: scripts may rely on it. */
interface ListEntries {
  readonly list: string;
  /** The first day in the period of which hits are known, and of how many days they are; null, 0: of none. */
  readonly firstDay: string | null;
  readonly days: number;
  readonly incompleteDays: readonly string[];
  /** Days of which matches are missing, before a start or lost with a process: an entry that never matched may have matched there. */
  readonly partDays: readonly string[];
  /** How many the list has now; null: it cannot be read, and `unread` says why. */
  readonly entries: number | null;
  readonly unread: string | null;
  readonly matched: readonly NamedEntry[];
  /** Those that are in the list no more. */
  readonly matchedBefore: number;
  /** How many never matched between `neverFrom` and `neverTo`; null: that is not known. */
  readonly neverMatched: number | null;
  readonly neverFrom: string | null;
  readonly neverTo: string | null;
  /** `LIST:LINE`, runs of lines as `LIST:FROM-TO`; ids of protected lists. With `--never` all of them. */
  readonly never: readonly string[];
}

interface NamedEntry extends Omit<MatchedEntry, 'token'> {
  readonly entry: string;
}

/** Enough to see what it is about. */
const SHOWN = 20;

/** @param wanted of the configuration, those that are told. */
export async function printEntries(config: Config, report: EntryReport, options: EntryOptions): Promise<void> {
  const readings = await readLists(config);
  const lists: ListEntries[] = [];
  for (const reading of readings) {
    const { name } = reading.config;
    if (options.list === null || options.list === name)
      lists.push(
        await entriesOf(reading, report, { ...options, found: report.lists.find(({ list }) => list === name) }),
      );
  }
  const { from, to } = options;
  if (options.json) printJson({ from, to, namedFrom: report.namedFrom, lists });
  else print(inWords(lists, report, options));
}

async function entriesOf(
  reading: ListReading,
  { key }: EntryReport,
  { found, never, today, from, to }: EntryOptions & { readonly found: MatchedList | undefined },
): Promise<ListEntries> {
  const { config } = reading;
  const entries = found?.entries ?? [];
  const head = {
    list: config.name,
    firstDay: found?.firstDay ?? null,
    days: found?.days ?? 0,
    incompleteDays: found?.incompleteDays ?? [],
    partDays: found?.partDays ?? [],
  };
  const whole = wholeWeeks(found?.firstDay ?? null, { from, to }, today);
  if (!reading.ok || reading.verdict.stage !== 'passed') {
    const unread = reading.ok ? 'the list is refused; see cleanfeed check' : reading.message;
    return { ...head, ...NOT_READ, unread, matchedBefore: entries.length };
  }
  const listed = await listedEntries(config, reading.verdict, key ?? '', utcDay(Date.now()));
  const { matched, missing, seen } = matchedAmong(config, listed, entries);
  const isKnown = whole !== null && head.incompleteDays.length === 0;
  return {
    ...head,
    entries: listed.length,
    unread: null,
    matched,
    matchedBefore: entries.length - seen,
    neverMatched: isKnown ? missing.length : null,
    neverFrom: isKnown ? whole.from : null,
    neverTo: isKnown ? whole.to : null,
    never: isKnown ? runsOf(config, missing, never ? Infinity : SHOWN) : [],
  };
}

/** @returns the most frequent first; ids of those that have not matched; how many of the kept entries are on the list today. */
function matchedAmong(
  config: ListConfig,
  listed: readonly ListedEntry[],
  entries: MatchedList['entries'],
): { readonly matched: readonly NamedEntry[]; readonly missing: readonly bigint[]; readonly seen: number } {
  const byToken = new Map(entries.map((entry) => [entry.token, entry]));
  const named: NamedEntry[] = [];
  const missing: bigint[] = [];
  const seen = new Set<string>();
  for (const { id, token } of listed) {
    const entry = byToken.get(token);
    if (entry === undefined) missing.push(id);
    else {
      const { days, count, lastDay, lastWeek } = entry;
      named.push({ entry: entryName(config, id), days, count, lastDay, lastWeek });
      seen.add(token);
    }
  }
  return { matched: named.toSorted((a, b) => b.count - a.count), missing, seen: seen.size };
}

const NOT_READ = {
  entries: null,
  matched: [],
  neverMatched: null,
  neverFrom: null,
  neverTo: null,
  never: [],
} as const;

/** From the first day of which hits are known to the end of the last whole week: nobody is told of few hits before. Null: there is none. */
function wholeWeeks(firstDay: string | null, { from, to }: Between, today: string): Between | null {
  if (firstDay === null) return null;
  const start = firstDay > from ? firstDay : from;
  const open = weekOf(today < to ? today : dayAfter(to, 1));
  const end = dayAfter(open, -1);
  return end < start ? null : { from: start, to: end };
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Neighbouring lines of a text list as one; ids of a protected list say nothing by their order. */
function runsOf(list: ListConfig, ids: readonly bigint[], max: number): readonly string[] {
  const runs: { from: bigint; to: bigint }[] = [];
  for (const id of ids) {
    const last = runs.at(-1);
    if (last !== undefined && list.source.kind !== 'tuf' && last.to + 1n === id) last.to = id;
    else if (runs.length < max) runs.push({ from: id, to: id });
    else break;
  }
  return runs.map(({ from, to }) => (from === to ? entryName(list, from) : `${entryName(list, from)}-${to}`));
}

function inWords(lists: readonly ListEntries[], { namedFrom }: EntryReport, { from, to, today }: EntryOptions): string {
  return [
    `Entries that matched, ${from} to ${to}, days in UTC that are over`,
    `An entry is named with a day on which it matched at least ${namedFrom} times; one that matched less often with its week, when that is over.`,
    `Counts are rounded down. Today (${today}) is not in them, nor few matches since ${weekOf(today)}.`,
    ...lists.flatMap((list) => ['', ...listInWords(list, namedFrom)]),
  ].join('\n');
}

function listInWords(list: ListEntries, namedFrom: number): readonly string[] {
  const { days, firstDay, entries, unread, matched, matchedBefore, incompleteDays, partDays } = list;
  if (firstDay === null) return [`${list.list}: no day that is over is known; report.entries.count has to be on`];
  const size = entries === null ? `cannot be read: ${unread}` : counted(entries, 'entry', 'entries');
  const rows = matched
    .slice(0, SHOWN)
    .map((entry) => [
      entry.entry,
      entry.count === 0 ? '-' : `${entry.count}+`,
      String(entry.days),
      entry.lastDay ?? '-',
      entry.lastWeek === null ? '-' : `${entry.lastWeek} to ${dayAfter(endOfWeek(entry.lastWeek), -1)}`,
    ]);
  return [
    `${list.list}: ${size}; ${counted(days, 'day')} counted since ${firstDay}`,
    ...(matched.length === 0
      ? []
      : [table([['entry', 'hits', `days of ${namedFrom}+`, 'last such day', `last week with fewer`], ...rows])]),
    ...(matched.length > SHOWN ? [`and ${matched.length - SHOWN} more: --json names all`] : []),
    ...(matchedBefore > 0 ? [`${counted(matchedBefore, 'entry', 'entries')} that matched: not in the list now`] : []),
    ...(incompleteDays.length > 0
      ? [`more entries matched than are told apart (report.entries.max) on ${incompleteDays.join(', ')}`]
      : []),
    neverInWords(list),
    ...(partDays.length > 0 ? [`matches of a part of these days are not known: ${partDays.join(', ')}`] : []),
  ];
}

function neverInWords({ neverMatched, neverFrom, neverTo, never, entries }: ListEntries): string {
  if (neverMatched === null || entries === null) return 'which never matched is not known for this period';
  const named = never.length === 0 ? '' : `: ${never.join(', ')}`;
  return `never matched from ${neverFrom} to ${neverTo}: ${neverMatched} of ${entries}${named}`;
}
