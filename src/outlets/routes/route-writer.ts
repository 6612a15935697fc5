/**
 * Keeps the plan on the disk, writes the include file, and tells the router: one after the other, one at a time, the newest state each time.
 *
 *   changed ─▶ a second for more, at once for a withdrawal ─▶ state ─▶ file ─▶ notify ─┐ failed: again after a while
 *                                                     ▲───────────────────────────────┘
 *
 * The state comes first: a decision that was answered is never forgotten, and a route that is in the file is known. What was denied lies in a file of its
 * own (denied-file.ts). Where neither can be read, nobody knows what must not be announced. It must not change the plan.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RoutesConfig } from '../../config/resolver-types.ts';
import { isInPlace, removeStrays, writeFileAtomic } from '../../lib/atomic-file.ts';
import { DEADLINES, type Deadlines } from '../../lib/deadlines.ts';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { systemTime, type Time, type Timer } from '../../lib/time.ts';
import type { Log } from '../../observe/log.ts';
import { birdFile } from './bird-file.ts';
import { decodeDenied, deniedPath, denyAll, encodeDenied, type Denied } from './denied-file.ts';
import { newKey } from './host-keys.ts';
import type { PlanEffect } from './plan-events.ts';
import { decodePlan, encodePlan, type KeptPlan } from './plan-file.ts';
import { emptyPlan, type PlanState } from './plan-state.ts';
import type { RouteFigures } from './route-figures.ts';

/** Runs a program of the operator's, without a shell; it never rejects. */
export type RunProgram = (
  argv: readonly string[],
  bounds: { readonly timeoutMs: number; readonly maxOutput: number },
) => Promise<{ readonly fault: string | null; readonly output: string }>;

export interface RouteWriterOptions {
  readonly config: Pick<RoutesConfig, 'file' | 'community' | 'notify'>;
  readonly statePath: string;
  readonly figures: RouteFigures;
  readonly log: Log;
  readonly run: RunProgram;
  readonly now: () => number;
  readonly time?: Time;
  readonly deadlines?: Deadlines['routes'];
}

const MAX_OUTPUT = 16 * 1024;
/** The router's group reads it: the file names addresses, and is as secret as the list. */
const FILE_MODE = 0o640;

export class RouteWriter {
  readonly #options: RouteWriterOptions;
  readonly #deadlines: Deadlines['routes'];
  #key: string = newKey();
  #plan: PlanState = emptyPlan();
  #isOpen = false;
  /** It is known what was denied. */
  #isTrusted = false;
  /** As it lies on the disk; null: nobody knows. */
  #keptDenied: string | null = null;
  /** The text that the router was told of. */
  #told: string | null = null;
  #isStateDirty = false;
  #writing: Promise<void> | null = null;
  #timer: Timer | null = null;
  #alteredToldAt = -Infinity;
  /** The router has not what is planned: the last attempt failed. */
  isUntold = false;
  /** The disk has not what is planned: the last attempt failed, and a restart would forget it. */
  isUnsaved = false;

  constructor(options: RouteWriterOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES.routes;
  }

  get plan(): PlanState {
    return this.#plan;
  }

