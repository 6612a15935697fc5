/**
 * The guard: a small process of its own that asks the filter for a page, end to end, and takes it out of the path of the customers' traffic
 * when it does not answer (requirement 57). Here its parts meet; what is decided is decided in path.ts.
 *
 *   listener-watch ─▶ health ───────────┐
 *   filter-status ─▶ drain, bypass ─────┼─▶ path.ts ─▶ commands ─▶ position ─▶ kept-state, log, metrics
 *   path-actions ─▶ other nodes, check ─┘
 *
 * It must not need anything of the filter but what customers get from it.
 */
import { announceDenied, announceListener, announcePath, type GuardLog } from './announce.ts';
import { PathActions } from './path-actions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { serveReport } from './endpoint.ts';
import { askFilter } from './filter-status.ts';
import { readState, writeState, type KeptState } from './kept-state.ts';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { keepingReason } from '../lib/errors.ts';
import type { Time, Timer } from '../lib/time.ts';
import { ListenerWatch } from './listener-watch.ts';
import { probeDns } from './dns-probe.ts';
import { Origin } from './origin.ts';
import { afterEvent, holdMs, startPath, type Direction, type Path, type PathEvent, type Step } from './path.ts';
import { probeListed, probePage, type Probed } from './probe.ts';
import type { GuardReport } from './report.ts';
import type { GuardSettings } from './settings.ts';

export interface GuardParts {
  readonly log: GuardLog;
  readonly version: string;
  readonly time: Time;
  readonly deadlines?: Deadlines['guard'];
}

export class Guard {
  readonly #settings: GuardSettings;
  readonly #parts: GuardParts;
  readonly #startedAt: number;
  readonly #ended = Promise.withResolvers<void>();
  readonly #actions: PathActions;
  #watches: readonly ListenerWatch[] = [];
  #path: Path;
  #listedRefused: boolean | null = null;
  #saving: Promise<void> = Promise.resolve();

  private constructor(settings: GuardSettings, parts: GuardParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#actions = new PathActions(settings, parts.log);
    this.#startedAt = parts.time.now();
    this.#path = startPath('unknown', 0, this.#startedAt);
  }

  /** It rejects with a `ListenError` if its page or its metrics cannot be served. */
  static async start(settings: GuardSettings, parts: GuardParts): Promise<Guard> {
    const guard = new Guard(settings, parts);
    const origin = await Origin.listen(settings.origin, settings.isPageBesideFilter);
    const closeReport = await serveReport(settings.metrics, () => guard.report());
    await guard.#learnPosition();
    guard.#begin(origin, closeReport);
    return guard;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** It does what the configuration says for the guard's own end; a command under way ends first. */
  stop(): void {
    this.#take({ kind: 'stop' });
  }

  report(): GuardReport {
    const { settings, path } = { settings: this.#settings, path: this.#path };
    return {
      pid: process.pid,
      version: this.#parts.version,
      uptimeMs: Math.round(this.#parts.time.now() - this.#startedAt),
      hasActions: this.#hasActions,
      position: path.position,
      running: path.running,
      reason: path.reason,
      failedAttempts: path.failedAttempts,
      lastFault: this.#actions.lastFault,
      flaps: path.flaps,
      holdMs: holdMs(path.flaps, settings.path),
      isHeld: path.isHeld,
      othersRemaining: this.#actions.othersRemaining,
      filter: path.filter,
      listedRefused: this.#listedRefused,
      listeners: this.#watches.map(({ listener, health, counts, isDenied, lastFailure }) => ({
        listener,
        state: health.phase,
        isPartial: health.partialSince !== null,
        isDenied,
        probes: counts,
        lastFailure,
      })),
      moves: this.#actions.counts,
    };
  }

