/**
 * Keeps every list up to date: carries out what the lives of the lists ask for (update-cycle.ts, list-life.ts), and tells them what came
 * of it.
 *
 *   source ──▶ read ──▶ run.ts: judged, the gate, built ──▶ publish() ──▶ in force
 *
 * It must decide nothing: what follows from what is said there. What it takes of the memory of the lists it gives back: a candidate's
 * when it has not become good, a good list's when another is.
 */
import type { ListConfig } from '../config/list-types.ts';
import { DEADLINES } from '../lib/deadlines.ts';
import { toldElsewhere } from '../lib/errors.ts';
import { throttledYield, yieldToEventLoop } from '../lib/pauses.ts';
import { clockShift } from '../lib/steady-clock.ts';
import type { Rest } from '../lib/steps.ts';
import { systemTime, type Timer } from '../lib/time.ts';
import { prepareChange, withdrawFromNew } from './change.ts';
import type { ChangeOptions, ListChange } from './change.ts';
import { decide } from './decision.ts';
import type { Decision } from './decision.ts';
import { utcDay } from './text/compile.ts';
import type { MarkedAddress } from './text/test-address.ts';
import type { ListEffect, ListEvent } from './list-events.ts';
import { type ListError, listError } from './list-error.ts';
import { giveBack } from './list-memory.ts';
import { comparedWith, ListSlot } from './list-slot.ts';
import { goodOf } from './list-state.ts';
import type { ListDetails } from './list-state.ts';
import { detailsIn, missingIn, presentLists, testAddressesIn } from './present-lists.ts';
import type { PresentList } from './present-lists.ts';
import { NamesInForce } from './names/names-in-force.ts';
import { Publications } from './publications.ts';
import { ListRun, publishOrDiscard } from './run.ts';
import type { Publish } from './run.ts';
import { RunTurn } from './run-turn.ts';
import { inTime, StallWatch, UNENDED } from './stall-watch.ts';
import type { ListUpdaterOptions } from './updater-options.ts';
import { bringsNames, newUpdates, updateStep } from './update-cycle.ts';
import type { ListId, UpdateEffect, UpdateEvent, UpdateState } from './update-cycle.ts';

/** Changes that were given up and have not ended: each holds memory, and a thread that compiles or, of the four there are, one that reads. */
const MAX_UNENDED = 2;

export class ListUpdater {
  readonly #options: ListUpdaterOptions & Pick<ChangeOptions, 'today'>;
  #lastId: ListId = 0;
  #slots: readonly ListSlot[];
  #state: UpdateState;
  readonly #turn: RunTurn;
  #gather: Timer | null = null;
  readonly #publications: Publications;
  /** What can be said of hosts by name, of the lists in force. */
  readonly names = new NamesInForce(() => this.#present());
  readonly #settled: (() => void)[] = [];
  readonly #stalls: StallWatch;
  #changeMayBegin: (() => void) | null = null;
  #unended = 0;
  readonly #closed = new AbortController();

  constructor(lists: readonly ListConfig[], options: ListUpdaterOptions) {
    const closed = this.#closed.signal;
    this.#options = { today: () => utcDay(options.now() + clockShift()), ...options, closed };
    this.#slots = lists.map((config) => this.#newSlot(config));
    this.#state = newUpdates(this.#slots.map(({ id }) => id));
    this.#publications = new Publications({
      ...options,
      frame: () => ({ today: this.#options.today(), rest: this.#rest }),
      stateOf: (slot) => this.#state.lists.find(({ id }) => id === slot.id)?.state ?? null,
      inForce: () => this.#turn.imagesInForce(),
      dispatch: async (event) => await this.#dispatch(event),
    });
    this.#turn = new RunTurn({
      publish: options.publish,
      publications: this.#publications,
      frame: () => ({ today: this.#options.today(), rest: this.#rest }),
      present: () => this.#present(),
      isClosed: () => this.#state.isClosed,
      dispatch: async (event) => await this.#dispatch(event),
      published: async (generation) => await this.#publishedAs(generation, this.#state.generation === 0),
      run: new ListRun(this.#options),
    });
    this.#stalls = new StallWatch({
      ...options,
      afterMs: () => this.#stallMs,
      lists: () => this.#state.lists,
      stalled: (id, error) => void this.#stalled(id, error).catch(options.onFault),
    });
  }

