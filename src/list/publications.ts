/**
 * Whatever is published of the lists, one publication at a time; and what is withdrawn from a list in force, whatever else is under way:
 *
 *   a run, another configuration ─▶ less what was withdrawn meanwhile ─┐
 *   source: something is withdrawn ─▶ flags in the list in force ──────┴▶ one publication after the other
 *
 * A removal waits for no list that is read, made or judged: it changes what is in force where it lies, and the same images are published once
 * more, so that no worker goes on by what it has found before (ADR 0017). It must not decide what else is published.
 */
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { CleanfeedError, toldElsewhere } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { reasonOf } from './list-error.ts';
import type { ListSlot } from './list-slot.ts';
import { candidateOf, goodOf, NEW_LIST } from './list-state.ts';
import type { ListState } from './list-state.ts';
import { logFailed } from './log-list.ts';
import type { Publish } from './run.ts';
import type { UpdateEvent } from './update-cycle.ts';
import { contentsOf } from './staged-list.ts';
import { verdictAlone } from './verdict-alone.ts';
import type { JudgeFrame } from './verdict-alone.ts';

export interface PublicationsOptions {
  readonly publish: Publish;
  readonly log: Parameters<typeof logFailed>[0];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly frame: () => JudgeFrame;
  /** Null: it is no longer a list of ours. */
  readonly stateOf: (slot: ListSlot) => ListState | null;
  /** What is in force; null: nothing is yet. */
  readonly inForce: () => readonly SegmentImage[] | null;
  readonly dispatch: (event: UpdateEvent) => Promise<void>;
  readonly onFault?: (error: unknown) => void;
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['list'], 'publishRetryMs'>;
}

export class Publications {
  readonly #options: PublicationsOptions;
  #last: Promise<unknown> = Promise.resolve();
  /** Something was withdrawn in place, and not published yet. */
  readonly #owed = new Set<ListSlot>();
  /** Of those the ones with a timer for it. */
  readonly #retrying = new Set<ListSlot>();

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** Nothing else is published meanwhile. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = toldElsewhere(done);
    return await done;
  }

  /** All that was begun by now has ended. */
  async done(): Promise<void> {
    await this.#last;
  }

  /** Before what is on its way is published: it may have been made before something was withdrawn. */
  async withdrawFromNext(slot: ListSlot): Promise<void> {
    const next = candidateOf(this.#options.stateOf(slot) ?? NEW_LIST)?.bytes ?? null;
    if (next === null || !(await slot.source.withdraw(next, this.#options.frame().rest))) return;
    await this.#tell(slot, next);
  }

  /** From what is in force; resolves when it is in force in every worker, or is to be tried again. */
  async withdraw(slot: ListSlot): Promise<void> {
    await this.alone(async () => {
      const good = goodOf(this.#options.stateOf(slot) ?? NEW_LIST);
      if (good === null) return void this.#owed.delete(slot);
      if (await slot.source.withdraw(good.bytes, this.#options.frame().rest)) this.#owed.add(slot);
      if (this.#owed.has(slot)) await this.#publishAgain(slot, good.bytes);
    });
  }

  async #publishAgain(slot: ListSlot, bytes: Uint8Array): Promise<void> {
    const { inForce, publish, dispatch, now } = this.#options;
    try {
      const images = inForce();
      const generation = images === null ? null : await publish(images);
      this.#owed.delete(slot);
      try {
        await this.#tell(slot, bytes);
      } finally {
        // It is in force, whether its figures are known or not.
        if (generation !== null) await dispatch({ on: 'republished', id: slot.id, generation, at: now() });
      }
    } catch (error) {
      const isOwed = this.#owed.has(slot);
      // Before whatever else may fail: nobody else would try again before something more is withdrawn.
      if (isOwed) this.#tryAgainLater(slot);
      if (!(error instanceof CleanfeedError && error.side === 'list')) throw error;
      const { message: reason } = error;
      logFailed(this.#options.log, slot.config, {
        do: 'log failed',
        code: reasonOf(error),
        reason,
        servingLastGood: true,
      });
      // It is marked in place, and the next version is compared with what is left.
      if (isOwed) await this.#tell(slot, bytes);
    }
  }

  #tryAgainLater(slot: ListSlot): void {
    if (this.#retrying.has(slot)) return;
    this.#retrying.add(slot);
    const tryAgain = (): void => {
      this.#retrying.delete(slot);
      void this.withdraw(slot).catch(this.#options.onFault);
    };
    const { time = systemTime, deadlines = DEADLINES.list } = this.#options;
    time.after(deadlines.publishRetryMs, tryAgain).unref();
  }

  /** Of a list in force, from which something was withdrawn just before it came into force. */
  async tellLess(slot: ListSlot): Promise<void> {
    const good = goodOf(this.#options.stateOf(slot) ?? NEW_LIST);
    if (good !== null) await this.#tell(slot, good.bytes);
  }

  async #tell(slot: ListSlot, bytes: Uint8Array): Promise<void> {
    const frame = this.#options.frame();
    const verdict = await verdictAlone({ bytes, gate: 'accepted', before: null }, slot.config, frame);
    const { stats } = contentsOf(verdict);
    await this.#options.dispatch({
      on: 'list',
      id: slot.id,
      event: { on: 'withdrawn', bytes, stats, today: frame.today },
    });
  }
}
