/**
 * One instance from start to end, for `serve` and `demo`: start the control side, stop or reload when told, say in one
 * line why it could not be. It must not know what the instance does.
 */
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { ListenError, messageOf } from '../lib/errors.ts';
import { loadNative } from '../lib/native.ts';
import type { Native } from '../lib/native.ts';
import { loadNativeSockets } from '../lib/native-sockets.ts';
import type { NativeSockets } from '../lib/native-sockets.ts';
import { throttledYield } from '../lib/pauses.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { VERSION } from '../lib/version.ts';
import { loadLateModules } from '../list/source/late-modules.ts';
import { createLog } from '../observe/log.ts';
import { RecentLog } from '../observe/recent-log.ts';
import { ControlFaults } from '../workers/control-faults.ts';
import { startControl } from '../workers/control-thread.ts';
import type { Control } from '../workers/control-thread.ts';
import { takeInheritedSockets } from '../workers/inherited-sockets.ts';
import type { InheritedSockets } from '../workers/inherited-sockets.ts';
import { nativeFaults } from '../workers/native-needs.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { endWhenHeld, isHeld } from './held-end.ts';
import { ServiceManager } from './service-manager.ts';
import { serviceStatus } from './service-status.ts';
import { onStopSignals } from './stop-signals.ts';
import { printError, printErrors } from './terminal.ts';

interface InstanceHooks {
  /** It is called once every listener is open. */
  readonly whenReady?: (control: Control) => void;
  /** It changes each configuration that a reload has read. */
  readonly adapted?: (config: Config) => Config;
}

/** It resolves when the instance has ended. */
export async function runInstance(
  config: Config,
  { whenReady = () => {}, adapted = (read) => read }: InstanceHooks = {},
): Promise<ExitCode> {
  const sockets = takeInheritedSockets(process.env, process.pid);
  const nativeSockets = await loadNativeSockets();
  const unfit = [...sockets.faults(config), ...nativeFaults(config, sockets, nativeSockets)];
  if (unfit.length > 0) {
    printErrors(unfit.map((fault) => `${config.file}: ${fault}`));
    return EXIT.badConfig;
  }
  const time = systemTime;
  const log = new RecentLog(createLog(config.log), time);
  const faults = new ControlFaults(log);
  faults.watch();
  const native = await loadNative();
  await loadLateModules();
  if (native === null && !sockets.isEmpty)
    log.event('warn', 'inherited_sockets.not_duplicated', {
      reason: 'koffi is missing: if a worker exits, this process exits',
    });
  const service = new ServiceManager({ environment: process.env, pid: process.pid, native, log, time });
  const parts = { config, sockets, native, nativeSockets, log, faults, service, time, whenReady, adapted };
  return await new RunningInstance(parts).run();
}

interface InstanceParts {
  readonly config: Config;
  readonly sockets: InheritedSockets;
  readonly native: Native | null;
  readonly nativeSockets: NativeSockets | null;
  readonly log: RecentLog;
  readonly faults: ControlFaults;
  readonly service: ServiceManager;
  readonly time: Time;
  readonly whenReady: (control: Control) => void;
  readonly adapted: (config: Config) => Config;
}

