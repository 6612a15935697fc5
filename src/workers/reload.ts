/**
 * A reload, step by step; a step that fails leaves everything as it was:
 *
 *   read file ─▶ try new listeners (held) ─▶ new lists in force (one flip) ─▶ configure workers: release, close ─▶ read lists
 *                     └ address taken              └ unusable list
 *
 * In place, not by new workers: no listening socket that stays is ever closed, so no connection waits in a queue that goes
 * away, and a tunnel of hours pins no old thread (ADR 0007). One reload at a time; requests that come meanwhile share the
 * next one. It must not close a socket that stays.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { isUnanswered } from '../lib/answered-in-time.ts';
import { ListenError, toldElsewhere } from '../lib/errors.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { loadSources } from '../list/source/open-source.ts';
import type { ListUpdater } from '../list/updater.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { Log } from '../observe/log.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { SlotRegister } from './counter-slots.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { listenSpecsOf } from './listen-specs.ts';
import { logConfigWarnings, nextEffectiveConfig } from './effective-config.ts';
import type { EffectiveConfig } from './effective-config.ts';
import type { WorkerPool } from './worker-pool.ts';

/** One error in words. If it is about a listening address, `where` names it: the log tells addresses in a field of their own only. */
interface Refusal {
  readonly reason: string;
  readonly where?: { readonly address: string; readonly port: number };
}

/** A service manager wants to know these. */
export interface ControlEvents {
  readonly reloading: () => void;
  readonly reloaded: () => void;
  /** From here on clients may be served. */
  readonly opening: () => void;
  /**
   * An operator asked at the control socket for the end.
   * @param isAtOnce without a lame duck.
   */
  readonly drainAsked: (isAtOnce: boolean) => void;
}

