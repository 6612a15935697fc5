/**
 * Tells one outlet (outlets/outlet.ts) what is in force, as soon as it is another state than the one it was told:
 *
 *   versions of its lists, day ─▶ others than told? ─▶ names of each list ─┬─ all there ─────────────────▶ outlet: update
 *                                                                          └─ some missing ─▶ stand-ins ─┴▶ outlet: update, takeOut
 *
 * Whatever comes while it works comes to one more turn. One that fails is told again. Where the names of a list cannot be had, those that were known
 * stand in for them, less what is not in force of the list any more: what was written stays while nothing says that it is removed. Where nothing is
 * known either, the outlet is told of the others after a while, so that removals from them do not come too late (ADR 0005). Without an
 * exception removals alone are told. It must not know what an outlet does.
 */
import { originOf } from '../lib/errors.ts';
import { ListError } from '../list/list-error.ts';
import type { ListNames } from '../list/names/list-names.ts';
import type { OutletStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { Outlet } from '../outlets/outlet.ts';

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
  /** Another one as soon as other entries of the list are in force, whether it has names or not; null: none are. */
  markOf(list: string): string | null;
  /** Those of the names that are in force of the list; null: it cannot be asked. @param today UTC days since 1970-01-01. */
  stillOf(known: ListNames, today: number): Promise<ListNames | null>;
}

export interface OutletFeedOptions {
  readonly log: Log;
  /** Milliseconds that do not jump. */
  readonly now: () => number;
  /** UTC days since 1970-01-01. */
  readonly today: () => number;
  readonly names: NamesGiven;
  /** By list, names as they were read last, for any outlet. */
  readonly known: Map<string, ListNames>;
}

/** Names of which nothing is known are waited for so long, and those of exceptions: a removal from another list must be in force everywhere after five minutes. */
const WAIT_MS = 180_000;
/** Of which the list itself tells. */
const NOT_IN_FORCE = 'the list is not in force yet';

interface Missing {
  readonly reason: string;
  /** Milliseconds that do not jump. */
  readonly since: number;
  /** Names that were known before stand in for them. */
  readonly isKnown: boolean;
  /** What was in force of the list when it was asked for these. */
  readonly mark: string | null;
}

export class OutletFeed {
  readonly plan: OutletPlan;
  readonly #options: OutletFeedOptions;
  readonly #before: readonly Promise<void>[];
  #outlet: Outlet | null = null;
  /** None before it is open. */
  lists: readonly string[] = [];
  /** The state that it was told last, as one text: as long as it is the same, nothing is told. */
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
  constructor(plan: OutletPlan, options: OutletFeedOptions, before: readonly Promise<void>[]) {
    this.plan = plan;
    this.#options = options;
    this.#before = before;
  }

  get isOpen(): boolean {
    return this.#outlet !== null;
  }

