/** What more than one command warns of, in the same words. */
import { HOSTS_ALONE } from '../list/lint/habits.ts';
import { isHostsAlone } from '../list/stats.ts';
import type { ListStats } from '../list/stats.ts';
import { counted } from './terminal.ts';

/** @returns null if there is nothing to warn of. */
export function habitWarning(stats: ListStats): string | null {
  return isHostsAlone(stats) ? `all ${stats.entries} entries are ${HOSTS_ALONE}` : null;
}

/** @returns null if there is nothing to warn of. */
export function suffixWarning(publicSuffixes: number): string | null {
  if (publicSuffixes === 0) return null;
  return `${counted(publicSuffixes, 'entry covers', 'entries cover')} a public suffix or top-level domain (cleanfeed list lint names each)`;
}

/** This is for a list whose configuration is not known. */
export function suffixAdvice(publicSuffixes: number): string | null {
  const warning = suffixWarning(publicSuffixes);
  return warning === null ? null : `${warning}; it is used only with 'suffixes: warn'`;
}
