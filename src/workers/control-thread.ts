/**
 * The composition root of the control side: lists, admin, metrics, and the data threads it starts and feeds.
 *
 *   counters ─▶ admin ─▶ workers ─▶ lists ─▶ first generation ─▶ listen ─▶ ready          (each needs the one before)
 *
 * Fail policy (ADR 0005): the admin side answers from the first moment; no listener opens before every list is in force;
 * a list that is missing is tried again; afterwards nothing that happens here stops the data threads from filtering.
 * It must not see a request.
 */
import type { Config, ListConfig, ShutdownConfig } from '../config/types.ts';
import { startAdmin } from '../admin/server.ts';
import type { Admin } from '../admin/server.ts';
import { ControlSocket } from '../admin/control-socket.ts';
import type { ControlSocketFault } from '../admin/control-socket.ts';
import type { LoadedConfig } from '../config/load.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { holdModules } from '../lib/memory-modules.ts';
import type { Native } from '../lib/native.ts';
import { loadPseudonym } from '../lib/pseudonym.ts';
import { longRest } from '../lib/rest.ts';
import { COMPILE_THREAD } from '../list/text/compile-job.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { ListUpdater } from '../list/updater.ts';
import { openSource } from '../list/source/open-source.ts';
import type { ListSource } from '../list/source/source.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { Bypass } from './bypass.ts';
import { controlCommands } from './control-commands.ts';
import type { ControlFaults } from './control-faults.ts';
import { instanceView } from './instance-view.ts';
import { COUNTER_LAYOUT, SlotRegister } from './counter-slots.ts';
import { DescriptorWatch, descriptorLimit } from './descriptor-watch.ts';
import { GradualDiscard } from '../memory/gradual-discard.ts';
import { HangWatch } from './hang-watch.ts';
import { InheritedSockets } from './inherited-sockets.ts';
import { LameDuck } from './lame-duck.ts';
import { listenSpecs } from './listen-specs.ts';
import { MemoryTrim } from '../memory/memory-trim.ts';
import { CONTROL_BYTES } from './messages.ts';
import type { DataThreadInput, ListRules } from './messages.ts';
import { Reloader } from './reload.ts';
import type { ControlEvents } from './reload.ts';
import { logLowered, effectiveConfig } from './effective-config.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { sharedListeners } from './shared-listeners.ts';
import { SnapshotSwap } from './snapshot-swap.ts';
import { UnsentBound } from '../memory/unsent-bound.ts';
import { WorkerPool } from './worker-pool.ts';
import type { ListenSpecsOf } from './pool-listeners.ts';
import { allocateYoung, boundThisThreadOnly } from '../memory/young-generation.ts';

const DATA_THREAD = new URL('./data-thread.ts', import.meta.url);

export interface ControlOptions {
  readonly log: Log;
  readonly version: string;
  /** The data thread's file; another one in tests. */
  readonly workerFile?: URL;
  readonly source?: (config: ListConfig) => ListSource;
  /** Milliseconds a worker may take to acknowledge a snapshot; `supervision.hangTimeout` unless told. */
  readonly acknowledgeMs?: number;
  /** Reads the configuration again at a reload; without it a reload concerns the lists only. */
  readonly loadConfig?: () => Promise<LoadedConfig>;
  /** Sockets of the service manager. */
  readonly sockets?: InheritedSockets;
  /** Null: this machine has none. */
  readonly native?: Native | null;
  /** Of the whole process; none are counted without it. */
  readonly faults?: ControlFaults;
  /** Told what a service manager wants to know. */
  readonly events?: ControlEvents;
}

export interface Control {
  readonly view: ControlView;
  readonly admin: { readonly address: string; readonly port: number };
  /** Real ports by listener; null until they listen. */
  readonly ports: readonly number[] | null;
  /** What `shutdown` grants now. */
  readonly shutdown: ShutdownConfig;
  /** No worker answers and none can be ended: a new process is needed. */
  readonly isUnrecoverable: boolean;
  /** Resolves once every listener is open; later than the start where a list was unusable. Never rejects. */
  readonly ready: Promise<void>;
  /** Resolves after `drain`; rejects (ListenError) where listeners could not be opened after a late first load. */
  readonly closed: Promise<void>;
  /** Reads configuration and lists again; resolves when all are judged and, where good, in force. Null: too late, it ends. Never rejects. */
  reload(): Promise<ReloadReport | null>;
  /** Says that it is not ready for so long, then stops accepting, lets what is under way finish within the bound, then ends workers and admin. */
  drain(drainMs: number, lameDuckMs?: number): Promise<void>;
  /** Goes on with the drain at once. False: there is no lame duck under way. */
  endLameDuck(): boolean;
}

