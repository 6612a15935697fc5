/**
 * A withdrawal of much of the list at once: asked for in so many words, and an event of the log, so that an audit tells one that was asked for from a
 * mistake, or from a stolen key. It must not keep back a single address: of few entries nothing is asked.
 */
import { isMass } from '../list/mass-withdrawal.ts';
import type { LoggedEvent } from './state/events.ts';
import type { ListState } from './state/list-state.ts';

export interface Withdrawal {
  readonly uid: number;
  readonly line: string;
}

/** @param state before it. @returns how many entries of the list are withdrawn, if those are many; else null. */
export function massIn(withdrawals: readonly Withdrawal[], state: ListState): number | null {
  const count = withdrawals.filter((one) => isListed(one, state)).length;
  return isMass(count, liveIn(state) - count) ? count : null;
}

/** Compares withdrawals, as they come out of the log, with those of which it says that they are many. */
export class MassAudit {
  readonly #state: ListState;
  /** What was appended at one time. */
  #time = '';
  #count = 0;
  #announced = 0;
  /** How many entries were withdrawn in masses that nobody has asked for. */
  unannounced = 0;

  /** @param state the list before each event. */
  constructor(state: ListState) {
    this.#state = state;
  }

  visit(event: LoggedEvent): void {
    // They lie between the others, in random order.
    if (event.kind === 'padding' || event.kind === 'published') return;
    if (event.kind !== 'withdrawn' || event.time !== this.#time) this.end();
    this.#time = event.time;
    if (event.kind === 'massWithdrawal') this.#announced = event.count;
    else if (event.kind === 'withdrawn' && isListed(event, this.#state)) this.#count += 1;
  }

  /** All that was appended together has been visited. An interrupted command has withdrawn fewer than it says. */
  end(): void {
    if (this.#count > this.#announced && isMass(this.#count, liveIn(this.#state))) this.unannounced += this.#count;
    this.#count = this.#announced = 0;
  }
}

function isListed({ uid, line }: Withdrawal, { inForce, withdrawn }: ListState): boolean {
  return inForce.get(line) === uid && !withdrawn.has(uid);
}

function liveIn({ inForce, withdrawn }: ListState): number {
  let count = 0;
  for (const [, uid] of inForce) if (!withdrawn.has(uid)) count += 1;
  return count;
}
