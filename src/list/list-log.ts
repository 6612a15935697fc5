/**
 * What the log says about lists: every outcome once, every bad line by number and reason, never a line's text.
 */
import type { Log } from '../observe/log.ts';
import type { CompiledList } from './compile.ts';
import type { ListSlot } from './list-slot.ts';

/** Bad lines that are named one by one; the figure of the rest is logged, and `cleanfeed check` names them all. */
export const MAX_NAMED_FAULTS = 10_000;

export function logLoaded(log: Log, slot: ListSlot, generation: number): void {
  const { entries, expired, badLines } = slot.details();
  log.event('info', 'list.loaded', { list: slot.config.name, entries, expired, badLines, generation });
}

export function logFailed(log: Log, slot: ListSlot, code: string): void {
  log.event('error', 'list.failed', { list: slot.config.name, code, reason: slot.lastFault ?? '', stays: slot.good !== null });
}

/** One event for the list, one for each bad line; also where the bad lines are few enough to be tolerated. */
export function logBadLines(log: Log, slot: ListSlot, { accepted, faults, stats }: CompiledList): void {
  if (stats.badLines === 0) return;
  const list = slot.config.name;
  const level = accepted ? 'warn' : 'error';
  log.event(level, accepted ? 'list.bad_lines' : 'list.refused', { list, badLines: stats.badLines, lines: stats.lines, stays: slot.good !== null });
  for (const { line, column, message } of faults) log.event(level, 'list.bad_line', { list, line, column, reason: message });
  if (stats.badLines > faults.length) log.event(level, 'list.more_bad_lines', { list, count: stats.badLines - faults.length, hint: 'cleanfeed check names them all' });
}
