/**
 * A day of this instance in steps of five minutes, and how often each list hit.
 *
 *   look, look, … ──every five minutes──▶ a step: rates, quantiles, hits by list ──▶ 288 of them ──▶ charts of a day; the file
 *
 * Hits, and what lists decided, are rounded down to a multiple of five in each step by itself. Nothing is carried on to the next one: it would make up five
 * with a single request, and so tell when that was. What is left of a step counts in sums of an hour and a day, in memory only. It must hold nothing
 * else of a request. Keeping it on disk is day-keeper.ts.
 */
import { columnsOf, increase, ofListsBetween, stepBetween, wholeFives } from './step.ts';
import type { Columns, Look, Step } from './step.ts';

const STEP_MS = 300_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
export const MAX_STEPS = DAY_MS / STEP_MS;
export interface DayStep extends Step {
  /** By list, multiples of five; lists without any are left out. */
  readonly hits: Readonly<Record<string, number>>;
}

/** At least so many; null: more than none, and fewer than five. */
type ShownHits = number | null;

export interface ListHits {
  readonly hour: ShownHits;
  readonly day: ShownHits;
}

export interface DayLook extends Look {
  /** Cumulative, by list, without those of self-tests. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Hits by list that were left of a step: fewer than five each. */
interface Few {
  readonly at: number;
  readonly hits: Readonly<Record<string, number>>;
}

export class Day {
  #steps: readonly DayStep[] = [];
  #last: DayLook;
  #few: readonly Few[] = [];

  constructor(first: DayLook) {
    this.#last = first;
  }

  get steps(): readonly DayStep[] {
    return this.#steps;
  }

  /** Of the process before, as it kept them; what is older than a day is left out. */
  restore(steps: readonly DayStep[], now: number): void {
    this.#steps = this.#bounded([...steps, ...this.#steps], now);
  }

  /** Often, at least once a step. @returns whether a step ended. */
  look(look: DayLook): boolean {
    if (look.at - this.#last.at < STEP_MS) return false;
    this.#end(look);
    return true;
  }

  /** Ends the step before its time, so that what came since the last is kept when the process ends. */
  end(look: DayLook): void {
    if (look.at > this.#last.at) this.#end(look);
  }

  columns(now: number): Columns {
    return columnsOf(this.#bounded(this.#steps, now), STEP_MS, now);
  }

  /** @param look of now: what is not in a step yet counts too. */
  hitsOf(list: string, look: DayLook): ListHits {
    const since = this.#since(list, look);
    const shown = (spanMs: number): ShownHits => {
      const sumOf = (steps: readonly Few[]): number =>
        steps.filter(({ at }) => look.at - at < spanMs).reduce((sum, { hits }) => sum + (hits[list] ?? 0), 0);
      const all = sumOf(this.#steps) + sumOf(this.#few) + since;
      const whole = wholeFives(all);
      return whole === 0 && all > 0 ? null : whole;
    };
    return { hour: shown(HOUR_MS), day: shown(DAY_MS) };
  }

  #since(list: string, look: DayLook): number {
    return increase(this.#last.hits[list] ?? 0, look.hits[list] ?? 0);
  }

  #end(look: DayLook): void {
    const { at, figures } = stepBetween(this.#last, look);
    const hits = Object.keys(look.hits).map((list) => [list, this.#since(list, look)] as const);
    const whole = hits.map(([list, count]) => [list, wholeFives(count)] as const);
    const left = hits.map(([list, count]) => [list, count - wholeFives(count)] as const);
    const step = {
      at,
      figures: { ...figures, ...ofListsBetween(this.#last, look) },
      hits: Object.fromEntries(whole.filter(([, count]) => count > 0)),
    };
    this.#last = look;
    this.#steps = this.#bounded([...this.#steps, step], look.at);
    // Of lists that there are.
    const kept = this.#few.map((few) => ({
      at: few.at,
      hits: Object.fromEntries(Object.entries(few.hits).filter(([list]) => list in look.hits)),
    }));
    this.#few = this.#bounded(
      [...kept, { at, hits: Object.fromEntries(left.filter(([, count]) => count > 0)) }],
      look.at,
    );
  }

  /** A step of the future is of a clock that was wrong. */
  #bounded<S extends { readonly at: number }>(steps: readonly S[], now: number): readonly S[] {
    return steps.filter(({ at }) => at <= now && now - at < DAY_MS).slice(-MAX_STEPS);
  }
}
