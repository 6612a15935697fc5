/**
 * One instance from start to end, whatever its parts are: the stages one after the other, reloads, the way out.
 *
 *   stage ─▶ stage ─▶ … ─▶ open ─▶ lame duck ─▶ drain ─▶ stages end, the last first
 *      └ one fails: those before it end, and nothing is left running
 *
 * It must not know what a stage does.
 */
import type { ShutdownConfig } from '../config/types.ts';
import type { ListUpdater } from '../list/updater.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { AdminSide } from './admin-side.ts';
import type { Bypass } from './bypass.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { LameDuck } from './lame-duck.ts';
import { ListenerLog } from './listener-log.ts';
import type { ListenEndpoint } from './messages.ts';
import type { Opening } from './opening.ts';
import type { Reloader } from './reload.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A stage is a step of the start. It may have an end of its own. */
export interface Stage {
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
  readonly pool: Pick<WorkerPool, 'beLameDuck' | 'drain' | 'fatal' | 'isUnrecoverable'>;
  readonly lists: Pick<ListUpdater, 'close'>;
  readonly opening: Pick<Opening, 'done' | 'isBegun'>;
  readonly reloader: Pick<Reloader, 'reload'>;
  readonly bypass: Pick<Bypass, 'off'>;
  readonly adminSide: Pick<AdminSide, 'endpoint'>;
  /** The stages are in the order of their start. */
  readonly stages: readonly Stage[];
}

export class ControlLifecycle {
  readonly #parts: LifecycleParts;
  readonly #lameDuck = new LameDuck();
  readonly #listenerLog: ListenerLog;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#listenerLog = new ListenerLog(parts.log);
    // Whoever does not wait for it must not be ended by its rejection.
    this.closed.catch(() => {});
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

  async start(): Promise<void> {
    const { stages, opening, pool } = this.#parts;
    try {
      for (const stage of stages) await stage.start();
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
    const { log, phase, pool, lists, bypass } = this.#parts;
    phase.now = 'draining';
    // Nobody was sent here as long as nobody listened.
    if (lameDuckMs > 0 && this.ports !== null) {
      log.event('info', 'process.lame_duck', { durationMs: lameDuckMs });
      pool.beLameDuck();
      await this.#lameDuck.last(lameDuckMs);
    }
    log.event('info', 'process.draining', { deadlineMs: drainMs });
    lists.close();
    bypass.off('shutdown');
    await pool.drain(drainMs);
    await this.#stopStages();
    log.event('info', 'process.stopped');
    this.#closed.resolve();
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
    await this.#abandon();
    this.#closed.reject(error);
  }

  async #abandon(): Promise<void> {
    this.#parts.phase.now = 'draining';
    await this.#stopStages();
  }

  async #stopStages(): Promise<void> {
    for (const { stop } of this.#parts.stages.toReversed()) await stop?.();
  }
}
