/**
 * One instance from start to end, for `serve` and `demo`: start the control side, stop or reload when told, say in one
 * line why it could not be. It must not know what the instance does.
 */
import type { Config } from '../config/types.ts';
import { ListenError } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import { createLog } from '../observe/log.ts';
import type { Log } from '../observe/log.ts';
import { startControl } from '../workers/control-thread.ts';
import type { Control } from '../workers/control-thread.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { onStopSignals } from './stop-signals.ts';
import { complain } from './terminal.ts';

/** `whenReady` is called once every listener is open. Resolves when the instance has ended. */
export async function runInstance(config: Config, whenReady: (control: Control) => void = () => {}): Promise<ExitCode> {
  const log = createLog(config.log.level);
  const stopped = Promise.withResolvers<void>();
  let running: Control | null = null;
  onStopSignals({
    stop: (why) => {
      log.event('info', 'process.stopping', { why });
      stopped.resolve();
    },
    reload: () => {
      log.event('info', 'lists.reloading');
      void running?.reload();
    },
    abort: (exitCode) => endNow(log, exitCode),
  });
  try {
    const control = await Promise.race([startControl(config, { log, version: VERSION }), stopped.promise]);
    // Told to stop while starting: nothing is served yet, nothing needs to finish, and the start cannot be called off.
    if (control === undefined) return endNow(log, EXIT.ok);
    running = control;
    void control.ready.then(() => whenReady(control));
    await Promise.race([control.closed, stopped.promise]);
    await control.drain(config.shutdown.drainMs);
    return EXIT.ok;
  } catch (error) {
    return explainFailure(error);
  } finally {
    log.flush();
  }
}

function endNow(log: Log, exitCode: number): never {
  log.flush();
  process.exit(exitCode);
}

/** One line for the operator; the exit code for the script. */
export function explainFailure(error: unknown): ExitCode {
  if (error instanceof ListenError) {
    complain(error.message);
    return EXIT.unavailable;
  }
  complain(`cannot run: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.internal;
}
