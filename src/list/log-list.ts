/**
 * What the log says about lists: every outcome once, every bad line by number and reason. It must not
 * log the text of a line.
 */
import type { ListConfig } from '../config/list-types.ts';
import type { Log } from '../observe/log.ts';
import type { ListEffect } from './list-events.ts';
import { isMassWithdrawal } from './mass-withdrawal.ts';

/** Bad lines that are named one by one; the figure of the rest is logged, and `cleanfeed check` names them all. */
export const MAX_NAMED_LINES = 10_000;

/** With `suffixes: warn`, and where entries are left out, they are named with each update. */
const MAX_NAMED_SUFFIXES = 100;

const LEFT_OUT = 'on a protected host (gate.protectedEntries: leaveOut); cleanfeed check names it';

type Lines = ListEffect & { readonly do: 'log lines' };

export function logLoaded(
  log: Log,
  { name }: ListConfig,
  { stats, generation }: ListEffect & { readonly do: 'log loaded' },
): void {
  const { entries, expired, badLines, publicSuffixes } = stats;
  log.event('info', 'list.loaded', { list: name, entries, expired, badLines, publicSuffixes, generation });
}

export function logWithdrawn(
  log: Log,
  { name }: ListConfig,
  { stats: { entries, withdrawn }, generation }: ListEffect & { readonly do: 'log withdrawn' },
): void {
  log.event('info', 'list.withdrawn', { list: name, withdrawn, entries, generation });
  if (isMassWithdrawal({ entries, withdrawn }))
    log.event('error', 'list.mass_withdrawal', { list: name, withdrawn, entries });
}

export function logFailed(
  log: Log,
  { name }: ListConfig,
  { code, reason, servingLastGood }: ListEffect & { readonly do: 'log failed' },
): void {
  log.event('error', 'list.failed', { list: name, code, reason, servingLastGood });
}

export function logHeld(
  log: Log,
  { name }: ListConfig,
  { version, error }: ListEffect & { readonly do: 'hold' },
): void {
  log.event('warn', 'list.held', { list: name, version: version.label, code: error.code, reason: error.message });
}

export function logNotCached(log: Log, { name }: ListConfig, reason: string): void {
  log.event('warn', 'list.cache_failed', { list: name, reason });
}

/** What a list's lines are reproached with: one event for the list, one for each line; also where it is used all the same. */
export function logLines(log: Log, config: ListConfig, lines: Lines): void {
  logBadLines(log, config, lines);
  logSuffixes(log, config, lines);
  logLeftOut(log, config, lines);
  logConversion(log, config, lines);
}

function logBadLines(log: Log, { name: list }: ListConfig, { judged, refusal, servingLastGood }: Lines): void {
  const { badLines: named, stats } = judged;
  const { badLines, lines } = stats;
  if (badLines === 0) return;
  // A list that is cut off is told of by its last line.
  const code = refusal?.code === 'bad_lines' || refusal?.code === 'truncated' ? refusal.code : null;
  const level = code === null ? 'warn' : 'error';
  if (code === null) log.event(level, 'list.bad_lines', { list, badLines, lines, servingLastGood });
  else log.event(level, 'list.rejected', { list, code, badLines, lines, servingLastGood });
  for (const { line, column, message } of named)
    log.event(level, 'list.bad_line', { list, line, column, reason: message });
  const count = badLines - named.length;
  if (count > 0) log.event(level, 'list.bad_lines_omitted', { list, count, hint: 'cleanfeed check names them all' });
}

/** Of a list that is refused it does not matter. */
function logLeftOut(log: Log, { name: list, gate }: ListConfig, { judged, refusal }: Lines): void {
  const { protectedLines, stats } = judged;
  if (refusal !== null || gate.protectedEntries === 'refuse' || stats.leftOut === 0) return;
  log.event('warn', 'list.entries_left_out', { list, count: stats.leftOut });
  // Its own words name the host, and the log names none.
  for (const { line, column } of protectedLines.slice(0, MAX_NAMED_SUFFIXES))
    log.event('warn', 'list.entry_left_out', { list, line, column, reason: LEFT_OUT });
}

/** Losses of another tool's list: parts of lines without an entry, and with one that covers less here. */
function logConversion(log: Log, { name: list }: ListConfig, { judged: { stats } }: Lines): void {
  const { notCarried = [] } = stats;
  if (notCarried.length === 0) return;
  const of = (kind: 'left' | 'narrower'): number =>
    notCarried.reduce((sum, each) => sum + (each.kind === kind ? each.count : 0), 0);
  const reasons = notCarried.map(({ reason, count }) => `${reason} ${count}`).join(', ');
  log.event('info', 'list.converted', { list, left: of('left'), narrower: of('narrower'), reasons });
}

/** Refused for them, or used in spite of them; a list that is refused for its bad lines may have both. */
function logSuffixes(log: Log, { name: list, suffixes: policy }: ListConfig, { judged, servingLastGood }: Lines): void {
  const { suffixLines, stats } = judged;
  if (suffixLines.length === 0) return;
  const level = policy === 'refuse' ? 'error' : 'warn';
  log.event(level, 'list.public_suffixes', { list, count: stats.publicSuffixes, policy, servingLastGood });
  for (const { line, column, message } of suffixLines.slice(0, MAX_NAMED_SUFFIXES))
    log.event(level, 'list.public_suffix', { list, line, column, reason: message });
}