/**
 * Resolves when the listeners are open, or, where a list is unusable, when all have been tried once. Rejects with
 * ListenError (code `address_in_use` …, `key`) where an address cannot be had; then nothing is left running.
 */
export async function startControl(config: Config, options: ControlOptions): Promise<Control> {
  boundThisThreadOnly();
  allocateYoung();
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
  readonly #options: ControlOptions;
  readonly #state = new SharedArrayBuffer(CONTROL_BYTES);
  readonly #counters: SharedArrayBuffer;
  readonly #sockets: InheritedSockets;
  readonly #pool: WorkerPool;
  readonly #hangWatch: HangWatch;
  readonly #memoryTrim: MemoryTrim;
  readonly #unsentBound: UnsentBound;
  readonly #swap: SnapshotSwap;
  readonly #lists: ListUpdater;
  readonly #bypass: Bypass;
  readonly #reloader: Reloader;
  readonly #lameDuck = new LameDuck();
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #settings: EffectiveConfig;
  #pseudonym = '';
  #admin: Admin | null = null;
  #descriptorWatch: DescriptorWatch | null = null;
  #controlSocket: ControlSocket | null = null;
  #opening: Promise<void> | null = null;
  #logged: ReadonlyMap<string, ReturnType<ControlView['listeners']>[number]> = new Map();
  #isOpen = false;
  #isDraining = false;

  constructor(config: Config, options: ControlOptions) {
    const { log } = options;
    const register = new SlotRegister();
    const settings = effectiveConfig(config, register, {
      now: steadyNow(),
      revision: 1,
      descriptorLimit: descriptorLimit(),
    });
    if (settings === null)
      throw new CleanfeedError('internal', 'counter_slots', 'a configuration has more names than counters');
    this.#settings = settings;
    this.#options = options;
    this.#sockets = options.sockets ?? InheritedSockets.NONE;
    this.#counters = new SharedArrayBuffer(COUNTER_LAYOUT.bytes(config.workers));
    const control = new Int32Array(this.#state);
    this.#unsentBound = new UnsentBound(options.native ?? null);
    this.#pool = this.#createPool(config.workers);
    const hangTimeoutMs = (): number => this.#settings.config.supervision.hangTimeoutMs;
    this.#hangWatch = new HangWatch({
      control,
      workers: () => this.#pool.alive,
      hangTimeoutMs,
      onHung: (worker, quietMs) => this.#pool.replace(worker, 'heartbeat', quietMs),
    });
    this.#memoryTrim = new MemoryTrim(options.native ?? null);
    this.#swap = new SnapshotSwap({
      control,
      pool: this.#pool,
      acknowledgeMs: () => options.acknowledgeMs ?? hangTimeoutMs(),
      discards: new GradualDiscard((bytes) => options.native?.discard(bytes), longRest),
      leased: () => this.#memoryTrim.oftenWhile(() => this.#swap.isFilling),
    });
    this.#bypass = new Bypass(control, log);
    this.#lists = new ListUpdater(config.lists, {
      // One key for all text lists: they share one segment. Made here and never written anywhere.
      keys: randomSegmentKeys(),
      memory: this.#swap,
      log,
      now: steadyNow,
      source: options.source ?? ((list) => openSource(list, config.state.directory)),
      publish: async (images) => await this.#publish(images, this.#settings.rules),
    });
    this.#reloader = new Reloader({
      log,
      register,
      pool: this.#pool,
      lists: this.#lists,
      sockets: this.#sockets,
      loadConfig: options.loadConfig ?? null,
      events: options.events ?? null,
      settings: () => this.#settings,
      listenSpecs: (next) => this.#listenSpecs(next),
      publish: async (images, next) => {
        const generation = await this.#swap.publish(images, next.rules);
        this.#settings = next;
        this.#openOnce();
        this.#memoryTrim.now();
        return generation;
      },
      adopt: (next) => {
        this.#settings = next;
      },
    });
    this.view = instanceView({
      settings: () => this.#settings,
      configFaults: () => this.#reloader.configFaults,
      sockets: this.#sockets,
      version: options.version,
      startedAt: steadyNow(),
      controlFault: () => this.#controlSocket?.fault?.reason ?? null,
      pool: this.#pool,
      swap: this.#swap,
      lists: this.#lists,
      bypass: this.#bypass,
      uncaughtFaults: () => options.faults?.counts ?? { exception: 0, rejection: 0 },
      isDraining: () => this.#isDraining,
      isOpen: () => this.#isOpen,
    });
    this.ready = this.#ready.promise;
    this.closed = this.#closed.promise;
    // Whoever does not wait for it must not be ended by its rejection.
    this.closed.catch(() => {});
  }

  get admin(): { readonly address: string; readonly port: number } {
    const { address, port } = this.#settings.config.admin;
    return { address, port: this.#admin?.port ?? port };
  }

  get ports(): readonly number[] | null {
    const ports = this.view.listeners().map(({ port }) => port);
    return ports.every((port) => port !== null) ? ports : null;
  }

  get shutdown(): ShutdownConfig {
    return this.#settings.config.shutdown;
  }

  get isUnrecoverable(): boolean {
    return this.#pool.isUnrecoverable;
  }

  async start(): Promise<void> {
    const { log } = this.#options;
    const { config } = this.#settings;
    const holding = holdModules([this.#options.workerFile ?? DATA_THREAD, COMPILE_THREAD]);
    // Read beside the steps below; one of them may fail first.
    holding.catch(() => {});
    const pseudonym = await loadPseudonym(config.state.directory);
    this.#pseudonym = pseudonym.value;
    if (pseudonym.warning !== null) log.event('warn', 'state.not_writable', { reason: pseudonym.warning });
    await this.#openAdmin();
    logLowered(log, this.#settings);
    const shared = await sharedListeners(this.#listenSpecs(this.#settings)(0));
    for (const {
      listener: { name, address, port },
    } of shared)
      log.event('warn', 'listener.shared', { listener: name, address, port });
    await holding;
    this.#pool.start();
    this.#hangWatch.start();
    this.#memoryTrim.start();
    await Promise.race([this.#lists.start(), this.#pool.fatal]);
    if (this.#opening !== null) await this.#opening;
    else log.event('error', 'process.not_ready', { reason: this.#lists.missing().join('; ') });
    // From here on nobody waits for these.
    this.#pool.fatal.catch((error: unknown) => void this.#giveUp(error));
  }

  async reload(): Promise<ReloadReport | null> {
    if (this.#isDraining) return null;
    const outcome = await this.#reloader.reload();
    if (this.#isDraining) return null;
    if (outcome.configuration === 'applied' && this.ports !== null) this.#logListeners();
    return outcome;
  }

  async drain(drainMs: number, lameDuckMs = 0): Promise<void> {
    if (this.#isDraining) return await this.closed;
    this.#isDraining = true;
    // Nobody was sent here as long as nobody listened.
    if (lameDuckMs > 0 && this.ports !== null) await this.#beLameDuck(lameDuckMs);
    this.#options.log.event('info', 'process.draining', { deadlineMs: drainMs });
    this.#lists.close();
    this.#bypass.off('shutdown');
    await this.#pool.drain(drainMs);
    await this.#closeAdmin();
    this.#options.log.event('info', 'process.stopped');
    this.#closed.resolve();
  }

  endLameDuck(): boolean {
    return this.#lameDuck.end();
  }

  async #beLameDuck(forMs: number): Promise<void> {
    this.#options.log.event('info', 'process.lame_duck', { durationMs: forMs });
    this.#pool.beLameDuck();
    await this.#lameDuck.last(forMs);
  }

  /** After a start that failed: nothing is left running. */
  async abandon(): Promise<void> {
    this.#isDraining = true;
    this.#lists.close();
    await this.#pool.close();
    await this.#closeAdmin();
  }

  async #openAdmin(): Promise<void> {
    const { log, version, events } = this.#options;
    const { config } = this.#settings;
    const { view } = this;
    const settings = (): EffectiveConfig => this.#settings;
    const metrics = createMetrics({
      config: () => settings().config,
      slots: () => settings().slots,
      layout: COUNTER_LAYOUT,
      counters: this.#counters,
      view,
      now: steadyNow,
    });
    this.#descriptorWatch = new DescriptorWatch(log, () => metrics.traffic());
    this.#descriptorWatch.start();
    this.#admin = await startAdmin(config.admin, { view, metrics, now: steadyNow });
    log.event('info', 'process.started', {
      version,
      node: process.version,
      workers: config.workers,
      address: this.admin.address,
      port: this.admin.port,
    });
    const commands = controlCommands({
      view,
      bypass: this.#bypass,
      traffic: () => metrics.traffic(),
      settings,
      reload: async () => await this.reload(),
      drain: events?.drainAsked ?? null,
    });
    const changed = (fault: ControlSocketFault | null): void => logControlSocket(log, config.control.socket, fault);
    this.#controlSocket = await ControlSocket.start({
      path: config.control.socket,
      file: config.file,
      commands,
      changed,
    });
  }

  async #closeAdmin(): Promise<void> {
    this.#hangWatch.stop();
    this.#descriptorWatch?.stop();
    this.#memoryTrim.stop();
    await this.#controlSocket?.close();
    await this.#admin?.close();
  }

  #createPool(workers: number): WorkerPool {
    const { log, native = null, workerFile } = this.#options;
    return new WorkerPool({
      workers,
      file: workerFile ?? DATA_THREAD,
      log,
      now: steadyNow,
      input: (worker) => this.#input(worker),
      listening: () => void this.#unsentBound.listening(),
      handOver: {
        outlives: native !== null,
        descriptor: (original) => native?.duplicate(original) ?? original,
      },
    });
  }

  #listenSpecs({ config, slots }: EffectiveConfig): ListenSpecsOf {
    return (worker) => listenSpecs(config, slots, this.#sockets, worker);
  }

  #input(worker: number): DataThreadInput {
    const { config, rules } = this.#settings;
    return {
      config,
      rules,
      worker,
      control: this.#state,
      counters: this.#counters,
      pseudonym: this.#pseudonym,
      admin: this.admin,
    };
  }

  async #publish(images: readonly SegmentImage[], rules: ListRules): Promise<number> {
    const generation = await this.#swap.publish(images, rules);
    this.#openOnce();
    this.#memoryTrim.now();
    return generation;
  }

  /** The first snapshot in force opens the listeners. */
  #openOnce(): void {
    if (this.#opening !== null) return;
    this.#opening = this.#open();
    this.#opening.catch((error: unknown) => void this.#giveUp(error));
  }

  async #open(): Promise<void> {
    await this.#pool.listeners.listen(this.#listenSpecs(this.#settings));
    await this.#unsentBound.listening();
    this.#logListeners();
    this.#isOpen = true;
    this.#ready.resolve();
  }

  /** Those that have opened since it was last called, and those that are no more. */
  #logListeners(): void {
    const open = new Map(
      this.view.listeners().map((listener) => [`${listener.name} ${listener.address} ${listener.port}`, listener]),
    );
    for (const [key, { name, address, port }] of open)
      if (!this.#logged.has(key))
        this.#options.log.event('info', 'listener.opened', { listener: name, address, port: port ?? 0 });
    for (const [key, { name }] of this.#logged)
      if (!open.has(key)) this.#options.log.event('info', 'listener.closed', { listener: name });
    this.#logged = open;
  }

  async #giveUp(error: unknown): Promise<void> {
    if (this.#isDraining) return;
    await this.abandon();
    this.#closed.reject(error);
  }
}

/** Without it nobody can switch a bypass on in an incident: said at the level of an error. */
function logControlSocket(log: Log, socket: string, fault: ControlSocketFault | null): void {
  if (fault === null) log.event('info', 'control_socket.available', { socket });
  else if (fault.kind === 'taken') log.event('error', 'control_socket.in_use', { socket, owner: fault.owner });
  else log.event('error', 'control_socket.unavailable', { reason: fault.reason });
}