export interface ReloaderOptions {
  readonly log: Log;
  readonly register: SlotRegister;
  readonly pool: { readonly listeners: Pick<WorkerPool['listeners'], 'tryListeners' | 'configure'> };
  readonly lists: Pick<ListUpdater, 'lists' | 'reload' | 'change'>;
  readonly sockets: InheritedSockets;
  /** What this machine lacks for a configuration, in words that name keys. */
  readonly lacks: (config: Config) => readonly string[];
  readonly loadConfig: (() => Promise<LoadedConfig>) | null;
  readonly events: ControlEvents | null;
  /** As it was read at the start. */
  readonly wanted: Config;
  /** What comes into force of a configuration that is wanted: publishers may be gone. */
  readonly adjusted: (wanted: Config) => Config;
  readonly inForce: ConfigInForce;
  /** What comes to nothing then was not refused. */
  readonly isEnding: () => boolean;
  /** Another configuration is in force. */
  readonly applied: () => void;
  /** It brings the images into force together with that configuration. */
  readonly publish: (images: readonly SegmentImage[], next: EffectiveConfig) => Promise<number>;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #faults: readonly string[] = [];
  #wanted: Config;
  #running: Promise<unknown> | null = null;
  #next: Promise<ReloadReport> | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#wanted = options.wanted;
  }

  /** @returns why the file was refused when it was last read; empty if it was not. */
  get configFaults(): readonly string[] {
    return this.#faults;
  }

  async reload(): Promise<ReloadReport> {
    if (this.#running === null) return await this.#start();
    // What changed since the one under way began reading is for another one.
    const start = async (): Promise<ReloadReport> => await this.#start();
    // It begins whatever becomes of that one.
    this.#next ??= this.#running.then(start, start);
    return await this.#next;
  }

  /** Brings into force what follows anew from the configuration that is wanted, without reading it. @returns whether it is in force. */
  async readjust(): Promise<boolean> {
    while (this.#running !== null) await Promise.allSettled([this.#running]);
    const outcome = await this.#alone(async () => await this.#apply(this.#wanted));
    if (typeof outcome === 'string') return true;
    this.#logRefusals(outcome);
    return false;
  }

  async #start(): Promise<ReloadReport> {
    this.#next = null;
    return await this.#alone(async () => await this.#run());
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = null;
    }
  }

  async #run(): Promise<ReloadReport> {
    const { events, lists } = this.#options;
    events?.reloading();
    const configuration = await this.#reconfigureAndRead();
    const { restartRequired } = this.#options.inForce.current;
    const faulty = lists
      .lists()
      .flatMap(({ name, lastError }) => (lastError === null ? [] : [`list ${name}: ${lastError}`]));
    return { configuration, errors: this.#faults, restartRequired, lists: faulty };
  }

  /** Whatever comes of it, the service manager is told that it is over: it would wait for ever otherwise. */
  async #reconfigureAndRead(): Promise<ReloadReport['configuration']> {
    const { events, lists, inForce } = this.#options;
    try {
      const configuration = await this.#reconfigure();
      const read = lists.reload();
      // Lists may lie where the configuration does: whoever asked is told now that nothing answers there.
      if (isUnanswered(inForce.current.config.file)) void toldElsewhere(read);
      else await read;
      return configuration;
    } finally {
      events?.reloaded();
    }
  }

  async #reconfigure(): Promise<ReloadReport['configuration']> {
    const { loadConfig } = this.#options;
    if (loadConfig === null) return 'unchanged';
    const loaded = await loadConfig();
    if (loaded.ok) await loadSources(loaded.config.lists);
    const outcome = loaded.ok
      ? await this.#apply(loaded.config)
      : loaded.faults.map((fault): Refusal => ({ reason: formatDiagnostic(fault) }));
    if (typeof outcome === 'string') {
      this.#faults = [];
      return outcome;
    }
    if (!this.#options.isEnding()) this.#faults = outcome.map(({ reason }) => reason);
    this.#logRefusals(outcome);
    return 'refused';
  }

  #logRefusals(refusals: readonly Refusal[]): void {
    if (this.#options.isEnding()) return;
    for (const { reason, where } of refusals) this.#options.log.event('error', 'config.rejected', { reason, ...where });
  }

  /** @returns what became of it, or why it was refused. */
  async #apply(wanted: Config): Promise<'unchanged' | 'applied' | readonly Refusal[]> {
    const { inForce, register, sockets, lacks, pool, log, adjusted, applied } = this.#options;
    const { current } = inForce;
    const next = nextEffectiveConfig(current, adjusted(wanted), register, steadyNow());
    if (next === null)
      return [{ reason: 'more listeners or lists were added and removed than there are counters: restart' }];
    const faults = lacks(next.config);
    if (faults.length > 0) return faults.map((reason) => ({ reason }));
    if (next.restartRequired.length > 0)
      log.event('warn', 'config.restart_required', { keys: next.restartRequired.join(', ') });
    if (isDeepStrictEqual(next.config, current.config)) {
      inForce.replace({ ...current, restartRequired: next.restartRequired });
      this.#wanted = wanted;
      return 'unchanged';
    }
    try {
      await this.#bring(next, current);
    } catch (error) {
      // Its lists may have come into force before it failed: then they are not taken back, and nothing has been refused.
      const left = inForce.current;
      await pool.listeners.configure(left.config, listenSpecsOf(left, sockets));
      if (left === next) throw error;
      return [refusalOf(error)];
    }
    inForce.replace(next);
    this.#wanted = wanted;
    await pool.listeners.configure(next.config, listenSpecsOf(next, sockets));
    logConfigWarnings(log, next);
    applied();
    log.event('info', 'config.applied', { listeners: next.config.listeners.length, lists: next.config.lists.length });
    return 'applied';
  }

  /** It does all that can fail. */
  async #bring(next: EffectiveConfig, current: EffectiveConfig): Promise<void> {
    const { pool, lists, sockets, publish } = this.#options;
    await pool.listeners.tryListeners(listenSpecsOf(next, sockets));
    if (next.rules.revision === current.rules.revision) return;
    await lists.change(next.config.lists, async (images) => await publish(images, next));
  }
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) return { reason: String(error) };
  const { message: reason } = error;
  return error instanceof ListenError ? { reason, where: { address: error.address, port: error.port } } : { reason };
}
