/**
 * Which outlets (outlets/outlet.ts) there are, and that each is told what is in force as soon as it is another state than the one it was told:
 *
 *   published, withdrawn, other names, other configuration ─┐
 *   every few seconds (midnight, what failed)  ─────────────┴▶ plans ─▶ outlets that stay, go, come ─▶ outlet-feed.ts, each for itself
 *
 * It must not know what an outlet does.
 */
import { isDeepStrictEqual } from 'node:util';
import { DEADLINES } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { ListNames } from '../list/names/list-names.ts';
import type { OutletStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import { OutletFeed } from './outlet-feed.ts';
import type { NamesGiven, OutletPlan } from './outlet-feed.ts';

/** What an outlet is made with. */
export interface OutletContext {
  readonly log: Log;
  /** UTC days since 1970-01-01, by which entries expire. */
  readonly today: () => number;
  readonly time?: Time;
}

export interface OutletWatchOptions {
  readonly log: Log;
  /** Milliseconds that do not jump. */
  readonly now: () => number;
  /** UTC days since 1970-01-01. */
  readonly today: () => number;
  readonly names: NamesGiven;
  /** Of the configuration in force. */
  readonly plans: () => readonly OutletPlan[];
  readonly time?: Time;
}

export class OutletWatch {
  readonly #options: OutletWatchOptions;
  #outlets: readonly OutletFeed[] = [];
  /** By list, as they were read last, for all outlets: for when they cannot be read any more. */
  readonly #known = new Map<string, ListNames>();
  #timer: Timer | null = null;

  constructor(options: OutletWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { time = systemTime } = this.#options;
    this.#timer = time.every(DEADLINES.workers.outletLookMs, () => this.look()).unref();
    this.look();
  }

  /** Something may have changed. It returns at once. */
  look(): void {
    if (this.#timer === null) return;
    const plans = this.#options.plans();
    const stays = ({ plan }: OutletFeed): boolean =>
      plans.some(({ name, settings }) => name === plan.name && isDeepStrictEqual(settings, plan.settings));
    const before = this.#outlets;
    const leaving = before.filter((outlet) => !stays(outlet)).map(async (outlet) => await outlet.close());
    this.#outlets = plans.map(
      (plan) =>
        before.find((outlet) => outlet.plan.name === plan.name && stays(outlet)) ??
        new OutletFeed(plan, { ...this.#options, known: this.#known }, leaving),
    );
    for (const outlet of this.#outlets) outlet.look();
    if (this.#outlets.every(({ isOpen }) => isOpen))
      for (const list of this.#known.keys())
        if (!this.#outlets.some(({ lists }) => lists.includes(list))) this.#known.delete(list);
  }

  status(): readonly OutletStatus[] {
    return this.#outlets.map((outlet) => outlet.status());
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await Promise.all(this.#outlets.map(async (outlet) => await outlet.close()));
  }
}
