/**
 * When a publisher was last heard, and how long nothing was heard since: by the steady clock of the process, since whoever sets the machine's clock ahead
 * must not end a list. What passes while nothing runs does not count, since nobody knows how long that is; what passed in runs before does. It must not
 * decide what follows.
 */
import type { StoredState } from './stored-state.ts';

type Heard = Pick<StoredState, 'heardAt' | 'silentMs'>;

export interface KeptLastHeard {
  readonly state: Heard;
  commit(change: Partial<Heard>): Promise<void>;
}

/** It is written down so often (milliseconds); between, it is remembered only. */
const WRITE_MS = 60 * 60_000;

export class LastHeard {
  readonly #steady: () => number;
  /** Milliseconds since the epoch, of the wall clock; 0: never. */
  heardAt = 0;
  /** Milliseconds, up to `#since`: what is written down. */
  #before = 0;
  #since: number;

  /** @param steady milliseconds that nobody can set. */
  constructor(steady: () => number) {
    this.#steady = steady;
    this.#since = steady();
  }

  get silentMs(): number {
    return this.#before + this.#steady() - this.#since;
  }

  open({ heardAt, silentMs }: Heard): void {
    this.heardAt = heardAt;
    this.#begin(silentMs);
  }

  /** @param now milliseconds since the epoch. */
  async heard(now: number, kept: KeptLastHeard): Promise<void> {
    this.heardAt = now;
    this.#begin(0);
    const { state } = kept;
    if (state.silentMs > 0 || Math.abs(now - state.heardAt) >= WRITE_MS)
      await kept.commit({ heardAt: now, silentMs: 0 });
  }

  /** A long silence is written down. */
  async keep(kept: Pick<KeptLastHeard, 'commit'>): Promise<void> {
    if (this.#steady() - this.#since < WRITE_MS) return;
    this.#begin(this.silentMs);
    await kept.commit({ silentMs: this.#before });
  }

  #begin(silentMs: number): void {
    this.#before = silentMs;
    this.#since = this.#steady();
  }
}
