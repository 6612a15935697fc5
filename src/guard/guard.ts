/**
 * The guard: a small process of its own that asks the filter for a page, end to end, and takes it out of the path of the customers' traffic
 * when it does not answer (requirement 57). Here its parts meet; what is decided is decided in path.ts.
 *
 *   listener-watch ─▶ health ─┐
 *   filter-says ─▶ drain, bypass ─┼─▶ path.ts ─▶ commands ─▶ position ─▶ kept-state, log, metrics
 *   route-count ─▶ other nodes ─┘
 *
 * It must not need anything of the filter but what customers get from it.
 */
import { announceListener, announcePath, type GuardLog } from './announce.ts';
import { runAll, runCommand } from './commands.ts';
import { serveReport } from './endpoint.ts';
import { askFilter } from './filter-says.ts';
import { readState, writeState, type KeptState } from './kept-state.ts';
import { errnoOf } from '../lib/errors.ts';
import { ListenerWatch } from './listener-watch.ts';
import { Origin } from './origin.ts';
import {
  afterEvent,
  holdMs,
  startPath,
  type Direction,
  type Path,
  type PathEvent,
  type Position,
  type Step,
} from './path.ts';
import { probeListed, probePage } from './probe.ts';
import type { GuardReport } from './report.ts';
import { routeCount } from './route-count.ts';
import type { GuardSettings } from './settings.ts';

export interface GuardParts {
  readonly log: GuardLog;
  readonly version: string;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** Milliseconds between two looks at what time alone changes, and between two questions to the filter. */
const LOOK_MS = 100;
const FILTER_MS = 250;

export class Guard {
  readonly #settings: GuardSettings;
  readonly #parts: GuardParts;
  readonly #startedAt: number;
  readonly #ended = Promise.withResolvers<void>();
  readonly #moves = { out: { done: 0, failed: 0 }, back: { done: 0, failed: 0 } };
  readonly #reasons = { start: 0, down: 0, partial: 0, draining: 0, stop: 0 };
  #watches: readonly ListenerWatch[] = [];
  #path: Path;
  #lastFault: string | null = null;
  #remaining: number | null = null;
  #listedRefused: boolean | null = null;
  #saving: Promise<void> = Promise.resolve();

  private constructor(settings: GuardSettings, parts: GuardParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#startedAt = parts.now();
    this.#path = startPath('unknown', 0, this.#startedAt);
  }

