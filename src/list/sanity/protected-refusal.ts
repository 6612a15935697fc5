/**
 * Why the gate refuses a list with entries on protected hosts, and what can be done, in words. It must not decide whether the list is refused, and names no
 * host: the log has these words. `check` names the hosts of a text list.
 */
import type { Finding } from './findings.ts';
import { namedOf } from './protected-hosts.ts';

const REMEDY =
  'take these entries out, or a host that is meant off the protected ones (!HOST in the file of gate.protected)';
/** Of a text. */
export const PROTECTED_REMEDY = `${REMEDY}, or have them left out (gate.protectedEntries: leaveOut)`;

/** Why the gate refuses a list. @param isText its entries can be left out. */
export function protectedRefusal({ count, first, named = [first] }: Finding, isText: boolean): string {
  const what = `it covers ${count} protected ${count === 1 ? 'host' : 'hosts'} (gate.protected): ${namedOf(named, count, '; ')}`;
  return `${what}; ${isText ? PROTECTED_REMEDY : REMEDY}`;
}
