/**
 * One instance from start to end, whatever its parts are: the stages one after the other, reloads, the way out.
 *
 *   stage ─▶ stage ─▶ … ─▶ open ─▶ lame duck ─▶ drain ─▶ stages end, the last first
 *      └ one fails: all end, the last first, and nothing is left running
 *
 * A stage that cannot end is logged, and the others end all the same; so is one that does not within its time, because a thread of it is held by a call of the
 * system, say. It must not know what a stage does.
 */
import type { ShutdownConfig } from '../config/types.ts';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { ListenError, originOf, toldElsewhere } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { ListUpdater } from '../list/updater.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { AdminSide } from './admin-side.ts';
import type { Bypass } from './bypass.ts';
import type { ListsOff } from './lists-off.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { LameDuck } from './lame-duck.ts';
import { ListenerLog } from './listener-log.ts';
import type { ListenEndpoint } from './messages.ts';
import type { Opening } from './opening.ts';
import type { Reloader } from './reload.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A stage is a step of the start. It may have an end of its own. */
export interface Stage {
  /** The log names the stage so (docs/operations.md). */
  readonly name: string;
  readonly start: () => Promise<void> | void;
  /** It is also called if the stage has not started, and more than once. */
  readonly stop?: () => Promise<void> | void;
}

/** `open` means that every listener has been opened once and nothing of the start is left to do. */
export interface Phase {
  now: 'starting' | 'open' | 'draining';
}

export interface LifecycleParts {
  readonly log: Log;
  readonly phase: Phase;
  readonly view: ControlView;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  readonly pool: Pick<WorkerPool, 'beLameDuck' | 'drain' | 'fatal' | 'isHeld' | 'isUnrecoverable'>;
  readonly lists: Pick<ListUpdater, 'close'>;
  readonly opening: Pick<Opening, 'done' | 'isBegun'>;
  readonly reloader: Pick<Reloader, 'reload'>;
  readonly bypass: Pick<Bypass, 'off'>;
  readonly listsOff: Pick<ListsOff, 'close'>;
  readonly adminSide: Pick<AdminSide, 'endpoint'>;
  /** The stages are in the order of their start. */
  readonly stages: readonly Stage[];
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['workers'], 'stopMs' | 'lastStopMs'>;
}

export class ControlLifecycle {
  readonly #parts: LifecycleParts;
  readonly #time: Time;
  readonly #lastStopMs: number;
  readonly #lameDuck: LameDuck;
  readonly #listenerLog: ListenerLog;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #patienceMs: number;
  #isStageHeld = false;

  constructor(parts: LifecycleParts) {
    const { time = systemTime, deadlines = DEADLINES.workers } = parts;
    this.#parts = parts;
    this.#time = time;
    this.#lameDuck = new LameDuck(time);
    this.#patienceMs = deadlines.stopMs;
    this.#lastStopMs = deadlines.lastStopMs;
    this.#listenerLog = new ListenerLog(parts.log);
    // Whoever does not wait for it must not be ended by its rejection.
    void toldElsewhere(this.closed);
    parts.opening.done.then(
      () => this.#opened(),
      (error: unknown) => void this.#giveUp(error),
    );
  }

  get view(): ControlView {
    return this.#parts.view;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get admin(): ListenEndpoint {
    return this.#parts.adminSide.endpoint;
  }

  get ports(): readonly number[] | null {
    const ports = this.view.listeners().map(({ port }) => port);
    return ports.every((port) => port !== null) ? ports : null;
  }

  get shutdown(): ShutdownConfig {
    return this.#parts.inForce.current.config.shutdown;
  }

  get isUnrecoverable(): boolean {
    return this.#parts.pool.isUnrecoverable;
  }

  get isHeld(): boolean {
    return this.#isStageHeld || this.#parts.pool.isHeld;
  }

