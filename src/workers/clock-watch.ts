/**
 * Watches the clock for everybody who asks what has expired, and tells the data threads which day it is: each of them has a steady time of
 * its own, and would follow a jump. It must not set any clock.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { systemTime, type Timer } from '../lib/time.ts';
import type { ClockNews, TrustedClock } from './trusted-clock.ts';
import type { Log } from '../observe/log.ts';
import { TODAY_SLOT } from './messages.ts';

const DAY_MS = 86_400_000;

export class ClockWatch {
  readonly #clock: TrustedClock;
  readonly #control: Int32Array;
  readonly #log: Log;
  #timer: Timer | null = null;

  /** @param control the control words; see messages.ts. */
  constructor(clock: TrustedClock, control: Int32Array, log: Log) {
    this.#clock = clock;
    this.#control = control;
    this.#log = log;
    this.#tellDay();
  }

  /** How far the clock has jumped, in seconds; 0: it has not. */
  get jumpSeconds(): number {
    return Math.round(this.#clock.jumpMs / 1000);
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** As `now`, but no later than the wall clock, where that has jumped. */
  earliest(): number {
    return this.#clock.now() + Math.min(0, this.#clock.jumpMs);
  }

  /** UTC days since 1970-01-01. */
  get today(): number {
    return Math.floor(this.#clock.now() / DAY_MS);
  }

  start(time = systemTime): void {
    this.#timer = time.every(DEADLINES.workers.clockLookMs, () => this.look()).unref();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  look(): ClockNews {
    const news = this.#clock.look();
    if (news === 'jumped') this.#log.event('error', 'clock.jumped', { seconds: this.jumpSeconds });
    else this.#logEnd(news);
    this.#tellDay();
    return news;
  }

  /** An operator reloads (`ctl reload`): the clock is as it should be. @returns the time by it, in ISO 8601, where it had been set; otherwise null. */
  follow(): string | null {
    // A jump of the last seconds is told first.
    const seen = this.look();
    const news = this.#clock.follow();
    this.#logEnd(news);
    this.#tellDay();
    return news === null && seen !== 'followed' ? null : new Date(this.#clock.now()).toISOString();
  }

  #logEnd(news: ClockNews): void {
    if (news !== null) this.#log.event('info', 'clock.followed', { isSetBack: news === 'back' });
  }

  #tellDay(): void {
    Atomics.store(this.#control, TODAY_SLOT, this.today);
  }
}