  get #hasActions(): boolean {
    return this.#settings.actions.out.length > 0;
  }

  /** A check knows more than what was kept. */
  async #learnPosition(): Promise<void> {
    const { stateFile } = this.#settings;
    const kept = await readState(stateFile);
    const position = this.#settings.check === null ? kept.position : await this.#actions.position();
    this.#path = startPath(position, kept.flaps, this.#parts.time.now());
    this.#parts.log.event('info', 'guard.started', { position, flaps: kept.flaps, actions: this.#hasActions });
  }

  #begin(origin: Origin, closeReport: () => void): void {
    this.#watches = this.#settings.probes.map((probe) => this.#watch(probe, origin));
    const running = this.#watches.map(async (watch) => await watch.run());
    const { time, deadlines = DEADLINES.guard } = this.#parts;
    const listen = oneAtATime(async () => await this.#listen());
    const check = oneAtATime(async () => await this.#lookWhetherStillOut());
    const timers = [
      time.every(deadlines.lookMs, () => this.#take({ kind: 'look' })),
      time.every(deadlines.filterMs, listen),
      time.every(deadlines.checkMs, check),
      ...this.#listedTimers(),
    ];
    void (async () => {
      await this.#ended.promise;
      for (const timer of timers) timer.cancel();
      for (const watch of this.#watches) watch.end();
      await Promise.all(running);
      origin.close();
      closeReport();
    })();
  }

  #watch(probe: GuardSettings['probes'][number], origin: Origin): ListenerWatch {
    const { health: terms, intervalMs } = this.#settings;
    const { listener } = probe;
    const { time } = this.#parts;
    let phase: ListenerWatch['health']['phase'] = 'unknown';
    let wasDenied = false;
    const watch = new ListenerWatch({
      listener,
      terms,
      intervalMs,
      time,
      probe: async () => await this.#ask(probe, origin),
      told: () => {
        const { phase: after, partialSince } = watch.health;
        const why = watch.lastFailure ?? '';
        announceListener(this.#parts.log, listener, { before: phase, after, isPartial: partialSince !== null, why });
        announceDenied(this.#parts.log, listener, wasDenied, watch.isDenied);
        [phase, wasDenied] = [after, watch.isDenied];
        this.#take({ kind: 'look' });
      },
    });
    return watch;
  }

  async #ask(probe: GuardSettings['probes'][number], origin: Origin): Promise<readonly Probed[]> {
    const { timeoutMs, origin: at } = this.#settings;
    const { time } = this.#parts;
    switch (probe.form) {
      case 'dns':
        return await probeDns(probe, timeoutMs, time);
      case 'absolute':
      case 'origin':
        return [await probePage(probe, { origin: at, timeoutMs, await: (page) => origin.await(page), time })];
    }
  }

  #listedTimers(): readonly Timer[] {
    const { listed, probes, timeoutMs } = this.#settings;
    const { time } = this.#parts;
    const probe = probes.find(({ form }) => form !== 'dns');
    if (listed === null || probe === undefined) return [];
    const ask = async (): Promise<boolean | null> => await probeListed(probe, listed.url, timeoutMs, time);
    const look = oneAtATime(async () => this.#noteListed(await ask()));
    return [time.every(listed.intervalMs, look)];
  }

  /** While bypass is on nothing is refused, and that is meant. */
  #noteListed(isRefused: boolean | null): void {
    const shown = this.#path.filter?.bypass === true ? null : isRefused;
    if (shown === false && this.#listedRefused !== false) this.#parts.log.event('error', 'guard.listed_not_refused');
    if (shown === true && this.#listedRefused === false) this.#parts.log.event('info', 'guard.listed_refused');
    this.#listedRefused = shown;
  }

  async #listen(): Promise<void> {
    this.#take({ kind: 'filter', says: await askFilter(this.#settings.admin, this.#parts.time) });
  }

  /**
   * Rules that are loaded anew, or somebody's hand, may have put it back. Only that counts: whoever has taken it out by hand wants it out.
   */
  async #lookWhetherStillOut(): Promise<void> {
    const { position, running } = this.#path;
    if (this.#settings.check === null || position !== 'out' || running !== null) return;
    if ((await this.#actions.position()) === 'in') this.#take({ kind: 'found' });
  }

  #take(event: PathEvent): void {
    const { path: terms } = this.#settings;
    const before = this.#path;
    if (!this.#hasActions) {
      // It only tells.
      if (event.kind === 'filter') this.#path = { ...before, filter: event.says };
      announcePath(this.#parts.log, before, this.#path, null);
      if (event.kind === 'stop') this.#ended.resolve();
      return;
    }
    const healths = this.#watches.map(({ health }) => health);
    const { path, step } = afterEvent(before, event, { healths, terms, now: this.#parts.time.now() });
    this.#path = path;
    announcePath(this.#parts.log, before, path, this.#actions.lastFault);
    if (path.position !== before.position || path.running !== before.running) this.#save();
    void this.#perform(step);
  }

  async #perform(step: Step): Promise<void> {
    switch (step?.kind) {
      case undefined:
        return;
      case 'run':
        return await this.#run(step.direction);
      case 'count':
        return this.#take({ kind: 'others', routes: await this.#actions.countRoutes() });
      case 'end':
        await this.#saving;
        this.#ended.resolve();
    }
  }

  async #run(direction: Direction): Promise<void> {
    const isDone = await this.#actions.run(direction, this.#path.reason);
    this.#take({ kind: 'command', direction, isDone });
  }

  #save(): void {
    const { running, flaps } = this.#path;
    // If it ends in the midst of commands, nobody knows how far they got.
    const position = running === null ? this.#path.position : 'unknown';
    const before = this.#saving;
    this.#saving = (async () => {
      await before;
      await this.#keep({ position, flaps });
    })();
  }

  /** It never rejects. */
  async #keep(state: KeptState): Promise<void> {
    try {
      await writeState(this.#settings.stateFile, state);
    } catch (error) {
      this.#parts.log.event('warn', 'guard.state_not_kept', { reason: keepingReason(error) });
    }
  }
}