  /** It rejects with a `ListenError` if its page or its metrics cannot be served. */
  static async start(settings: GuardSettings, parts: GuardParts): Promise<Guard> {
    const guard = new Guard(settings, parts);
    const origin = await Origin.listen(settings.origin);
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
      uptimeMs: Math.round(this.#parts.now() - this.#startedAt),
      hasActions: this.#hasActions,
      position: path.position,
      running: path.running,
      reason: path.reason,
      failedAttempts: path.failedAttempts,
      lastFault: this.#lastFault,
      flaps: path.flaps,
      holdMs: holdMs(path.flaps, settings.path),
      isHeld: path.isHeld,
      othersRemaining: this.#remaining,
      filter: path.filter,
      listedRefused: this.#listedRefused,
      listeners: this.#watches.map(({ listener, health, counts, lastFailure }) => ({
        listener,
        state: health.phase,
        isPartial: health.partialSince !== null,
        probes: counts,
        lastFailure,
      })),
      moves: { ...this.#moves, reasons: this.#reasons },
    };
  }

  get #hasActions(): boolean {
    return this.#settings.actions.out.length > 0;
  }

  /** A check knows more than what was kept. */
  async #learnPosition(): Promise<void> {
    const { stateFile } = this.#settings;
    const kept = await readState(stateFile);
    const position = this.#settings.check === null ? kept.position : await this.#checkedPosition();
    this.#path = startPath(position, kept.flaps, this.#parts.now());
    this.#parts.log.event('info', 'guard.started', { position, flaps: kept.flaps, actions: this.#hasActions });
  }

  async #checkedPosition(): Promise<Position> {
    const { check, commandTimeoutMs } = this.#settings;
    const { exit } = await runCommand(check ?? [], commandTimeoutMs);
    if (exit === 0) return 'in';
    return exit === 1 ? 'out' : 'unknown';
  }

  #begin(origin: Origin, closeReport: () => void): void {
    this.#watches = this.#settings.probes.map((probe) => this.#watch(probe, origin));
    const running = this.#watches.map(async (watch) => await watch.run());
    const timers = [
      setInterval(() => this.#take({ kind: 'look' }), LOOK_MS),
      setInterval(() => void this.#listen(), FILTER_MS),
      ...this.#listedTimers(),
    ];
    void (async () => {
      await this.#ended.promise;
      for (const timer of timers) clearInterval(timer);
      for (const watch of this.#watches) watch.end();
      await Promise.all(running);
      origin.close();
      closeReport();
    })();
  }

  #watch(probe: GuardSettings['probes'][number], origin: Origin): ListenerWatch {
    const { health: terms, intervalMs, timeoutMs, origin: at } = this.#settings;
    const { listener } = probe;
    let phase: ListenerWatch['health']['phase'] = 'unknown';
    const watch = new ListenerWatch({
      listener,
      terms,
      intervalMs,
      now: this.#parts.now,
      probe: async () => await probePage(probe, { origin: at, timeoutMs, await: (page) => origin.await(page) }),
      told: () => {
        const { phase: after, partialSince } = watch.health;
        const why = watch.lastFailure ?? '';
        announceListener(this.#parts.log, listener, { before: phase, after, isPartial: partialSince !== null, why });
        phase = after;
        this.#take({ kind: 'look' });
      },
    });
    return watch;
  }

  #listedTimers(): NodeJS.Timeout[] {
    const { listed, probes, timeoutMs } = this.#settings;
    const [probe] = probes;
    if (listed === null || probe === undefined) return [];
    return [
      setInterval(
        () => void (async () => this.#noteListed(await probeListed(probe, listed.url, timeoutMs)))(),
        listed.intervalMs,
      ),
    ];
  }

  /** While bypass is on nothing is refused, and that is meant. */
  #noteListed(isRefused: boolean | null): void {
    const shown = this.#path.filter?.bypass === true ? null : isRefused;
    if (shown === false && this.#listedRefused !== false) this.#parts.log.event('error', 'guard.listed_not_refused');
    if (shown === true && this.#listedRefused === false) this.#parts.log.event('info', 'guard.listed_refused');
    this.#listedRefused = shown;
  }

  async #listen(): Promise<void> {
    this.#take({ kind: 'filter', says: await askFilter(this.#settings.admin) });
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
    const { path, step } = afterEvent(before, event, { healths, terms, now: this.#parts.now() });
    this.#path = path;
    announcePath(this.#parts.log, before, path, this.#lastFault);
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
        return this.#take({ kind: 'others', count: await this.#countOthers() });
      case 'end':
        await this.#saving;
        this.#ended.resolve();
    }
  }

  async #run(direction: Direction): Promise<void> {
    const { actions, commandTimeoutMs } = this.#settings;
    const { reason } = this.#path;
    const fault = (await runAll(actions[direction], commandTimeoutMs)) ?? (await this.#checkFault(direction));
    const isDone = fault === null;
    this.#lastFault = fault;
    this.#moves[direction][isDone ? 'done' : 'failed'] += 1;
    if (isDone && direction === 'out' && reason !== null) this.#reasons[reason] += 1;
    this.#take({ kind: 'command', direction, isDone });
  }

  /** @returns null if the check says what the commands should have brought about, or there is none. */
  async #checkFault(direction: Direction): Promise<string | null> {
    if (this.#settings.check === null) return null;
    const position = await this.#checkedPosition();
    return position === (direction === 'out' ? 'out' : 'in') ? null : `guard.check says that the filter is ${position}`;
  }

  async #countOthers(): Promise<number | null> {
    const { fleetCount, commandTimeoutMs } = this.#settings;
    const ended = fleetCount === null ? null : await runCommand(fleetCount.command, commandTimeoutMs);
    const routes = ended?.exit === 0 ? routeCount(ended.output) : null;
    this.#remaining = routes === null ? null : Math.max(0, routes - (fleetCount?.own ?? 0));
    if (routes === null) this.#parts.log.event('warn', 'guard.fleet_unknown', { reason: ended?.fault ?? 'no number' });
    return this.#remaining;
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
      this.#parts.log.event('warn', 'guard.state_not_kept', { reason: errnoOf(error) });
    }
  }
}