  look(): void {
    if (this.#turns !== null || this.#isClosed) return;
    this.#turns = this.#work().finally(() => (this.#turns = null));
  }

  status(): OutletStatus {
    const missing = [...this.#missing].map(([list, { reason }]) => ({ list, reason }));
    return {
      name: this.plan.name,
      lists: this.lists,
      missing,
      toldAt: this.#toldAt,
      failures: this.#failures,
      isFailing: this.#isFailing || this.#outlet?.isUntold === true,
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
      this.lists = this.#outlet.lists;
      return this.#outlet;
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  /** What is in force, in short; the same where nothing has changed. */
  #key(): string {
    const versions = this.lists.map((list) => this.#options.names.versionOf(list));
    return JSON.stringify([this.#options.today(), ...versions]);
  }

  /** @returns false if it is to be tried again later. */
  async #turn(outlet: Outlet): Promise<boolean> {
    const key = this.#key();
    const { names: given } = this.#options;
    if (this.#toldPart === this.#partOf(key, (list) => given.markOf(list)) && (await this.#areStillMissing()))
      return false;
    const names = await this.#gather();
    const isPart = this.#missing.size > 0;
    const part = isPart ? this.#partOf(key, (_, { mark }) => mark) : null;
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
      // At each start a list is not there for a moment: that is no fault before it has been waited for.
      if (!this.#isAwaited(this.#unknown)) this.#logPart(outlet);
      return false;
    }
    this.#told = key;
    this.#toldAt = this.#options.now();
    this.#isFailing = false;
    return true;
  }

  /** Which lists go on by what was known of them, and which do not, by their names. */
  #logPart(outlet: Outlet): void {
    const lists = (isKnown: boolean): string =>
      [...this.#missing].flatMap(([list, missing]) => (missing.isKnown === isKnown ? list : [])).join(' ');
    this.#options.log.event('error', 'outlet.told_part', {
      outlet: this.plan.name,
      missing: this.#missing.size,
      kept: lists(true),
      without: lists(false),
      told: this.#lacksException(outlet) ? 'removals' : 'all',
    });
  }

  /** What is told where names are missing, in short. */
  #partOf(key: string, markOf: (list: string, missing: Missing) => string | null): string {
    const missing = [...this.#missing].map(([list, each]) => [list, each.isKnown ? markOf(list, each) : null]);
    return JSON.stringify([key, missing, this.#isAwaited(this.#unknown)]);
  }

  get #unknown(): readonly Missing[] {
    return [...this.#missing.values()].filter(({ isKnown }) => !isKnown);
  }

  /** One of these may still come. */
  #isAwaited(missing: readonly Missing[]): boolean {
    const now = this.#options.now();
    return missing.some(({ since }) => now - since < WAIT_MS);
  }

  /** Nobody knows what is taken out. */
  #lacksException(outlet: Outlet): boolean {
    // What it excepted before it knows, if it takes parts.
    const isKnown = outlet.takesPart === true && this.#told !== null;
    return !isKnown && outlet.exceptions.some((list) => this.#missing.has(list));
  }

  /** @returns how it is told without those that are missing; null: not now. */
  #partTeller(outlet: Outlet): ((names: readonly ListNames[]) => Promise<void>) | null {
    if (this.#lacksException(outlet)) {
      const isEarly = this.#isAwaited([...this.#missing.values()]);
      return isEarly || outlet.takeOut === undefined ? null : async (names) => await outlet.takeOut?.(names);
    }
    const isAwaited = this.#isAwaited(this.#unknown);
    return outlet.takesPart === true || !isAwaited ? async (names) => await outlet.update(names, isAwaited) : null;
  }

  async #areStillMissing(): Promise<boolean> {
    for (const list of this.#missing.keys()) if (typeof (await this.#namesOf(list)) !== 'string') return false;
    return true;
  }

  /** Names of its lists; of those that are missing what is still in force of those that were known. */
  async #gather(): Promise<readonly ListNames[]> {
    const { names: given, known, now } = this.#options;
    const missing = new Map<string, Missing>();
    const gathered: ListNames[] = [];
    for (const list of this.lists) {
      const names = await this.#namesOf(list);
      if (typeof names !== 'string') {
        known.set(list, names);
        gathered.push(names);
        continue;
      }
      const before = this.#missing.get(list);
      const mark = given.markOf(list);
      const standIn = await this.#standInFor(list, mark);
      if (standIn !== null) gathered.push(standIn);
      missing.set(list, { reason: names, since: before?.since ?? now(), isKnown: standIn !== null, mark });
      if (names !== NOT_IN_FORCE && before?.reason !== names)
        this.#options.log.event('warn', 'outlet.names_missing', { outlet: this.plan.name, list, reason: names });
    }
    this.#missing = missing;
    return gathered;
  }

  /** Names that were known of the list, or that the outlet wrote before this start: as many as the list in force says that it has. */
  async #standInFor(list: string, mark: string | null): Promise<ListNames | null> {
    const { names, known, today } = this.#options;
    const before = known.get(list);
    // Where the list cannot be asked nothing says that one is removed.
    if (before !== undefined) return (await names.stillOf(before, today())) ?? before;
    if (mark === null || this.#outlet === null || this.#outlet.exceptions.includes(list)) return null;
    const bytes = (await this.#outlet.writtenNames?.()) ?? null;
    if (bytes === null) return null;
    // They are of all its lists: only the list itself can say which are its own.
    const written = { list, action: 'block', form: 'names', bytes, withdrawn: [], version: 'as written' } as const;
    return await names.stillOf(written, today());
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
