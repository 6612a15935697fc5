/**
 * What this instance has done of late, for the status page: an hour in steps of ten seconds, a day in steps of five minutes, hits and
 * changes by list.
 *
 *   counters ─┬─▶ history.ts: the last hour, in memory
 *   lists ────┴─▶ day.ts, list-changes.ts: the last day ◀──read at the start, written each step──▶ day-keeper.ts
 *
 * One look every ten seconds, on the control thread. It must not keep the instance from anything, and holds nothing of a request.
 */
import { isoTime } from '../lib/steady-clock.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Metrics } from '../observe/metrics.ts';
import { Day } from './day.ts';
import type { DayLook, ListHits } from './day.ts';
import type { KeptDay } from './day-file.ts';
import { History, STEP_MS } from './history.ts';
import type { Reading, RecentTraffic } from './history.ts';
import { increase } from './step.ts';
import type { Columns, Look } from './step.ts';
import { ListChanges } from './list-changes.ts';
import type { ListChange } from './list-changes.ts';

/** Keeps a day between two processes. */
export interface Keeper {
  read(): Promise<KeptDay | null>;
  write(day: KeptDay): Promise<void>;
}

export interface ActivityParts {
  readonly view: Pick<ControlView, 'lists' | 'resources' | 'selfTests' | 'startedAt'>;
  readonly metrics: Pick<Metrics, 'traffic' | 'byName'>;
  /** As the times of the view: lib/steady-clock.ts. */
  readonly now: () => number;
  /** Null: the day ends with the process. */
  readonly keeper: Keeper | null;
  readonly time?: Time;
}

/** What a list changed, as it is shown; `at` in ISO 8601, UTC. */
interface ShownChange {
  readonly at: string;
  readonly before: number | null;
  readonly entries: number;
  readonly added: number | null;
  readonly removed: number | null;
  readonly version: string | null;
}

/** What is marked on a chart: the start of the process, and a change of a list. */
export type Mark =
  | { readonly kind: 'start'; readonly secondsAgo: number }
  | ({ readonly kind: 'list'; readonly secondsAgo: number; readonly list: string } & Omit<ShownChange, 'at'>);

export type HistoryAnswer = Columns & { readonly marks: readonly Mark[] };

/** Of one list: `hits` since an hour and a day ago, the last `changes` (the latest first). */
export interface ListActivity {
  readonly hits: ListHits;
  readonly changes: readonly ShownChange[];
}

/** Of one list in /status. */
const SHOWN_CHANGES = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export class Activity {
  readonly #parts: ActivityParts;
  readonly #hour: History;
  readonly #day: Day;
  readonly #changes = new ListChanges();
  #timer: Timer | null = null;
  #isRestored = false;

  constructor(parts: ActivityParts) {
    this.#parts = parts;
    this.#hour = new History(() => this.#read(), parts.now);
    this.#day = new Day(this.#dayLook({ at: parts.now(), ...this.#read() }));
  }

  /** Resolves when what was kept is there again. It never rejects. */
  async start(): Promise<void> {
    const { keeper, now, time = systemTime } = this.#parts;
    // What is shown must not keep the process alive.
    this.#timer = time.every(STEP_MS, () => this.step()).unref();
    const kept = (await keeper?.read()) ?? null;
    if (kept !== null) {
      this.#day.restore(kept.steps, now());
      this.#changes.restore(kept.changes, now());
    }
    this.#isRestored = true;
    this.#changes.look(this.#parts.view.lists());
  }

  /** Once every STEP_MS. */
  step(): void {
    const hasEnded = this.#day.look(this.#dayLook(this.#hour.step()));
    // Not before: what was in force before is not known yet.
    const hasChanged = this.#isRestored && this.#changes.look(this.#parts.view.lists());
    if (this.#isRestored && (hasEnded || hasChanged)) void this.#write();
  }

  async close(): Promise<void> {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    this.#day.end(this.#dayLook({ at: this.#parts.now(), ...this.#read() }));
    // What was kept could not be read yet, and must not be replaced by less.
    if (this.#isRestored) await this.#write();
  }

  recent(): RecentTraffic {
    return this.#hour.recent();
  }

  hour(): HistoryAnswer {
    return { ...this.#hour.hour(), marks: this.#marks(HOUR_MS) };
  }

  day(): HistoryAnswer {
    return { ...this.#day.columns(this.#parts.now()), marks: this.#marks(DAY_MS) };
  }

  /** By list. */
  lists(): (name: string) => ListActivity {
    const look = this.#dayLook({ at: this.#parts.now(), ...this.#read() });
    return (name) => ({
      hits: this.#day.hitsOf(name, look),
      changes: this.#changes.of(name).toReversed().slice(0, SHOWN_CHANGES).map(shownChange),
    });
  }

  #marks(spanMs: number): readonly Mark[] {
    const now = this.#parts.now();
    const ago = (at: number): number => Math.round((now - at) / 1000);
    const { startedAt } = this.#parts.view;
    const start: readonly Mark[] = now - startedAt < spanMs ? [{ kind: 'start', secondsAgo: ago(startedAt) }] : [];
    const changes = this.#changes.all
      .filter(({ at }) => now - at < spanMs)
      .map((change) => markOf(change, ago(change.at)));
    return [...start, ...changes];
  }

  async #write(): Promise<void> {
    await this.#parts.keeper?.write({ steps: this.#day.steps, changes: this.#changes.all });
  }

  #read(): Reading {
    const { metrics, view } = this.#parts;
    const { cpuSeconds } = view.resources();
    return { totals: metrics.traffic(), named: metrics.byName(), cpuSeconds };
  }

  /** A list's test addresses are asked for by the instance itself. */
  #dayLook({ at, totals, named }: Look & Reading): DayLook {
    const tests = new Map(this.#parts.view.selfTests().map(({ list, refused }) => [list, refused]));
    const hits = Object.entries(named.hits).map(([list, count]) => [list, increase(tests.get(list) ?? 0, count)]);
    return { at, totals, hits: Object.fromEntries(hits) };
  }
}

function shownChange({ at, before, entries, added, removed, version }: ListChange): ShownChange {
  return { at: isoTime(at), before, entries, added, removed, version };
}

function markOf({ list, before, entries, added, removed, version }: ListChange, secondsAgo: number): Mark {
  return { kind: 'list', secondsAgo, list, before, entries, added, removed, version };
}
