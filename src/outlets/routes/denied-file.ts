/**
 * Which addresses an operator has denied, in a file of its own beside the plan: whatever becomes of that, none of them is announced again.
 *
 *   cleanfeed denied 1 COUNT │ ADDRESS SINCE │ …
 *
 * It must not decide anything. Total on any text: what is not what it wrote is null.
 */
import { formatAddress, parseIpAddress } from '../../lib/prefix.ts';
import type { PlanState } from './plan-state.ts';

/** Since when, in milliseconds, by address. */
export type Denied = ReadonlyMap<string, number>;

const HEADER = /^cleanfeed denied 1 (\d{1,9})$/;
const LINE = /^([0-9a-f.:]{2,45}) (\d{1,15})$/;

/** @param plan of the plan beside it. */
export function deniedPath(plan: string): string {
  return plan.replace(/(\.json)?$/, '.denied');
}

export function encodeDenied({ reviews }: PlanState): string {
  const lines = [...reviews].flatMap(([address, { reason, since }]) =>
    reason === 'denied' ? [`${address} ${Math.trunc(since)}`] : [],
  );
  return `${[`cleanfeed denied 1 ${lines.length}`, ...lines.toSorted()].join('\n')}\n`;
}

/** @param now no time that was kept lies behind it: the clock may have been set back. */
export function decodeDenied(text: string, now: number): Denied | null {
  const [header = '', ...lines] = text.split('\n');
  const count = HEADER.exec(header)?.[1];
  // The last line is empty: the file ends with a newline.
  if (count === undefined || lines.pop() !== '' || lines.length !== Number(count)) return null;
  const denied = new Map<string, number>();
  for (const line of lines) {
    const [, written = '', since = ''] = LINE.exec(line) ?? [];
    const address = parseIpAddress(written);
    if (address === null) return null;
    denied.set(formatAddress(address), Math.min(Number(since), now));
  }
  return denied;
}

/** Whatever the plan says of them. */
export function denyAll(state: PlanState, denied: Denied): void {
  for (const [address, since] of denied) {
    const found = state.routes.get(address) ?? state.reviews.get(address);
    state.routes.delete(address);
    state.reviews.set(address, { reason: 'denied', since, owners: found?.owners ?? new Map() });
  }
}