  async start(): Promise<void> {
    const { stages, opening, pool } = this.#parts;
    try {
      for (const stage of stages) await this.#startStage(stage);
      if (opening.isBegun) await opening.done;
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    // From here on nobody waits for these.
    pool.fatal.catch((error: unknown) => void this.#giveUp(error));
  }

  async reload(): Promise<ReloadReport | null> {
    if (this.#isDraining) return null;
    const report = await this.#parts.reloader.reload();
    if (this.#isDraining) return null;
    if (report.configuration === 'applied' && this.ports !== null) this.#listenerLog.update(this.view.listeners());
    return report;
  }

  async drain(drainMs: number, lameDuckMs = 0): Promise<void> {
    if (this.#isDraining) return await this.closed;
    const { log, phase } = this.#parts;
    phase.now = 'draining';
    try {
      await this.#beLameDuck(lameDuckMs);
      log.event('info', 'process.draining', { deadlineMs: drainMs });
      await this.#finish(drainMs);
      await this.#stopStages();
      log.event('info', 'process.stopped');
    } finally {
      this.#closed.resolve();
    }
  }

  endLameDuck(): boolean {
    return this.#lameDuck.end();
  }

  get #isDraining(): boolean {
    return this.#parts.phase.now === 'draining';
  }

  #opened(): void {
    if (this.#isDraining) return;
    this.#listenerLog.update(this.view.listeners());
    this.#parts.phase.now = 'open';
    this.#ready.resolve();
  }

  async #giveUp(error: unknown): Promise<void> {
    if (this.#isDraining) return;
    try {
      await this.#abandon();
    } finally {
      this.#closed.reject(error);
    }
  }

  async #abandon(): Promise<void> {
    this.#parts.phase.now = 'draining';
    await this.#stopStages();
  }

  async #startStage({ name, start }: Stage): Promise<void> {
    try {
      await start();
    } catch (error) {
      // An address that cannot be bound says all of it in its own words.
      if (!(error instanceof ListenError))
        this.#parts.log.event('error', 'process.start_failed', { stage: name, reason: originOf(error) });
      throw error;
    }
  }

  async #beLameDuck(lameDuckMs: number): Promise<void> {
    // Nobody was sent here as long as nobody listened.
    if (lameDuckMs === 0 || this.ports === null) return;
    this.#parts.log.event('info', 'process.lame_duck', { durationMs: lameDuckMs });
    this.#parts.pool.beLameDuck();
    await this.#lameDuck.last(lameDuckMs);
  }

  /** No list is read any more, filtering is on to the end, and what is open may finish. */
  async #finish(drainMs: number): Promise<void> {
    const { lists, bypass, listsOff, pool } = this.#parts;
    await this.#stop('lists', () => lists.close());
    await this.#stop('bypass', () => void bypass.off('shutdown'));
    await this.#stop('lists_off', () => listsOff.close());
    // They have a bound of their own.
    await this.#tried('workers', async () => await pool.drain(drainMs));
  }

  async #stopStages(): Promise<void> {
    for (const { name, stop } of this.#parts.stages.toReversed()) await this.#stop(name, stop);
  }

  /** It never rejects, nor waits for long: what comes after it must end too. */
  async #stop(stage: string, stop: Stage['stop']): Promise<void> {
    const before = this.#time.now();
    const ended = this.#tried(stage, stop).then(() => true);
    const late = Promise.withResolvers<false>();
    const timer = this.#time.after(Math.max(this.#patienceMs, this.#lastStopMs), () => late.resolve(false));
    const hasEnded = await Promise.race([ended, late.promise]);
    timer.cancel();
    this.#patienceMs -= this.#time.now() - before;
    if (hasEnded) return;
    this.#isStageHeld = true;
    this.#parts.log.event('error', 'process.stop_failed', { stage, reason: 'it did not end in time' });
  }

  async #tried(stage: string, stop: Stage['stop']): Promise<void> {
    try {
      await stop?.();
    } catch (error) {
      this.#parts.log.event('error', 'process.stop_failed', { stage, reason: originOf(error) });
    }
  }
}
