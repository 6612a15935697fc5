/** What more than one command warns of, in the same words. */
import { HOSTS_ALONE } from '../list/lint/habits.ts';
import { isHostsAlone } from '../list/stats.ts';
import type { ListStats } from '../list/stats.ts';
import type { Config } from '../config/types.ts';
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

/** @returns a line for each list that applies to no client of any listener. */
export function idleListWarnings({ lists, listeners, policies }: Config): readonly string[] {
  const used = new Set([...listeners, ...policies].flatMap((owner) => owner.lists));
  return lists.flatMap(({ name }, index) =>
    used.has(index) ? [] : [`list ${name} applies to nobody: no listener and no policy names it`],
  );
}

/** @returns a line for each allow list that a policy leaves out: whoever adds an exception in an incident means everybody. */
export function lostExceptionWarnings({ lists, policies }: Config): readonly string[] {
  const isBlocking = (index: number): boolean => lists[index]?.action === 'block';
  return policies
    .filter((policy) => policy.lists.some(isBlocking))
    .flatMap((policy) =>
      lists.flatMap(({ name, action, optIn }, index) =>
        action === 'allow' && !optIn && !policy.lists.includes(index)
          ? [`policy ${policy.name} does not name the allow list ${name}: its exceptions do not hold for these clients`]
          : [],
      ),
    );
}

/** This is for a list whose configuration is not known. */
export function suffixAdvice(publicSuffixes: number): string | null {
  const warning = suffixWarning(publicSuffixes);
  return warning === null ? null : `${warning}; it is used only with 'suffixes: warn'`;
}
