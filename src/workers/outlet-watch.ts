/**
 * Tells outlets (resolver/outlet.ts) what is in force, as soon as it is another state than the one they were told:
 *
 *   published, withdrawn, other names, other configuration ─┐
 *   every few seconds (midnight, what failed)  ─────────────┴▶ versions of its lists, day ─▶ others than told? ─▶ names ─▶ outlet
 *
 * Whatever comes while an outlet works comes to one more turn for it. An outlet that fails is told again and keeps nobody from anything. If names of
 * one of its lists cannot be had, what it wrote before stays, and `/status` says so; but not so long that removals from other lists come too late
 * (ADR 0005). Without an exception removals alone are told. It must not know what an outlet does.
 */
import { isDeepStrictEqual } from 'node:util';
import { ListError, originOf } from '../lib/errors.ts';
import type { ListNames } from '../list/names/list-names.ts';
import type { OutletStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { Outlet } from '../resolver/outlet.ts';

/** What an outlet is made with. */
export interface OutletContext {
  readonly log: Log;
  /** UTC days since 1970-01-01, by which entries expire. */
  readonly today: () => number;
}

/** What the configuration asks for. */
export interface OutletPlan {
  /** As the outlet it leads to; no two have the same. */
  readonly name: string;
  /** All that it was made of: with others it is another outlet. */
  readonly settings: unknown;
  readonly open: () => Outlet;
}

/** Names as they are in force (list/names/names-in-force.ts). */
export interface NamesGiven {
  versionOf(list: string): string | null;
  /** Null: the list is not in force. @throws Error that says why there are none. */
  of(list: string): Promise<ListNames | null>;
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
}

const LOOK_MS = 10_000;
/** Names of a list are waited for so long: a removal from another list must be in force everywhere after five minutes. */
const WAIT_MS = 180_000;
/** Of which the list itself tells. */
const NOT_IN_FORCE = 'the list is not in force yet';

export class OutletWatch {
  readonly #options: OutletWatchOptions;
  #outlets: readonly ToldOutlet[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: OutletWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  /** Something may have changed. It returns at once. */
  look(): void {
    if (this.#timer === null) return;
    const plans = this.#options.plans();
    const stays = ({ plan }: ToldOutlet): boolean =>
      plans.some(({ name, settings }) => name === plan.name && isDeepStrictEqual(settings, plan.settings));
    const before = this.#outlets;
    const leaving = before.filter((outlet) => !stays(outlet)).map(async (outlet) => await outlet.close());
    this.#outlets = plans.map(
      (plan) =>
        before.find((outlet) => outlet.plan.name === plan.name && stays(outlet)) ??
        new ToldOutlet(plan, this.#options, leaving),
    );
    for (const outlet of this.#outlets) outlet.look();
  }

  status(): readonly OutletStatus[] {
    return this.#outlets.map((outlet) => outlet.status());
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all(this.#outlets.map(async (outlet) => await outlet.close()));
  }
}

interface Missing {
  readonly reason: string;
  /** Milliseconds that do not jump. */
  readonly since: number;
}

class ToldOutlet {
  readonly plan: OutletPlan;
  readonly #options: OutletWatchOptions;
  readonly #before: readonly Promise<void>[];
  #outlet: Outlet | null = null;
  #lists: readonly string[] = [];
  /** Of what it was told last. */
  #told: string | null = null;
  #toldAt: number | null = null;
  /** The same of a part of its lists; null: it knows all. */
  #toldPart: string | null = null;
  /** By list, why there are no names, and since when. */
  #missing: ReadonlyMap<string, Missing> = new Map();
  #failures = 0;
  #isFailing = false;
  #isClosed = false;
  #turns: Promise<void> | null = null;

  /** @param before ends first: it may hold the same files. */
  constructor(plan: OutletPlan, options: OutletWatchOptions, before: readonly Promise<void>[]) {
    this.plan = plan;
    this.#options = options;
    this.#before = before;
  }

  look(): void {
    if (this.#turns !== null || this.#isClosed) return;
    this.#turns = this.#work().finally(() => (this.#turns = null));
  }

  status(): OutletStatus {
    const missing = [...this.#missing].map(([list, { reason }]) => ({ list, reason }));
    return {
      name: this.plan.name,
      lists: this.#lists,
      missing,
      toldAt: this.#toldAt,
      failures: this.#failures,
      isFailing: this.#isFailing,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turns;
    try {
      await this.#outlet?.close();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #work(): Promise<void> {
    await Promise.all(this.#before);
    const outlet = this.#opened();
    if (outlet === null) return;
    const isTold = this.#told !== null || this.#toldPart !== null;
    if (isTold && outlet.stands !== undefined && !(await outlet.stands())) this.#told = this.#toldPart = null;
    while (!this.#isClosed && this.#key() !== this.#told) if (!(await this.#turn(outlet))) return;
  }

  #opened(): Outlet | null {
    try {
      this.#outlet ??= this.plan.open();
      this.#lists = this.#outlet.lists;
      return this.#outlet;
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  /** What is in force, in short; the same where nothing has changed. */
  #key(): string {
    const versions = this.#lists.map((list) => this.#options.names.versionOf(list));
    return JSON.stringify([this.#options.today(), ...versions]);
  }

  /** @returns false if it is to be tried again later. */
  async #turn(outlet: Outlet): Promise<boolean> {
    const key = this.#key();
    if (this.#toldPart === this.#partOf(key) && (await this.#areStillMissing())) return false;
    const names = await this.#gather();
    const isPart = this.#missing.size > 0;
    const part = isPart ? this.#partOf(key) : null;
    const tell = isPart ? this.#partTeller(outlet) : async (): Promise<void> => await outlet.update(names, false);
    if (this.#isClosed || tell === null || (isPart && part === this.#toldPart)) return false;
    try {
      await tell(names);
    } catch (error) {
      this.#failed(error);
      return false;
    }
    this.#toldPart = part;
    if (isPart) {
      this.#options.log.event('error', 'outlet.told_part', {
        outlet: this.plan.name,
        missing: this.#missing.size,
      });
      return false;
    }
    this.#told = key;
    this.#toldAt = this.#options.now();
    this.#isFailing = false;
    return true;
  }

  /** What is told where names are missing, in short. */
  #partOf(key: string): string {
    return JSON.stringify([key, [...this.#missing.keys()], this.#isAwaited()]);
  }

  /** One that is missing may still come. */
  #isAwaited(): boolean {
    const now = this.#options.now();
    return [...this.#missing.values()].some(({ since }) => now - since < WAIT_MS);
  }

  /** @returns how it is told without those that are missing; null: not now. */
  #partTeller(outlet: Outlet): ((names: readonly ListNames[]) => Promise<void>) | null {
    const isAwaited = this.#isAwaited();
    const takesPart = outlet.takesPart === true;
    // What it excepted before it knows, if it takes parts.
    const isKnown = takesPart && this.#told !== null;
    if (!isKnown && outlet.exceptions.some((list) => this.#missing.has(list)))
      return isAwaited || outlet.takeOut === undefined ? null : async (names) => await outlet.takeOut?.(names);
    return takesPart || !isAwaited ? async (names) => await outlet.update(names, isAwaited) : null;
  }

  async #areStillMissing(): Promise<boolean> {
    for (const list of this.#missing.keys()) if (typeof (await this.#namesOf(list)) !== 'string') return false;
    return true;
  }

  /** Names of its lists but for those that are missing. */
  async #gather(): Promise<readonly ListNames[]> {
    const missing = new Map<string, Missing>();
    const gathered: ListNames[] = [];
    for (const list of this.#lists) {
      const names = await this.#namesOf(list);
      if (typeof names !== 'string') {
        gathered.push(names);
        continue;
      }
      const before = this.#missing.get(list);
      missing.set(list, { reason: names, since: before?.since ?? this.#options.now() });
      if (names !== NOT_IN_FORCE && before?.reason !== names)
        this.#options.log.event('warn', 'outlet.names_missing', { outlet: this.plan.name, list, reason: names });
    }
    this.#missing = missing;
    return gathered;
  }

  /** @returns why there are none, in place of them. */
  async #namesOf(list: string): Promise<ListNames | string> {
    try {
      return (await this.#options.names.of(list)) ?? NOT_IN_FORCE;
    } catch (error) {
      return error instanceof ListError ? error.message : originOf(error);
    }
  }

  /** A message may hold a name. */
  #failed(error: unknown): void {
    this.#failures += 1;
    this.#isFailing = true;
    this.#options.log.event('error', 'outlet.failed', { outlet: this.plan.name, reason: originOf(error) });
  }
}
