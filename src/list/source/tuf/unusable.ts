/**
 * What was fetched and cannot be used, though it is what was signed: it is not fetched again with each poll, but later each time, since whoever put it
 * there may not put another there for long. It must not say what is wrong: whoever looked does.
 */
import type { ListError } from '../../list-error.ts';

const FIRST_WAIT_MS = 60_000;
const LAST_WAIT_MS = 60 * 60_000;

/** One thing at a time: the newest. */
export class Unusable {
  #last: { readonly key: string; readonly fault: ListError; readonly waitMs: number; readonly until: number } | null =
    null;

  /** @returns why it is not to be fetched yet; null: it may be. */
  faultOf(key: string, now: number): ListError | null {
    const last = this.#last;
    // A clock that was set back must not keep it away.
    const isEarly = last !== null && now < last.until && now >= last.until - last.waitMs;
    return last?.key === key && isEarly ? last.fault : null;
  }

  /** @returns the fault. */
  add(key: string, fault: ListError, now: number): ListError {
    const before = this.#last?.key === key ? this.#last.waitMs : FIRST_WAIT_MS / 2;
    const waitMs = Math.min(LAST_WAIT_MS, before * 2);
    this.#last = { key, fault, waitMs, until: now + waitMs };
    return fault;
  }
}
