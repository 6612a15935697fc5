/**
 * Keeps every list up to date: reads sources, has candidates judged and built, hands the images on, remembers what is good.
 *
 *   source ──changed──▶ read ──candidate──▶ run.ts ──images──▶ publish() ──▶ in force
 *                         └─ fails: retry with back-off └─ refused: the last good list stays, metric and log say so
 *
 * One run at a time, over all candidates there are. A failure must never touch what is in force: a list becomes `good`
 * only after its generation is served (or, before the first generation, waits for the other lists). What it takes of the
 * memory of the lists it gives back: a candidate's when it has not become good, a good list's when another is.
 */
import { ListError } from '../lib/errors.ts';
import { longRest, shortRest } from '../lib/rest.ts';
import { clockShift } from '../lib/steady-clock.ts';
import type { Rest } from '../lib/steps.ts';
import type { SegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { REJECTED_REASONS } from '../observe/control-view.ts';
import type { RejectedReason } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { ListConfig } from '../config/types.ts';
import { utcDay } from './text/compile.ts';
import type { Judged } from './judged-list.ts';
import { dismiss, prepareChange } from './change.ts';
import type { ListChange } from './change.ts';
import { logFailed, logLines, logLoaded } from './log-list.ts';
import { ListRun } from './run.ts';
import type { RunOutcome } from './run.ts';
import { giveBack } from './list-memory.ts';
import type { ListMemory } from './list-memory.ts';
import { candidateFrom, ListSlot } from './list-slot.ts';
import type { Candidate, GoodList, ListDetails } from './list-slot.ts';
import type { ListSourceReader } from './source/source.ts';

export interface ListUpdaterOptions {
  readonly keys: SegmentKeys;
  readonly memory: ListMemory;
  readonly log: Log;
  readonly source: (config: ListConfig) => ListSourceReader;
  /** Brings the images into force in every worker; gives their generation. Throws where they are not in force. */
  readonly publish: (images: readonly SegmentImage[]) => Promise<number>;
  /** Of lib/steady-clock.ts. */
  readonly now: () => number;
}

/** Candidates of sources that answer within this time of each other share one run. */
const GATHER_MS = 250;
/** Codes of faults that a list may have come by on its way here. */
const DAMAGE: ReadonlySet<string> = new Set<RejectedReason>(['truncated', 'corrupt']);

export class ListUpdater {
  readonly #options: ListUpdaterOptions;
  #slots: readonly ListSlot[];
  #lists: ListRun;
  #run: Promise<void> | null = null;
  #gather: NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];
  #hasPublished = false;
  /** Other lists are being taken over: nothing else may be brought into force meanwhile. */
  #isChanging = false;
  #closed = false;

  constructor(lists: readonly ListConfig[], options: ListUpdaterOptions) {
    this.#options = options;
    this.#slots = lists.map((config) => new ListSlot(config, options.source(config)));
    this.#lists = new ListRun(options.keys, options.memory);
  }

  /** Reads every list and watches it from now on; resolves when all have been tried once, whatever came of it. */
  async start(): Promise<void> {
    const settled = this.reload();
    for (const slot of this.#slots) this.#watch(slot);
    await settled;
  }

  /** Reads every list again; resolves when nothing is left to do. */
  async reload(): Promise<void> {
    if (this.#closed) return;
    for (const slot of this.#slots) this.#refresh(slot);
    const settled = new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#proceed();
    await settled;
  }

  /**
   * Takes these lists in place of the present ones, all or nothing: what is new is read, all are judged, and `publish`
   * brings them into force. Throws ListError; then everything is as it was.
   */
  async change(lists: readonly ListConfig[], publish: ListUpdaterOptions['publish']): Promise<void> {
    this.#isChanging = true;
    try {
      await this.#run;
      const change = await prepareChange(this.#slots, lists, this.#options);
      try {
        await this.#takeOver(change, await publish(change.images));
      } catch (error) {
        change.discard();
        throw error;
      }
    } finally {
      this.#isChanging = false;
      this.#proceed();
    }
  }

  lists(): readonly ListDetails[] {
    return this.#slots.map((slot) => slot.details());
  }

  /** Why not every list is in force, in words; empty: all are. */
  missing(): readonly string[] {
    return this.#slots
      .filter((slot) => slot.good === null)
      .map((slot) => `list ${slot.config.name}: ${slot.lastError ?? 'being loaded'}`);
  }

  /** Stops watching and retrying; a run under way ends by itself and changes nothing any more. */
  close(): void {
    this.#closed = true;
    if (this.#gather !== null) clearTimeout(this.#gather);
    for (const slot of this.#slots) slot.close();
    this.#releaseIdle();
  }

  /** Between two steps of work. */
  get #rest(): Rest {
    return this.#hasPublished ? longRest : shortRest;
  }

  #watch(slot: ListSlot): void {
    slot.source.watch({ changed: () => this.#refresh(slot), current: () => noteCurrent(slot, this.#options.now()) });
  }

  async #takeOver({ slots, run, outcome, candidates }: ListChange, generation: number): Promise<void> {
    const before = this.#slots;
    this.#slots = slots.map(({ slot }) => slot);
    this.#lists.close();
    this.#lists = run;
    run.confirm(outcome);
    this.#hasPublished = true;
    for (const slot of before) if (!this.#slots.includes(slot)) dismiss(slot, this.#options.memory);
    for (const [i, { slot, config, isNew }] of slots.entries()) {
      slot.config = config;
      if (isNew) await this.#accept(slot, outcome.lists[i]!.good!, candidates[i]!);
      if (isNew) this.#conclude(slot);
      if (slot.isInForce) continue;
      slot.enterForce(generation, this.#options.now());
      logLoaded(this.#options.log, slot, generation);
      if (isNew && !this.#closed) this.#watch(slot);
    }
  }

  #refresh(slot: ListSlot): void {
    if (this.#closed || slot.isClosed) return;
    if (slot.isReading || slot.candidate !== null) {
      slot.readAgain = true;
      return;
    }
    slot.isReading = true;
    slot.readAgain = false;
    if (slot.retry !== null) clearTimeout(slot.retry);
    slot.retry = null;
    void this.#read(slot);
  }

  async #read(slot: ListSlot): Promise<void> {
    try {
      const read = await slot.source.read({
        memory: this.#options.memory,
        rest: this.#rest,
        inForce: slot.good?.bytes ?? null,
      });
      const now = this.#options.now();
      const candidate = candidateFrom(read, now);
      if (candidate !== null) this.#offer(slot, candidate);
      else if (read.kind === 'unchanged' && slot.isRefused) slot.stayRefused();
      else {
        slot.settle('unchanged', now);
        if (slot.source.keeps && slot.good !== null && !slot.isKept) await this.#keep(slot, slot.good);
      }
    } catch (error) {
      this.#fail(slot, 'failed', error);
    } finally {
      slot.isReading = false;
    }
    if (slot.readAgain) this.#refresh(slot);
    this.#proceed();
  }

  #offer(slot: ListSlot, candidate: Candidate): void {
    if (slot.isClosed) {
      giveBack(candidate.bytes, this.#options.memory);
    } else {
      slot.candidate = candidate;
    }
  }

  /** The candidate has become the good list, or comes to nothing. */
  #conclude(slot: ListSlot): void {
    if (slot.candidate !== null && slot.candidate.bytes !== slot.good?.bytes)
      giveBack(slot.candidate.bytes, this.#options.memory);
    slot.candidate = null;
    if (slot.readAgain) this.#refresh(slot);
  }

  /** Starts a run if there is something to judge and nothing else to wait for. */
  #proceed(): void {
    if (this.#closed || this.#isChanging || this.#run !== null) return;
    const isReading = this.#slots.some((slot) => slot.isReading);
    const isWaiting =
      this.#slots.some((slot) => slot.candidate !== null) || (this.#slots.length === 0 && !this.#hasPublished);
    if (!isWaiting) {
      if (!isReading) this.#releaseIdle();
    } else if (!isReading) {
      this.#startRun();
    } else {
      this.#gather ??= setTimeout(() => this.#startRun(), GATHER_MS).unref();
    }
  }

  #startRun(): void {
    if (this.#gather !== null) clearTimeout(this.#gather);
    this.#gather = null;
    if (this.#closed || this.#isChanging || this.#run !== null) return;
    this.#run = this.#judge().finally(() => {
      this.#run = null;
      this.#proceed();
    });
  }

  async #judge(): Promise<void> {
    // Others may come meanwhile; they are for the next run.
    const candidates = this.#slots.map(({ candidate }) => candidate);
    try {
      const inputs = this.#slots.map(({ config, good }, i) => ({
        config,
        candidate: candidates[i]?.bytes ?? null,
        good,
      }));
      const outcome = await this.#lists.judge(inputs, utcDay(this.#options.now() + clockShift()), this.#rest);
      if (!this.#closed) await this.#adopt(candidates, outcome);
    } catch (error) {
      for (const [i, slot] of this.#slots.entries()) {
        if (candidates[i] === null) continue;
        slot.source.forget();
        this.#fail(slot, 'failed', error);
      }
    }
    for (const [i, slot] of this.#slots.entries()) if (candidates[i] !== null) this.#conclude(slot);
  }

  async #adopt(candidates: readonly (Candidate | null)[], outcome: RunOutcome): Promise<void> {
    const { lists, images } = outcome;
    for (const [i, slot] of this.#slots.entries()) this.#report(slot, lists[i] ?? null);
    const generation = images === null ? 0 : await this.#publish(images, outcome);
    this.#lists.confirm(outcome);
    if (images !== null) this.#hasPublished = true;
    for (const [i, slot] of this.#slots.entries()) {
      const good = lists[i]?.good ?? null;
      if (good !== null) await this.#accept(slot, good, candidates[i]!);
      if (generation !== 0 && (good !== null || !slot.isInForce)) {
        slot.enterForce(generation, this.#options.now());
        logLoaded(this.#options.log, slot, generation);
      }
    }
  }

  async #publish(images: readonly SegmentImage[], outcome: RunOutcome): Promise<number> {
    try {
      return await this.#options.publish(images);
    } catch (error) {
      this.#lists.discard(outcome);
      throw error;
    }
  }

  /** What the judgement of a candidate has to say, before it is known whether what is good gets into force. */
  #report(slot: ListSlot, judged: Judged | null): void {
    if (judged === null) return;
    if (judged.text !== null) logLines(this.#options.log, slot, judged.text);
    if (judged.fault === null) return;
    slot.fail('rejected', reasonOf(judged.fault), judged.fault.message);
    // What happened to it on its way may not happen again, and the source would only say that it has not changed.
    if (DAMAGE.has(judged.fault.code)) slot.source.forget();
    // Bad lines have been logged one by one.
    if (judged.text === null) logFailed(this.#options.log, slot, judged.fault.code);
  }

  async #accept(slot: ListSlot, good: GoodList, candidate: Candidate): Promise<void> {
    if (slot.good !== null) this.#options.memory.release(slot.good.bytes);
    slot.good = good;
    slot.settle('updated', candidate.currentAt, candidate.sourceFault);
    if (candidate.sourceFault !== null) {
      // It was read from the copy.
      slot.isKept = true;
      logFailed(this.#options.log, slot, 'cached_copy');
      this.#retryLater(slot);
      return;
    }
    await this.#keep(slot, good);
  }

  /** What cannot be kept is tried again whenever the source is found unchanged. */
  async #keep(slot: ListSlot, { bytes }: GoodList): Promise<void> {
    const warning = await slot.source.accepted(bytes);
    slot.isKept = warning === null;
    if (warning !== null)
      this.#options.log.event('warn', 'list.cache_failed', { list: slot.config.name, reason: warning });
  }

  #fail(slot: ListSlot, result: 'rejected' | 'failed', error: unknown): void {
    if (this.#closed || slot.isClosed) return;
    const reason = reasonOf(error);
    slot.fail(result, reason, error instanceof ListError ? error.message : String(error));
    logFailed(this.#options.log, slot, reason);
    this.#retryLater(slot);
  }

  #retryLater(slot: ListSlot): void {
    if (slot.retry !== null) clearTimeout(slot.retry);
    slot.retry = setTimeout(() => this.#refresh(slot), slot.retryDelay()).unref();
  }

  #releaseIdle(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}

function noteCurrent(slot: ListSlot, now: number): void {
  if (slot.lastError === null && slot.good !== null) slot.currentAt = now;
}

function reasonOf(error: unknown): RejectedReason {
  const code = error instanceof ListError ? error.code : 'internal';
  return REJECTED_REASONS.find((reason) => reason === code) ?? 'internal';
}
