/**
 * What the log says about lists: every outcome once, every bad line by number and reason, never a line's text.
 */
import type { Log } from '../observe/log.ts';
import type { CompiledList } from './text/compile.ts';
import type { ListSlot } from './list-slot.ts';

/** Bad lines that are named one by one; the figure of the rest is logged, and `cleanfeed check` names them all. */
export const MAX_NAMED_FAULTS = 10_000;

/** With `suffixes: warn` they are named with each update. */
const MAX_NAMED_SUFFIXES = 100;

export function logLoaded(log: Log, slot: ListSlot, generation: number): void {
  const { entries, expired, badLines, publicSuffixes } = slot.details();
  log.event('info', 'list.loaded', { list: slot.config.name, entries, expired, badLines, publicSuffixes, generation });
}

export function logFailed(log: Log, slot: ListSlot, code: string): void {
  log.event('error', 'list.failed', {
    list: slot.config.name,
    code,
    reason: slot.lastError ?? '',
    servingLastGood: slot.good !== null,
  });
}

/** What a text list's lines are reproached with: one event for the list, one for each line; also where it is used all the same. */
export function logLines(log: Log, slot: ListSlot, text: CompiledList): void {
  logBadLines(log, slot, text);
  logSuffixes(log, slot, text);
}

function logBadLines(log: Log, slot: ListSlot, { refusal, faults, stats }: CompiledList): void {
  if (stats.badLines === 0) return;
  const list = slot.config.name;
  const level = refusal === 'bad_lines' ? 'error' : 'warn';
  log.event(level, refusal === 'bad_lines' ? 'list.rejected' : 'list.bad_lines', {
    list,
    badLines: stats.badLines,
    lines: stats.lines,
    servingLastGood: slot.good !== null,
  });
  for (const { line, column, message } of faults)
    log.event(level, 'list.bad_line', { list, line, column, reason: message });
  if (stats.badLines > faults.length)
    log.event(level, 'list.bad_lines_omitted', {
      list,
      count: stats.badLines - faults.length,
      hint: 'cleanfeed check names them all',
    });
}

/** Refused for them, or used in spite of them; a list that is refused for its bad lines may have both. */
function logSuffixes(log: Log, slot: ListSlot, { suffixes, stats }: CompiledList): void {
  if (stats.publicSuffixes === 0) return;
  const { name: list, suffixes: policy } = slot.config;
  const level = policy === 'refuse' ? 'error' : 'warn';
  log.event(level, 'list.public_suffixes', {
    list,
    count: stats.publicSuffixes,
    policy,
    servingLastGood: slot.good !== null,
  });
  for (const { line, column, message } of suffixes.slice(0, MAX_NAMED_SUFFIXES))
    log.event(level, 'list.public_suffix', { list, line, column, reason: message });
}
