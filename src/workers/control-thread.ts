/**
 * The composition root of the control side: lists, admin, metrics, and the data threads it starts and feeds.
 *
 *   counters ─▶ admin ─▶ workers ─▶ lists ─▶ first generation ─▶ listen ─▶ ready          (each needs the one before)
 *
 * Fail policy (ADR 0005): the admin side answers from the first moment; no listener opens before every list is in force;
 * a list that is missing is tried again; afterwards nothing that happens here stops the data threads from filtering.
 * It must not see a request.
 */
import type { Config, ListConfig } from '../config/types.ts';
import { startAdmin } from '../admin/server.ts';
import type { Admin } from '../admin/server.ts';
import { loadPseudonym } from '../lib/pseudonym.ts';
import { ListManager } from '../list/manager.ts';
import { openSource } from '../list/sources.ts';
import type { ListSourceReader } from '../list/source.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { ControlView } from '../observe/control-view.ts';
import { counterLayout } from '../observe/counters.ts';
import type { Log } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { controlView } from './control-view.ts';
import { CONTROL_BYTES } from './messages.ts';
import type { DataThreadInput } from './messages.ts';
import { SnapshotSwap } from './snapshot-swap.ts';
import { WorkerPool } from './worker-pool.ts';

export interface ControlOptions {
  readonly log: Log;
  readonly version: string;
  /** The data thread's file; another one in tests. */
  readonly workerFile?: URL;
  readonly source?: (config: ListConfig) => ListSourceReader;
  /** Milliseconds a worker may take to acknowledge a snapshot before it counts as silent. */
  readonly acknowledgeMs?: number;
}

export interface Control {
  readonly view: ControlView;
  readonly admin: { readonly address: string; readonly port: number };
  /** Real ports by listener; null until they listen. */
  readonly ports: readonly number[] | null;
  /** Resolves once every listener is open; later than the start where a list was unusable. Never rejects. */
  readonly ready: Promise<void>;
  /** Resolves after `drain`; rejects (ListenError) where listeners could not be opened after a late first load. */
  readonly closed: Promise<void>;
  /** Reads every list again; resolves when all are judged and, where good, in force. */
  reload(): Promise<void>;
  /** Stops accepting, lets what is under way finish within the bound, then ends workers and admin. */
  drain(deadlineMs: number): Promise<void>;
}

const ACKNOWLEDGE_MS = 10_000;

/**
 * Resolves when the listeners are open, or, where a list is unusable, when all have been tried once. Rejects with
 * ListenError (code `address_in_use` …, `key`) where an address cannot be had; then nothing is left running.
 */
export async function startControl(config: Config, options: ControlOptions): Promise<Control> {
  const control = new ControlThread(config, options);
  try {
    await control.start();
    return control;
  } catch (error) {
    await control.abandon();
    throw error;
  }
}

class ControlThread implements Control {
  readonly view: ControlView;
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #config: Config;
  readonly #options: ControlOptions;
  readonly #state = new SharedArrayBuffer(CONTROL_BYTES);
  readonly #counters: SharedArrayBuffer;
  readonly #pool: WorkerPool;
  readonly #swap: SnapshotSwap;
  readonly #lists: ListManager;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #pseudonym = '';
  #admin: Admin | null = null;
  #opening: Promise<void> | null = null;
  #isDraining = false;

  constructor(config: Config, options: ControlOptions) {
    const { log, acknowledgeMs = ACKNOWLEDGE_MS } = options;
    this.#config = config;
    this.#options = options;
    this.#counters = new SharedArrayBuffer(counterLayout(config).bytes(config.workers));
    const file = options.workerFile ?? new URL('./data-thread.ts', import.meta.url);
    this.#pool = new WorkerPool({ config, file, log, now: Date.now, input: (worker) => this.#input(worker) });
    this.#swap = new SnapshotSwap({ control: new Int32Array(this.#state), pool: this.#pool, log, acknowledgeMs });
    this.#lists = new ListManager(config.lists, {
      // One key for all text lists: they share one segment. Made here and never written anywhere.
      keys: randomSegmentKeys(),
      log,
      now: Date.now,
      source: options.source ?? ((list) => openSource(list, config.state.directory)),
      publish: async (images) => await this.#publish(images),
    });
    this.view = controlView({
      config,
      version: options.version,
      startedAt: Date.now(),
      pool: this.#pool,
      swap: this.#swap,
      lists: this.#lists,
      isDraining: () => this.#isDraining,
    });
    this.ready = this.#ready.promise;
    this.closed = this.#closed.promise;
    // Whoever does not wait for it must not be ended by its rejection.
    this.closed.catch(() => {});
  }

  get admin(): { readonly address: string; readonly port: number } {
    return { address: this.#config.admin.address, port: this.#admin?.port ?? this.#config.admin.port };
  }

  get ports(): readonly number[] | null {
    return this.#pool.ports;
  }

  async start(): Promise<void> {
    const { view } = this;
    const { log, version } = this.#options;
    const pseudonym = await loadPseudonym(this.#config.state.directory);
    this.#pseudonym = pseudonym.value;
    if (pseudonym.warning !== null) log.event('warn', 'state.unusable', { reason: pseudonym.warning });
    const metrics = createMetrics({ config: this.#config, counters: this.#counters, view, now: Date.now });
    this.#admin = await startAdmin(this.#config.admin, { view, metrics, now: Date.now });
    log.event('info', 'control.started', { version, node: process.version, workers: this.#config.workers, address: this.admin.address, port: this.admin.port });
    this.#pool.start();
    await Promise.race([this.#lists.start(), this.#pool.fatal]);
    if (this.#opening !== null) await this.#opening;
    else log.event('error', 'control.not_ready', { reason: this.#lists.missing().join('; ') });
    // From here on nobody waits for these.
    this.#pool.fatal.catch((error: unknown) => void this.#giveUp(error));
  }

  async reload(): Promise<void> {
    await this.#lists.reload();
  }

  async drain(deadlineMs: number): Promise<void> {
    if (this.#isDraining) return await this.closed;
    this.#isDraining = true;
    this.#options.log.event('info', 'control.draining', { deadlineMs });
    this.#lists.close();
    await this.#pool.drain(deadlineMs);
    await this.#admin?.close();
    this.#options.log.event('info', 'control.ended');
    this.#closed.resolve();
  }

  /** After a start that failed: nothing is left running. */
  async abandon(): Promise<void> {
    this.#isDraining = true;
    this.#lists.close();
    await this.#pool.close();
    await this.#admin?.close();
  }

  #input(worker: number): DataThreadInput {
    return {
      config: this.#config,
      worker,
      control: this.#state,
      counters: this.#counters,
      pseudonym: this.#pseudonym,
      admin: this.admin,
    };
  }

  /** The first snapshot in force opens the listeners. */
  async #publish(images: readonly SegmentImage[]): Promise<number> {
    const generation = await this.#swap.publish(images);
    if (this.#opening === null) {
      this.#opening = this.#open();
      this.#opening.catch((error: unknown) => void this.#giveUp(error));
    }
    return generation;
  }

  async #open(): Promise<void> {
    const { listeners } = this.#config;
    const ports = await this.#pool.listen(listeners.map(({ port }) => port));
    for (const [i, { name, address, port }] of listeners.entries()) {
      this.#options.log.event('info', 'listener.open', { listener: name, address, port: ports[i] ?? port });
    }
    this.#ready.resolve();
  }

  async #giveUp(error: unknown): Promise<void> {
    if (this.#isDraining) return;
    await this.abandon();
    this.#closed.reject(error);
  }
}
