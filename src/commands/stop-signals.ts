/**
 * What tells a running instance to stop or to reload: signals, and the end of whoever started it.
 *
 *   SIGTERM, SIGINT   stop in good order; a second one ends the process at once
 *   SIGHUP            read configuration and lists again
 *   IPC disconnect    the starter (`npm start`) is gone, perhaps by kill -9: stop, so that nothing is left behind
 */

export interface StopHandlers {
  readonly stop: (why: string) => void;
  readonly reload: () => void;
  /** A second signal: end now, with this exit code. */
  readonly abort: (exitCode: number) => void;
}

/** Ctrl-C under npm reaches us twice: from the terminal and forwarded by the starter. */
const SAME_KEYSTROKE_MS = 250;
const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Installed before anything is started, so that no early SIGHUP kills the process. */
export function onStopSignals(handlers: StopHandlers): void {
  let firstAt: number | null = null;
  const onSignal = (signal: keyof typeof NUMBERS): void => {
    const now = performance.now();
    if (firstAt === null) {
      firstAt = now;
      handlers.stop(signal);
    } else if (now - firstAt > SAME_KEYSTROKE_MS) {
      handlers.abort(128 + NUMBERS[signal]);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => handlers.reload());
  watchStarter(handlers);
}

function watchStarter({ stop }: StopHandlers): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once('disconnect', () => stop('disconnect'));
  // The channel alone must not keep the process alive.
  process.channel.unref();
}