  /** Of the host keys of this plan. */
  get key(): string {
    return this.#key;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** False: what was denied before cannot be read. Nothing must be announced until somebody has looked. */
  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Takes over what an earlier process has kept, until that can be done. It never rejects. @returns whether it has done so now. */
  async open(): Promise<boolean> {
    if (this.#isOpen && this.#isTrusted) return false;
    const { statePath, now } = this.#options;
    const plan = await this.#read<KeptPlan>(statePath, (text) => decodePlan(text, now()));
    const denied = await this.#read<Denied>(deniedPath(statePath), (text) => decodeDenied(text, now()));
    if (typeof plan === 'object') [this.#key, this.#plan] = [plan.key, plan.state];
    if (typeof denied === 'object') denyAll(this.#plan, denied);
    // A plan alone has what was denied; without one there may have been something, unless there was never anything.
    this.#isTrusted = typeof plan === 'object' || typeof denied === 'object' || (plan === 'none' && denied === 'none');
    this.#isOpen = true;
    if (!this.#isTrusted) this.#options.log.event('error', 'routes.decisions_lost', { file: statePath });
    return this.#isTrusted;
  }

  async #read<T extends object>(path: string, decode: (text: string) => T | null): Promise<T | 'none' | 'damaged'> {
    try {
      const kept = decode(await readFile(path, 'utf8'));
      if (kept !== null) return kept;
      this.#stateFailed('it is not what was written there');
      return 'damaged';
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 'none';
      this.#stateFailed(fileReason(errnoOf(error)));
      return 'damaged';
    }
  }

  changed(effects: readonly PlanEffect[]): void {
    if (effects.some((effect) => effect.do !== 'skip' && effect.do !== 'ignore')) this.#isStateDirty = true;
    if (effects.some((effect) => effect.do === 'withdraw')) void this.written();
    else if (this.#isStateDirty) this.#later(this.#deadlines.gatherMs);
  }

  /** Resolves when what is planned now has been written and told, or has failed. */
  async written(): Promise<void> {
    // What is being written may be older: after it once more.
    if (this.#writing !== null) await this.#writing;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  /** A file that somebody has cut, edited or removed is written again: with its next start the router would have other routes, or none. */
  async look(): Promise<void> {
    const { config, figures, log, now } = this.#options;
    const told = this.#told;
    // What is not told yet is written and told anyway.
    if (!this.#isOpen || told === null || this.#writing !== null) return;
    const found = await readFile(config.file, 'utf8').catch(() => null);
    if (found === told || this.#told !== told || this.#writing !== null) return;
    figures.failed('altered');
    if (now() >= this.#alteredToldAt + this.#deadlines.alteredMs) {
      this.#alteredToldAt = now();
      log.event('error', 'routes.not_as_written', {});
    }
    this.#told = null;
    await this.written();
  }

  /** Keeps the plan, and tells nobody: a withdrawal was told when it was planned, and what is new is planned again. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#writing;
    this.#timer?.cancel();
    this.#isStateDirty = true;
    await this.#save();
  }

  async #write(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#save();
    const isTold = await this.#announced();
    this.isUntold = !isTold;
    if (!isTold || (this.#isStateDirty && this.#isTrusted)) this.#later(this.#deadlines.retryMs);
  }

  /** A disk that is full keeps no withdrawal from the router. */
  async #save(): Promise<void> {
    // What is damaged stays as it is, for whoever looks at it.
    if (!this.#isStateDirty || !this.#isTrusted) return;
    const { statePath } = this.#options;
    this.#isStateDirty = false;
    const text = encodePlan({ key: this.#key, state: this.#plan });
    const denied = encodeDenied(this.#plan);
    try {
      await makeDirectories(dirname(statePath), 0o700);
      if (denied !== this.#keptDenied) await writeFileAtomic(deniedPath(statePath), denied);
      this.#keptDenied = denied;
      await writeFileAtomic(statePath, text);
      this.isUnsaved = false;
    } catch (error) {
      this.#isStateDirty = this.isUnsaved = true;
      this.#stateFailed(fileReason(errnoOf(error)));
    }
  }

  async #announced(): Promise<boolean> {
    const { config, run, figures, log, now } = this.#options;
    const text = birdFile(this.#plan.routes.keys(), config.community);
    if (text === this.#told) return true;
    try {
      // What a process that was killed has left beside the file is as secret as the file.
      await removeStrays(config.file, { now: now(), ageMs: this.#deadlines.strayMs });
      await writeFileAtomic(config.file, text, { mode: FILE_MODE });
    } catch (error) {
      figures.failed('write');
      log.event('error', 'routes.write_failed', { reason: fileReason(errnoOf(error)) });
      // The router reads the file that is there, whatever a power cut may take away.
      if (!isInPlace(error)) return false;
    }
    // Until the router was told it may have either.
    this.#told = null;
    if (config.notify.length > 0) {
      const { fault } = await run(config.notify, { timeoutMs: this.#deadlines.notifyMs, maxOutput: MAX_OUTPUT });
      if (fault !== null) {
        figures.failed('notify');
        log.event('error', 'routes.notify_failed', { reason: fault });
        return false;
      }
    }
    this.#told = text;
    return true;
  }

  #stateFailed(reason: string): void {
    this.#options.figures.failed('state');
    this.#options.log.event('error', 'routes.state_failed', { reason });
  }

  #later(ms: number): void {
    const { time = systemTime } = this.#options;
    if (this.#isOpen) this.#timer ??= time.after(ms, () => void this.written()).unref();
  }
}
