/** The guard's log lines: what has changed between two states is told once, by its own event. It must not hold an address of anybody. */
import type { Path } from './path.ts';
import type { Phase } from './health.ts';

/** The log of the filter has this shape. */
export interface GuardLog {
  event(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: string,
    fields?: Readonly<Record<string, string | number | boolean>>,
  ): void;
}

/** @param fault why the last commands failed, in words. */
export function announcePath(log: GuardLog, before: Path, after: Path, fault: string | null): void {
  if (after.position !== before.position && after.position === 'out')
    log.event('error', 'guard.out_of_path', { reason: after.reason ?? 'start', flaps: after.flaps });
  if (after.position !== before.position && after.position === 'in') log.event('warn', 'guard.in_path');
  if (after.failedAttempts > before.failedAttempts)
    log.event('error', 'guard.commands_failed', { attempt: after.failedAttempts, reason: fault ?? '' });
  if (after.isHeld && !before.isHeld) log.event('error', 'guard.held', { others: othersOf(after) });
  if (!after.isHeld && before.isHeld) log.event('info', 'guard.released');
  announceFilter(log, before, after);
}

export function announceListener(
  log: GuardLog,
  listener: string,
  {
    before,
    after,
    isPartial,
    why,
  }: { readonly before: Phase; readonly after: Phase; readonly isPartial: boolean; readonly why: string },
): void {
  if (before === after) return;
  const fields = { listener, state: after, ...(after === 'healthy' ? {} : { reason: why, partial: isPartial }) };
  if (after === 'healthy') log.event('info', 'guard.listener', fields);
  else log.event(after === 'down' ? 'error' : 'warn', 'guard.listener', fields);
}

/** The filter works, and nothing behind it is looked at: whoever keeps the list or the configuration has to know. */
export function announceDenied(log: GuardLog, listener: string, before: boolean, after: boolean): void {
  if (before !== after) log.event(after ? 'error' : 'info', 'guard.page_denied', { listener, denied: after });
}

function announceFilter(log: GuardLog, before: Path, after: Path): void {
  const was = before.filter;
  const says = after.filter;
  if (says?.draining === true && was?.draining !== true) log.event('warn', 'guard.filter_draining');
  if ((says?.bypass === true) !== (was?.bypass === true))
    log.event('warn', 'guard.filter_bypass', { bypass: says?.bypass === true });
}

function othersOf({ others }: Path): number | string {
  return typeof others === 'object' && others.count !== null ? others.count : 'not known';
}
