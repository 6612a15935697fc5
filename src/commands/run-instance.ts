/**
 * One instance from start to end, for `serve` and `demo`: start the control side, stop or reload when told, say in one
 * line why it could not be. It must not know what the instance does.
 */
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { ListenError } from '../lib/errors.ts';
import { holdPackage } from '../lib/memory-modules.ts';
import { loadNative } from '../lib/native.ts';
import type { Native } from '../lib/native.ts';
import { longRest } from '../lib/rest.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { VERSION } from '../lib/version.ts';
import { createLog } from '../observe/log.ts';
import type { Log } from '../observe/log.ts';
import { ControlFaults } from '../workers/control-faults.ts';
import { startControl } from '../workers/control-thread.ts';
import type { Control } from '../workers/control-thread.ts';
import { takeInheritedSockets } from '../workers/inherited-sockets.ts';
import type { InheritedSockets } from '../workers/inherited-sockets.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { ServiceManager } from './service-manager.ts';
import { serviceStatus } from './service-status.ts';
import { onStopSignals } from './stop-signals.ts';
import { printError, printErrors } from './terminal.ts';

/**
 * It resolves when the instance has ended.
 * @param whenReady is called once every listener is open.
 */
export async function runInstance(config: Config, whenReady: (control: Control) => void = () => {}): Promise<ExitCode> {
  const sockets = takeInheritedSockets(process.env, process.pid);
  const unfit = sockets.faults(config);
  if (unfit.length > 0) {
    printErrors(unfit.map((fault) => `${config.file}: ${fault}`));
    return EXIT.badConfig;
  }
  const log = createLog(config.log.level);
  const faults = new ControlFaults(log);
  faults.watch();
  const native = await loadNative();
  // 7 MB once it is loaded, which the first HTTPS list does, and 1 MB of text until then.
  holdPackage('undici');
  if (native === null && !sockets.isEmpty)
    log.event('warn', 'inherited_sockets.not_duplicated', {
      reason: 'koffi is missing: the end of a worker ends this process',
    });
  const service = new ServiceManager({ environment: process.env, pid: process.pid, native, log });
  return await run({ config, sockets, native, log, faults, service, whenReady });
}

interface Instance {
  readonly config: Config;
  readonly sockets: InheritedSockets;
  readonly native: Native | null;
  readonly log: Log;
  readonly faults: ControlFaults;
  readonly service: ServiceManager;
  readonly whenReady: (control: Control) => void;
}

async function run({ config, sockets, native, log, faults, service, whenReady }: Instance): Promise<ExitCode> {
  const stopped = Promise.withResolvers<void>();
  let running: Control | null = null;
  let isReloadAwaited = false;
  let isStopping = false;
  let isAtOnce = false;
  const stop = (why: string, atOnce: boolean): void => {
    isAtOnce ||= atOnce;
    if (atOnce) running?.endLameDuck();
    if (isStopping) return;
    isStopping = true;
    log.event('info', 'process.stopping', { reason: why });
    const { lameDuckMs, drainMs } = running?.shutdown ?? config.shutdown;
    service.stopping(lameDuckMs + drainMs);
    stopped.resolve();
  };
  onStopSignals({
    stop,
    reload: () => {
      log.event('info', 'reload.started');
      // Still starting: what has been read may be what was there before.
      if (running === null) isReloadAwaited = true;
      else void running.reload();
    },
    hasten: () => running?.endLameDuck() ?? false,
    abort: (exitCode) => endNow(log, exitCode),
  });
  const status = (): string => (running === null ? 'starting' : serviceStatus(running.view, steadyNow()));
  const events = {
    reloading: () => service.reloading(),
    reloaded: () => service.ready(status()),
    drainAsked: (atOnce: boolean) => stop('requested', atOnce),
  };
  try {
    const loadAgain = async (): Promise<LoadedConfig> => await loadConfig(config.file, process.env, longRest);
    const starting = startControl(config, {
      log,
      version: VERSION,
      loadConfig: loadAgain,
      sockets,
      native,
      faults,
      events,
    });
    const control = await Promise.race([starting, stopped.promise]);
    // Told to stop while starting: nothing is served yet, nothing needs to finish, and the start cannot be called off.
    if (control === undefined) return endNow(log, EXIT.ok);
    running = control;
    if (isReloadAwaited) void control.reload();
    service.watch(() => ({ status: status(), isUnrecoverable: control.isUnrecoverable }));
    void whenOpen(control, () => {
      service.ready(status());
      whenReady(control);
    });
    await Promise.race([control.closed, stopped.promise]);
    const { lameDuckMs, drainMs } = control.shutdown;
    await control.drain(drainMs, isAtOnce ? 0 : lameDuckMs);
    return EXIT.ok;
  } catch (error) {
    return explainFailure(error);
  } finally {
    log.flush();
  }
}

async function whenOpen(control: Control, act: () => void): Promise<void> {
  await control.ready;
  act();
}

function endNow(log: Log, exitCode: number): never {
  log.flush();
  process.exit(exitCode);
}

/** One line for the operator; the exit code for the script. */
export function explainFailure(error: unknown): ExitCode {
  if (error instanceof ListenError) {
    printError(error.message);
    return EXIT.unavailable;
  }
  printError(`cannot run: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.internal;
}
