/** The state of an instance in one line, for `systemctl status` and the head of `ctl status`. It must not change anything. */
import type { ControlView, ListStatus } from '../observe/control-view.ts';

export function serviceStatus(view: ControlView, now: number): string {
  const reasons = view.notReady();
  const state = reasons.length > 0 ? `not ready: ${reasons.join('; ')}` : `serving, generation ${view.generation()}`;
  const { exception, rejection } = view.uncaughtFaults();
  const faults = exception + rejection;
  const disturbed =
    faults === 0
      ? []
      : [
          `${faults} ${faults === 1 ? 'uncaught error' : 'uncaught errors'} in the control thread: restart at a convenient time`,
        ];
  const bypass = view.bypass() ? ['BYPASS: nothing is filtered'] : [];
  const fault = view.controlFault();
  const control = fault === null ? [] : [`ctl cannot reach this instance: ${fault}`];
  return [
    ...bypass,
    ...refused(view.configuration().errors),
    ...waiting(view.configuration().restartRequired),
    state,
    ...disturbed,
    ...view.lists().map((list) => listWords(list, now)),
    ...control,
  ]
    .join('; ')
    .replaceAll('\n', ' ');
}

/** Stays until a reload takes the file: what runs is not what the file says, and a restart would fail. */
function refused(faults: readonly string[]): string[] {
  const [first, ...others] = faults;
  if (first === undefined) return [];
  return [`reload refused: ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`];
}

/** A reload took the file, and yet these keys of it are not in force. */
function waiting(keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : [`restart required for ${keys.join(', ')}`];
}

function listWords({ name, loaded, entries, currentAt, lastError }: ListStatus, now: number): string {
  const state = loaded ? `${name}: ${entries} entries, ${age(now, currentAt)}` : `${name}: not loaded`;
  return lastError === null ? state : `${state}, last update rejected: ${lastError}`;
}

function age(now: number, currentAt: number | null): string {
  return currentAt === null ? 'of unknown age' : `${inWords(Math.max(0, now - currentAt) / 1000)} old`;
}

/** `45 s`, `3 min`, `2 h 5 min`, `3 d`. */
export function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (hours < 1) return `${minutes} min`;
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}
