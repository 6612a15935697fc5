/** How an instance stands, in one line: for `systemctl status` and the head of `ctl status`. */
import type { ControlView } from '../observe/control-view.ts';

export function serviceStatus(view: ControlView, now: number): string {
  const reasons = view.notReady();
  const state = reasons.length > 0 ? `not ready: ${reasons.join('; ')}` : `serving, generation ${view.generation()}`;
  const bypass = view.bypass() ? ['BYPASS: nothing is filtered'] : [];
  const lists = view.lists().map(({ name, loaded, entries, currentAt }) => (loaded ? `${name}: ${entries} entries, ${age(now, currentAt)}` : `${name}: not loaded`));
  return [...bypass, state, ...lists].join('; ').replaceAll('\n', ' ');
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
