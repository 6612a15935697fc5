/**
 * The time for what expires. A clock that is set, by hand or by somebody who can reach the time server, must not end entries early: a jump is not
 * followed before an operator says so, or it has lasted for a day. What a publisher signs expires by the earlier of this time and the wall clock's
 * (`ClockWatch.earliest`), since a removal must not wait for a day: whoever sets the clock back can keep a node on metadata that has expired, but on
 * none that is older than the newest time that was signed, and the jump is told.
 *
 *   drift of the wall clock against the steady one ≤ 1 h ─▶ followed │ more ─▶ frozen: the time goes on as if there had been no jump
 */
export interface Clocks {
  /** Milliseconds since the epoch. */
  readonly wall: () => number;
  readonly steady: () => number;
}

/** What a look has shown. */
export type ClockNews = 'jumped' | 'back' | 'followed' | null;

const JUMP_MS = 60 * 60_000;
/** A machine without a battery starts with a wrong clock, and nobody may be there to say that the jump is right. */
const FOLLOW_AFTER_MS = 24 * 60 * 60_000;

export class TrustedClock {
  readonly #clocks: Clocks;
  /** What is to be added to the steady time. */
  #shift: number;
  /** Steady time at which a jump was first seen; null: there is none. */
  #jumpedAt: number | null = null;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#shift = this.#offset();
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clocks.steady() + this.#shift;
  }

  /** How far the wall clock is ahead of this one, in milliseconds; 0 unless it has jumped. */
  get jumpMs(): number {
    return this.#jumpedAt === null ? 0 : this.#offset() - this.#shift;
  }

  /** Compares the clocks; to be called every few seconds. */
  look(): ClockNews {
    const offset = this.#offset();
    if (Math.abs(offset - this.#shift) <= JUMP_MS) {
      this.#shift = offset;
      return this.#end('back');
    }
    const steady = this.#clocks.steady();
    if (this.#jumpedAt === null) {
      this.#jumpedAt = steady;
      return 'jumped';
    }
    return steady - this.#jumpedAt < FOLLOW_AFTER_MS ? null : this.follow();
  }

  /** The wall clock is right. */
  follow(): ClockNews {
    this.#shift = this.#offset();
    return this.#end('followed');
  }

  #offset(): number {
    return this.#clocks.wall() - this.#clocks.steady();
  }

  #end(news: 'back' | 'followed'): ClockNews {
    if (this.#jumpedAt === null) return null;
    this.#jumpedAt = null;
    return news;
  }
}