  /** Reads every list and watches it from now on; resolves when all have been tried once, whatever came of it. */
  async start(): Promise<void> {
    this.#stalls.start();
    const settled = this.reload();
    for (const slot of this.#slots) this.#watch(slot);
    await settled;
  }

  /** Reads every list again; resolves when nothing is left to do. */
  async reload(): Promise<void> {
    if (!this.#state.isClosed) await this.#settledAfter({ on: 'asked' });
  }

  /**
   * Carries out what an operator has decided about the versions of a list; resolves when nothing is left to do.
   * @returns what has become of the list; null if there is no list of that name.
   * @throws ListError that says what to do instead; then nothing has changed.
   */
  async decide(name: string, decision: Decision): Promise<ListDetails | null> {
    const present = this.#present().find(({ slot }) => slot.config.name === name);
    if (present === undefined || this.#state.isClosed) return null;
    const { slot, state } = present;
    await decide({ name, source: slot.source, state }, decision, this.#options.log);
    await this.#settledAfter({ on: 'list', id: slot.id, event: { on: 'changed' } });
    return this.lists().find((list) => list.name === name) ?? null;
  }

  /**
   * Takes these lists in place of the present ones, all or nothing: what is new is read, all are judged, and `publish`
   * brings them into force. One change at a time.
   * @throws ListError; then everything is as it was.
   */
  async change(lists: readonly ListConfig[], publish: Publish): Promise<void> {
    if (this.#changeMayBegin !== null) throw listError('internal', 'another change of the lists has not ended');
    if (this.#unended >= MAX_UNENDED) throw listError('timeout', UNENDED);
    const mayBegin = Promise.withResolvers<void>();
    this.#changeMayBegin = mayBegin.resolve;
    try {
      await this.#dispatch({ on: 'change asked' });
      const ms = this.#stallMs;
      await inTime(mayBegin.promise, {
        ...this.#options,
        ms,
        what: 'the lists in force are still being compiled',
        late: () => {},
      });
      const options = { ...this.#options, newSlot: (config: ListConfig) => this.#newSlot(config) };
      const preparing = prepareChange(this.#present(), lists, options);
      this.#unended += 1;
      void toldElsewhere(preparing).then(() => (this.#unended -= 1));
      const what = 'the lists of the new configuration are not ready';
      const change = await inTime(preparing, { ...this.#options, ms, what, late: (change) => change.discard() });
      await this.#publications.alone(async () => {
        const lessened = await withdrawFromNew(change, this.#rest);
        await this.#adopt(change, await publishOrDiscard(change, publish));
        for (const slot of lessened) await this.#publications.tellLess(slot);
      });
    } finally {
      this.#changeMayBegin = null;
      await this.#dispatch({ on: 'change ended' });
    }
  }

  lists(): readonly ListDetails[] {
    return detailsIn(this.#present(), this.#options.today());
  }

  /** As URLs; empty if the list is not in force, or has none that can be read. */
  testAddresses(name: string): readonly MarkedAddress[] {
    return testAddressesIn(this.#present(), name);
  }

  /** Why not every list is in force, in words; empty: all are. */
  missing(): readonly string[] {
    return missingIn(this.#present());
  }

  /** Stops watching and retrying; a run under way, and a change, comes to nothing. */
  close(): void {
    this.#closed.abort();
    this.#stalls.stop();
    void this.#dispatch({ on: 'closed' });
  }

  async #settledAfter(event: UpdateEvent): Promise<void> {
    const settled = new Promise<void>((resolve) => this.#settled.push(resolve));
    await this.#dispatch(event);
    await settled;
    // What a source has withdrawn meanwhile is a part of it.
    await this.#publications.done();
  }

  get #stallMs(): number {
    const { stallMs, deadlines = DEADLINES.list } = this.#options;
    return stallMs?.() ?? deadlines.stallMs;
  }

  /** Whoever waits for all lists would wait for ever. */
  async #stalled(id: ListId, error: ListError): Promise<void> {
    await this.#tell(id, { on: 'stalled', error });
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  #newSlot(config: ListConfig): ListSlot {
    this.#lastId += 1;
    return new ListSlot(this.#lastId, config, this.#options);
  }

  /** Of each list both sides, in the order of the configuration. */
  #present(): readonly PresentList[] {
    return presentLists(this.#state, this.#slots);
  }

  get #rest(): Rest {
    return this.#state.generation > 0 ? throttledYield : yieldToEventLoop;
  }

  #watch(slot: ListSlot): void {
    slot.watch((event) => this.#tell(slot.id, event), {
      withdrawn: () => void this.#publications.withdraw(slot).catch(this.#options.onFault),
      named: () => this.#options.named?.(),
    });
  }

  async #tell(id: ListId, event: ListEvent): Promise<void> {
    await this.#dispatch({ on: 'list', id, event });
  }

  /**
   * It resolves when every effect has been carried out; what is only begun tells its end by an event. An effect that throws does not keep
   * the others from being carried out.
   * @throws the first that an effect threw.
   */
  async #dispatch(event: UpdateEvent): Promise<void> {
    const [state, effects] = updateStep(this.#state, event);
    const slots = this.#slots;
    this.#state = state;
    const thrown: unknown[] = [];
    for (const effect of effects) {
      try {
        const done = this.#carryOut(effect, slots);
        // Whatever needs no time is done before anybody else has a turn.
        if (done !== null) await done;
      } catch (error) {
        thrown.push(error);
      }
    }
    if (bringsNames(event)) this.#options.named?.();
    if (thrown.length > 0) throw thrown[0];
  }

  #carryOut(effect: UpdateEffect, slots: readonly ListSlot[]): Promise<void> | null {
    switch (effect.do) {
      case 'list':
        return this.#carryOutFor(effect.id, effect.effect, slots);
      case 'gather':
        this.#gather = this.#afterGathering(() => void this.#dispatch({ on: 'gathered' }));
        return null;
      case 'stop gathering':
        this.#gather?.cancel();
        this.#gather = null;
        return null;
      case 'run':
        void this.#judgeAndPublish().catch(this.#options.onFault);
        return null;
      case 'begin change':
        this.#changeMayBegin?.();
        return null;
      case 'settled':
        for (const resolve of this.#settled.splice(0)) resolve();
        return null;
    }
  }

  #afterGathering(action: () => void): Timer {
    const { time = systemTime, deadlines = DEADLINES.list } = this.#options;
    return time.after(deadlines.gatherMs, action).unref();
  }

  #carryOutFor(id: ListId, effect: ListEffect, slots: readonly ListSlot[]): Promise<void> | null {
    const { memory } = this.#options;
    // Memory comes back from lists that are gone too.
    if (effect.do === 'discard') giveBack(effect.bytes, memory);
    else if (effect.do === 'release') memory.release(effect.bytes);
    else if (effect.do === 'read') void this.#read(id);
    else return slots.find((slot) => slot.id === id)?.carryOut(effect, (event) => this.#tell(id, event)) ?? null;
    return null;
  }

  async #read(id: ListId): Promise<void> {
    const present = this.#present().find(({ slot }) => slot.id === id);
    if (present === undefined) return;
    const { memory } = this.#options;
    await this.#tell(id, await present.slot.read({ memory, rest: this.#rest, ...comparedWith(goodOf(present.state)) }));
  }

  async #judgeAndPublish(): Promise<void> {
    try {
      await this.#turn.take();
    } finally {
      await this.#dispatch({ on: 'run ended' });
    }
  }

  /** @param isFirst of these lists together. */
  async #publishedAs(generation: number | null, isFirst: boolean): Promise<void> {
    await this.#dispatch({ on: 'published', generation, at: this.#options.now() });
    if (isFirst && generation !== null) this.#options.complete?.(this.#slots.map(({ config }) => config));
  }

  /** The change is in force: its lists take the place of the present ones, and enter it as after any run. */
  async #adopt({ lists, run, outcome }: ListChange, generation: number | null): Promise<void> {
    const fresh = lists.filter(({ isNew }) => isNew);
    this.#turn.replace(run, outcome);
    this.#slots = [...this.#slots, ...fresh.map(({ slot }) => slot)];
    await this.#dispatch({ on: 'replaced', lists: lists.map(({ slot, state }) => ({ id: slot.id, state })) });
    for (const { slot, config } of lists) slot.config = config;
    this.#slots = lists.map(({ slot }) => slot);
    // By other rules what was refused may be good.
    for (const { slot, state } of this.#present()) if (state.trouble?.isRefused === true) slot.source.forget();
    await this.#publishedAs(generation, true);
    if (!this.#state.isClosed) for (const { slot } of fresh) this.#watch(slot);
  }
}
