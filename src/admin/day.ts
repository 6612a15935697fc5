/**
 * A day of this instance in steps of five minutes, and how often each list hit.
 *
 *   look, look, … ──every five minutes──▶ a step: rates, quantiles, hits by list ──▶ 288 of them ──▶ charts of a day; the file
 *
 * Hits, and what was blocked, are counted in steps of five with the rest carried on to the next step: no figure that is kept, and no
 * difference of two, is about a single request. It must hold nothing else of a request. Keeping it on disk is day-keeper.ts.
 */
import { columnsOf, increase, rounded, stepBetween } from './step.ts';
import type { Columns, Look, Step } from './step.ts';

const STEP_MS = 300_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
export const MAX_STEPS = DAY_MS / STEP_MS;
/** As the report rounds (report/report.ts). */
export const COUNTED_IN = 5;

export interface DayStep extends Step {
  /** By list, multiples of five; lists without any are left out. */
  readonly hits: Readonly<Record<string, number>>;
}

/** At least so many; null: more than none, and fewer than five. */
export type ShownHits = number | null;

export interface ListHits {
  readonly hour: ShownHits;
  readonly day: ShownHits;
}

export interface DayLook extends Look {
  /** Cumulative, by list, without those of self-tests. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Hits that make no whole step of five yet, and when the last of them came. */
interface Rest {
  readonly count: number;
  readonly at: number;
}

const NO_REST: Rest = { count: 0, at: 0 };

export class Day {
  #steps: readonly DayStep[] = [];
  #last: DayLook;
  #blockedRest = 0;
  readonly #rests = new Map<string, Rest>();

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
    const { count, at } = this.#rest(list, look.at);
    const shown = (spanMs: number): ShownHits => {
      const kept = this.#steps
        .filter((step) => look.at - step.at < spanMs)
        .reduce((sum, { hits }) => sum + (hits[list] ?? 0), 0);
      const pending = since + (look.at - at < spanMs ? count : 0);
      const whole = kept + pending - (pending % COUNTED_IN);
      return whole === 0 && pending > 0 ? null : whole;
    };
    return { hour: shown(HOUR_MS), day: shown(DAY_MS) };
  }

  #since(list: string, look: DayLook): number {
    return increase(this.#last.hits[list] ?? 0, look.hits[list] ?? 0);
  }

  #rest(list: string, now: number): Rest {
    const rest = this.#rests.get(list) ?? NO_REST;
    return now - rest.at < DAY_MS ? rest : NO_REST;
  }

  #end(look: DayLook): void {
    const { at, figures } = stepBetween(this.#last, look);
    const hits = Object.keys(look.hits).map((list) => [list, this.#counted(list, look)] as const);
    const step = {
      at,
      figures: { ...figures, blocked: this.#blocked(look) },
      hits: Object.fromEntries(hits.filter(([, count]) => count > 0)),
    };
    this.#last = look;
    for (const list of this.#rests.keys()) if (!(list in look.hits)) this.#rests.delete(list);
    this.#steps = this.#bounded([...this.#steps, step], look.at);
  }

  #counted(list: string, look: DayLook): number {
    const since = this.#since(list, look);
    const rest = this.#rest(list, look.at);
    const all = rest.count + since;
    this.#rests.set(list, { count: all % COUNTED_IN, at: since > 0 ? look.at : rest.at });
    return all - (all % COUNTED_IN);
  }

  /** A second, of whole steps of five. */
  #blocked(look: DayLook): number {
    const all = this.#blockedRest + increase(this.#last.totals.requests.block, look.totals.requests.block);
    this.#blockedRest = all % COUNTED_IN;
    return rounded((all - this.#blockedRest) / ((look.at - this.#last.at) / 1000));
  }

  /** A step of the future is of a clock that was wrong. */
  #bounded(steps: readonly DayStep[], now: number): readonly DayStep[] {
    return steps.filter(({ at }) => at <= now && now - at < DAY_MS).slice(-MAX_STEPS);
  }
}