/** Signals, the control socket and the service manager meet here; each may come before the instance has started. */
class RunningInstance {
  readonly #parts: InstanceParts;
  readonly #stopped = Promise.withResolvers<void>();
  #control: Control | null = null;
  #isReloadAwaited = false;
  #isStopping = false;
  #isAtOnce = false;
  #isOpening = false;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
  }

  async run(): Promise<ExitCode> {
    const { log } = this.#parts;
    onStopSignals({
      stop: (why, atOnce) => this.#stop(why, atOnce),
      reload: () => this.#reload(),
      ignored: (signal) => log.event('warn', 'signal.ignored', { signal }),
      hasten: () => this.#control?.endLameDuck() ?? false,
      abort: (exitCode) => this.#endNow(exitCode),
    });
    try {
      const start = this.#start();
      await Promise.race([start, this.#stopped.promise]);
      // Told to stop before anything listens: nothing needs to finish, and the start cannot be called off.
      if (this.#isStopping && !this.#isOpening) return this.#endNow(EXIT.ok);
      const control = await this.#inTime(start);
      this.#serve(control);
      await Promise.race([control.closed, this.#stopped.promise]);
      const { lameDuckMs, drainMs } = control.shutdown;
      await control.drain(drainMs, this.#isAtOnce ? 0 : lameDuckMs);
      return EXIT.ok;
    } catch (error) {
      return explainFailure(error);
    } finally {
      log.flush();
      endWhenHeld(this.#control?.isHeld === true);
    }
  }

  /** Once it is told to stop, listeners that are being opened have as long as what is under way would have. */
  async #inTime(start: Promise<Control>): Promise<Control> {
    const { log, config, time } = this.#parts;
    const { lameDuckMs, drainMs } = config.shutdown;
    const late = this.#stopped.promise.then(async () => await time.pause(lameDuckMs + drainMs, { ref: false }));
    const control = await Promise.race([start, late]);
    if (control !== undefined) return control;
    log.event('error', 'process.stop_failed', { stage: 'listeners', reason: 'they were not open in time' });
    return this.#endNow(EXIT.internal);
  }

  async #start(): Promise<Control> {
    const { config, sockets, native, nativeSockets, log, faults, service, time, adapted } = this.#parts;
    return await startControl(config, {
      log,
      time,
      recentLog: log,
      runtimeDirectory: runtimeDirectory(),
      version: VERSION,
      loadConfig: async () => {
        const loaded = await loadConfig(config.file, process.env, throttledYield);
        return loaded.ok ? { ...loaded, config: adapted(loaded.config) } : loaded;
      },
      sockets,
      native,
      nativeSockets,
      faults,
      events: {
        reloading: () => service.reloading(),
        reloaded: () => service.ready(this.#status()),
        opening: () => (this.#isOpening = true),
        drainAsked: (atOnce) => this.#stop('requested', atOnce),
      },
    });
  }

  #serve(control: Control): void {
    const { service, whenReady } = this.#parts;
    this.#control = control;
    if (this.#isReloadAwaited) void control.reload();
    service.watch(() => ({ status: this.#status(), isUnrecoverable: control.isUnrecoverable }));
    void whenOpen(control, () => {
      service.ready(this.#status());
      whenReady(control);
    });
  }

  #stop(why: string, atOnce: boolean): void {
    const { config, log, service } = this.#parts;
    this.#isAtOnce ||= atOnce;
    if (atOnce) this.#control?.endLameDuck();
    if (this.#isStopping) return;
    this.#isStopping = true;
    log.event('info', 'process.stopping', { reason: why });
    const { lameDuckMs, drainMs } = this.#control?.shutdown ?? config.shutdown;
    service.stopping(lameDuckMs + drainMs);
    this.#stopped.resolve();
  }

  #reload(): void {
    this.#parts.log.event('info', 'reload.started');
    // Still starting: what has been read may be what was there before.
    if (this.#control === null) this.#isReloadAwaited = true;
    else void this.#control.reload();
  }

  #endNow(exitCode: number): never {
    const { log, native } = this.#parts;
    log.flush();
    if (isHeld()) native?.exit(exitCode);
    process.exit(exitCode);
  }

  #status(): string {
    return this.#control === null ? 'starting' : serviceStatus(this.#control.view, steadyNow(this.#parts.time));
  }
}

async function whenOpen(control: Control, act: () => void): Promise<void> {
  await control.ready;
  act();
}

/** One line for the operator; the exit code for the script. */
export function explainFailure(error: unknown): ExitCode {
  if (error instanceof ListenError) {
    printError(error.message);
    return EXIT.unavailable;
  }
  printError(`cannot run: ${messageOf(error)}`);
  return EXIT.internal;
}

/** systemd's RuntimeDirectory=, the first if there are several; null: there is none. */
function runtimeDirectory(): string | null {
  return (process.env['RUNTIME_DIRECTORY'] ?? '').split(':').find((path) => path !== '') ?? null;
}
