/**
 * What tells a running instance to stop or to reload: signals, and the end of whoever started it.
 *
 *   SIGTERM           stop in good order: lame duck, then drain
 *   SIGINT            somebody at a terminal waits: drain at once
 *   one more          one step on: from the lame duck to the drain, from the drain to the end
 *   SIGHUP            read configuration and lists again
 *   SIGUSR1, SIGUSR2  nothing: other servers open their logs anew, or start a successor, and here they would open a debugger, or end the process
 *   IPC disconnect    the starter (`npm start`) is gone, perhaps by kill -9: stop, so that nothing is left behind
 *
 * It must not stop anything itself.
 */
import { systemTime } from '../lib/time.ts';

export interface StopHandlers {
  /**
   * It may be called again.
   * @param isAtOnce without a lame duck, or no longer.
   */
  readonly stop: (why: string, isAtOnce: boolean) => void;
  readonly reload: () => void;
  /** A signal came that means nothing here. */
  readonly ignored?: (signal: string) => void;
  /**
   * One more signal ends a lame duck.
   * @returns false if there is none.
   */
  readonly hasten: () => boolean;
  /** One more signal ends the process now, with this exit code. */
  readonly abort: (exitCode: number) => void;
}

/** Ctrl-C under npm reaches us twice: from the terminal and forwarded by the starter. */
const SAME_KEYSTROKE_MS = 250;
const MEANINGLESS = ['SIGUSR1', 'SIGUSR2'] as const;
const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

let isReloadAwaited = false;

function awaitReload(): void {
  isReloadAwaited = true;
}

/**
 * Before modules and configuration are read, which takes its time on a busy machine: a SIGHUP would end the process, and a service manager takes that
 * for a clean end and starts it no more. What comes meanwhile is for `onStopSignals`; what means nothing, for nobody.
 */
export function holdReloads(): void {
  process.on('SIGHUP', awaitReload);
  for (const signal of MEANINGLESS) process.on(signal, () => {});
}

/** Installed before anything is started. */
export function onStopSignals(handlers: StopHandlers, time = systemTime): void {
  let lastAt: number | null = null;
  const onSignal = (signal: keyof typeof NUMBERS): void => {
    const now = time.now();
    if (lastAt !== null && now - lastAt <= SAME_KEYSTROKE_MS) return;
    const isFirst = lastAt === null;
    lastAt = now;
    if (isFirst) handlers.stop(signal, signal === 'SIGINT');
    else if (!handlers.hasten()) handlers.abort(128 + NUMBERS[signal]);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => handlers.reload());
  for (const signal of MEANINGLESS) process.on(signal, () => handlers.ignored?.(signal));
  process.off('SIGHUP', awaitReload);
  if (isReloadAwaited) handlers.reload();
  watchStarter(handlers);
}

function watchStarter({ stop }: StopHandlers): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once('disconnect', () => stop('disconnect', true));
  // The channel alone must not keep the process alive.
  process.channel.unref();
}
