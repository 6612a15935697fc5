/**
 * The operator's programs and what comes of them: those that move the filter, the check of where it is, the count of routes. It must not
 * decide when they are run.
 *
 *   run ─▶ actions.out or actions.back ─▶ check ─▶ done, or failed and why
 */
import { runAll, runCommand } from './commands.ts';
import type { GuardLog } from './announce.ts';
import type { Direction, Position, Reason } from './path.ts';
import type { GuardReport } from './report.ts';
import { routeCount } from './route-count.ts';
import type { GuardSettings } from './settings.ts';

type MoveSettings = Pick<GuardSettings, 'actions' | 'check' | 'commandTimeoutMs' | 'fleetCount' | 'path'>;

export class PathActions {
  readonly #settings: MoveSettings;
  readonly #log: GuardLog;
  readonly #counts = { out: { done: 0, failed: 0 }, back: { done: 0, failed: 0 } };
  readonly #reasons = { start: 0, down: 0, partial: 0, draining: 0, stop: 0 };
  #lastFault: string | null = null;
  #routes: number | null = null;

  constructor(settings: MoveSettings, log: GuardLog) {
    this.#settings = settings;
    this.#log = log;
  }

  get counts(): GuardReport['moves'] {
    return { ...this.#counts, reasons: this.#reasons };
  }

  /** Why the last move failed, in words; null: it did not. */
  get lastFault(): string | null {
    return this.#lastFault;
  }

  /** By the last count; null: there was none, or it told nothing. */
  get othersRemaining(): number | null {
    return this.#routes === null ? null : Math.max(0, this.#routes - this.#settings.path.fleet.own);
  }

  /** What the check says; without one nothing is known. */
  async position(): Promise<Position> {
    const { check, commandTimeoutMs } = this.#settings;
    if (check === null) return 'unknown';
    const { exit } = await runCommand(check, commandTimeoutMs);
    if (exit === 0) return 'in';
    return exit === 1 ? 'out' : 'unknown';
  }

  /** @returns whether all commands succeeded, and the check sees what they should have done. */
  async run(direction: Direction, reason: Reason | null): Promise<boolean> {
    const { actions, commandTimeoutMs } = this.#settings;
    const variables = { CLEANFEED_REASON: direction === 'out' ? (reason ?? '') : '' };
    this.#lastFault =
      (await runAll(actions[direction], commandTimeoutMs, variables)) ?? (await this.#checkFault(direction));
    const isDone = this.#lastFault === null;
    this.#counts[direction][isDone ? 'done' : 'failed'] += 1;
    if (isDone && direction === 'out' && reason !== null) this.#reasons[reason] += 1;
    return isDone;
  }

  /** @returns null if it cannot be known. */
  async countRoutes(): Promise<number | null> {
    const { fleetCount, commandTimeoutMs } = this.#settings;
    const ended = fleetCount === null ? null : await runCommand(fleetCount, commandTimeoutMs);
    const routes = ended?.exit === 0 ? routeCount(ended.output) : null;
    this.#routes = routes;
    if (routes === null) this.#log.event('warn', 'guard.fleet_unknown', { reason: ended?.fault ?? 'no number' });
    return routes;
  }

  async #checkFault(direction: Direction): Promise<string | null> {
    if (this.#settings.check === null) return null;
    const position = await this.position();
    return position === (direction === 'out' ? 'out' : 'in') ? null : `guard.check says that the filter is ${position}`;
  }
}
