/**
 * Keeps every list up to date: reads sources, has candidates judged and built, hands the image on, remembers what is good.
 *
 *   source ──changed──▶ read ──candidate──▶ compile run (own thread) ──image──▶ publish() ──▶ in force
 *                         └─ fails: retry with back-off      └─ refused: the last good text stays, metric and log say so
 *
 * One compile run at a time, over all candidates there are. A failure must never touch what is in force: text becomes
 * `good` only after its generation is served (or, before the first generation, waits for the other lists).
 */
import { ListError } from '../lib/errors.ts';
import type { SegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { REJECTED_REASONS } from '../observe/control-view.ts';
import type { RejectedReason } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { ListConfig } from '../config/types.ts';
import { runCompileJob } from './compile-job.ts';
import type { CompileOutcome } from './compile-job.ts';
import { utcDay } from './compile.ts';
import type { CompiledList } from './compile.ts';
import { logBadLines, logFailed, logLoaded, MAX_NAMED_FAULTS } from './list-log.ts';
import { ListSlot } from './list-slot.ts';
import type { Candidate, GoodText, ListDetails } from './list-slot.ts';
import type { ListSourceReader } from './source.ts';

export interface ListManagerOptions {
  readonly keys: SegmentKeys;
  readonly log: Log;
  readonly source: (config: ListConfig) => ListSourceReader;
  /** Brings the image into force in every worker; gives its generation. Throws where it is not in force. */
  readonly publish: (image: SegmentImage) => Promise<number>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Candidates of sources that answer within this time of each other share one compile run. */
const GATHER_MS = 250;

export class ListManager {
  readonly #options: ListManagerOptions;
  readonly #slots: readonly ListSlot[];
  #run: Promise<void> | null = null;
  #gather: NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];
  #hasPublished = false;
  #closed = false;

  constructor(lists: readonly ListConfig[], options: ListManagerOptions) {
    this.#options = options;
    this.#slots = lists.map((config) => new ListSlot(config, options.source(config)));
  }

  /** Reads every list and watches it from now on; resolves when all have been tried once, whatever came of it. */
  async start(): Promise<void> {
    const settled = this.reload();
    for (const slot of this.#slots) slot.source.watch({ changed: () => this.#refresh(slot), current: () => noteCurrent(slot, this.#options.now()) });
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

  lists(): readonly ListDetails[] {
    return this.#slots.map((slot) => slot.details());
  }

  /** Why not every list is in force, in words; empty: all are. */
  missing(): readonly string[] {
    return this.#slots.filter((slot) => slot.good === null).map((slot) => `list ${slot.config.name}: ${slot.lastFault ?? 'being loaded'}`);
  }

  /** Stops watching and retrying; a run under way ends by itself and changes nothing any more. */
  close(): void {
    this.#closed = true;
    if (this.#gather !== null) clearTimeout(this.#gather);
    for (const slot of this.#slots) slot.close();
    this.#releaseIdle();
  }

  #refresh(slot: ListSlot): void {
    if (this.#closed) return;
    if (slot.isReading) {
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
      const read = await slot.source.read();
      const now = this.#options.now();
      if (read.kind === 'unchanged') this.#keep(slot, now);
      else if (read.kind === 'kept') this.#offer(slot, { bytes: read.bytes, currentAt: read.currentAt, sourceFault: read.fault.message });
      else this.#offer(slot, { bytes: read.bytes, currentAt: now, sourceFault: null });
    } catch (error) {
      this.#fail(slot, 'failed', error);
    }
    slot.isReading = false;
    if (slot.readAgain) this.#refresh(slot);
    this.#proceed();
  }

  #keep(slot: ListSlot, now: number): void {
    if (slot.isRefused) slot.stayRefused();
    else slot.settle('unchanged', now);
  }

  /** Nothing to compile where the text is the one in force. */
  #offer(slot: ListSlot, candidate: Candidate): void {
    if (slot.good !== null && Buffer.compare(slot.good.bytes, candidate.bytes) === 0) {
      slot.settle('unchanged', candidate.currentAt, candidate.sourceFault);
    } else if (slot.good !== null && slot.good.stats.entries > 0 && candidate.bytes.length === 0) {
      // What a writer leaves behind who truncates first and writes later.
      this.#fail(slot, 'rejected', new ListError('truncated', 'the list has become empty (0 bytes); a list without entries needs at least a comment'));
    } else {
      slot.candidate = candidate;
    }
  }

  /** Starts a compile run if there is something to compile and nothing else to wait for. */
  #proceed(): void {
    if (this.#closed || this.#run !== null) return;
    const isReading = this.#slots.some((slot) => slot.isReading);
    const isWaiting = this.#slots.some((slot) => slot.candidate !== null) || (this.#slots.length === 0 && !this.#hasPublished);
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
    if (this.#closed || this.#run !== null) return;
    this.#run = this.#compile().finally(() => {
      this.#run = null;
      this.#proceed();
    });
  }

  async #compile(): Promise<void> {
    const candidates = this.#slots.map((slot) => {
      const { candidate } = slot;
      slot.candidate = null;
      return candidate;
    });
    try {
      const outcome = await runCompileJob({
        lists: this.#slots.map((slot, i) => ({
          action: slot.config.action,
          maxBadShare: slot.config.maxBadShare,
          candidate: candidates[i]?.bytes ?? null,
          lastGood: slot.good?.bytes ?? null,
        })),
        keys: this.#options.keys,
        today: utcDay(this.#options.now()),
        maxFaults: MAX_NAMED_FAULTS,
      });
      if (!this.#closed) await this.#adopt(candidates, outcome);
    } catch (error) {
      for (const [i, slot] of this.#slots.entries()) if (candidates[i] !== null) this.#fail(slot, 'failed', error);
    }
  }

  async #adopt(candidates: readonly (Candidate | null)[], { lists, image }: CompileOutcome): Promise<void> {
    const next: (GoodText | null)[] = this.#slots.map((slot, i) => this.#judged(slot, candidates[i] ?? null, lists[i] ?? null));
    const generation = image === null ? 0 : await this.#options.publish(image);
    if (image !== null) this.#hasPublished = true;
    for (const [i, slot] of this.#slots.entries()) {
      const good = next[i] ?? null;
      if (good !== null) await this.#accept(slot, good, candidates[i]!);
      if (generation !== 0 && (good !== null || !slot.isInForce)) {
        slot.enterForce(generation, this.#options.now());
        logLoaded(this.#options.log, slot, generation);
      }
    }
  }

  #judged(slot: ListSlot, candidate: Candidate | null, compiled: CompiledList | null): GoodText | null {
    if (candidate === null || compiled === null) return null;
    logBadLines(this.#options.log, slot, compiled);
    if (compiled.accepted) return { bytes: candidate.bytes, stats: compiled.stats };
    slot.fail('rejected', 'bad_lines', refusal(compiled));
    return null;
  }

  async #accept(slot: ListSlot, good: GoodText, candidate: Candidate): Promise<void> {
    slot.good = good;
    slot.settle('ok', candidate.currentAt, candidate.sourceFault);
    if (candidate.sourceFault !== null) {
      logFailed(this.#options.log, slot, 'kept_copy');
      this.#retryLater(slot);
      return;
    }
    const warning = await slot.source.accepted(good.bytes);
    if (warning !== null) this.#options.log.event('warn', 'list.not_kept', { list: slot.config.name, reason: warning });
  }

  #fail(slot: ListSlot, result: 'rejected' | 'failed', error: unknown): void {
    if (this.#closed) return;
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
  if (slot.lastFault === null && slot.good !== null) slot.currentAt = now;
}

function refusal({ stats, faults }: CompiledList): string {
  const first = faults[0];
  const where = first === undefined ? '' : `; the first is line ${first.line}, column ${first.column}: ${first.message}`;
  return `${stats.badLines} bad ${stats.badLines === 1 ? 'line' : 'lines'} of ${stats.lines}${where}`;
}

function reasonOf(error: unknown): RejectedReason {
  const code = error instanceof ListError ? error.code : 'internal';
  return REJECTED_REASONS.find((reason) => reason === code) ?? 'internal';
}
