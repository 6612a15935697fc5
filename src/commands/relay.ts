/**
 * `cleanfeed relay`: fetches a clearing house's flat file at its interval and publishes what has changed to the nodes, until it is told to stop.
 * It logs JSON lines to standard error: figures; it must not log an address.
 *
 * Exit: 0 stopped, or with --once: published or nothing new; 65 with --once: the file cannot be used, or the change is held; 78
 * a configuration with errors, or with --once a publisher that cannot work.
 */
import { loadRelay } from '../config/relay.ts';
import { CleanfeedError, fileFault, originOf, unless } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { loadLateHttp } from '../list/source/late-modules.ts';
import { createLog } from '../observe/log.ts';
import type { Log } from '../observe/log.ts';
import { checkApart } from '../publish/create.ts';
import { holdEmitThread } from '../publish/emit/emit-pool.ts';
import { Relay, type Pass } from '../republish/relay.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { onStopSignals } from './stop-signals.ts';
import { printError, printFaults } from './terminal.ts';

export interface RelayCommand {
  /** One pass, whose outcome is the exit code. */
  readonly once: boolean;
  /** Digits of a held change. */
  readonly accept: string | null;
}

/** Milliseconds to the next attempt after a failure; doubled with each, up to the interval. */
const RETRY_MS = 30_000;

export async function relay(file: string, { once, accept }: RelayCommand, time = systemTime): Promise<ExitCode> {
  const loaded = await loadRelay(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.badConfig;
  }
  const { config } = loaded;
  try {
    checkApart(config.publish);
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(error.message);
    return EXIT.badConfig;
  }
  const log = createLog(config.log);
  const stopping = new AbortController();
  const one = new Relay(config, time.wall, stopping.signal);
  try {
    if (!once && accept === null) await holdRelease(config.source.kind);
    if (once || accept !== null) return await passLogged(one, log, { accept, signal: stopping.signal });
    await repeat(one, log, { intervalMs: config.intervalMs, stopping, time });
    return EXIT.ok;
  } finally {
    one.close();
    log.flush();
  }
}

/** What a pass may load later: the release may have been replaced by then. */
async function holdRelease(source: 'file' | 'https'): Promise<void> {
  if (source === 'https') await loadLateHttp();
  await holdEmitThread();
}

interface Repeating {
  readonly intervalMs: number;
  readonly stopping: AbortController;
  readonly time: Time;
}

/** Resolves when it is told to stop; a pass under way is broken off where nothing is left half written, and the next start goes on. */
async function repeat(one: Relay, log: Log, { intervalMs, stopping, time }: Repeating): Promise<void> {
  const { signal: stop } = stopping;
  const wake = { now: new AbortController() };
  onStopSignals({
    stop: () => stopping.abort(),
    reload: () => wake.now.abort(),
    hasten: () => false,
    abort: (exitCode) => process.exit(exitCode),
  });
  let failures = 0;
  while (!stop.aborted) {
    wake.now = new AbortController();
    const exit = await passLogged(one, log, { accept: null, signal: stop });
    failures = exit === EXIT.ok ? 0 : failures + 1;
    const waitMs = failures === 0 ? intervalMs : Math.min(intervalMs, RETRY_MS * 2 ** (failures - 1));
    const signal = AbortSignal.any([stop, wake.now.signal]);
    await time.pause(waitMs, { signal }).catch(unless('ABORT_ERR'));
  }
}

async function passLogged(
  one: Relay,
  log: Log,
  { accept, signal }: { readonly accept: string | null; readonly signal: AbortSignal },
): Promise<ExitCode> {
  try {
    const pass = await one.pass(accept);
    return logged(log, pass, loggedBehind(log, one));
  } catch (error) {
    loggedBehind(log, one);
    // Whatever it says, that is why.
    if (signal.aborted) {
      log.event('info', 'relay.interrupted');
      return EXIT.ok;
    }
    const fault = error instanceof CleanfeedError ? null : fileFault(error);
    if (fault !== null) {
      log.event('error', 'relay.failed', { code: 'publisher_state', reason: fault });
      return EXIT.badConfig;
    }
    if (!(error instanceof CleanfeedError)) {
      log.event('error', 'relay.failed', { code: 'internal', reason: originOf(error) });
      return EXIT.internal;
    }
    log.event('error', 'relay.failed', { code: error.code, reason: error.message });
    return error.side === 'list' ? EXIT.badList : EXIT.badConfig;
  }
}

/** @returns whether no node takes what is signed now. */
function loggedBehind(log: Log, { outrun }: Relay): boolean {
  const isBehind = outrun.size > 0;
  for (const [recipient, version] of outrun) log.event('error', 'relay.keys_behind', { recipient, version });
  outrun.clear();
  return isBehind;
}

function logged(log: Log, { outcome, overdue }: Pass, isBehind: boolean): ExitCode {
  for (const reason of overdue ?? []) log.event('warn', 'relay.signatures_late', { reason });
  const taken = isBehind ? EXIT.badConfig : EXIT.ok;
  switch (outcome.kind) {
    case 'unchanged':
      log.event('debug', 'relay.unchanged');
      return taken;
    case 'published': {
      const { kind: _, ...figures } = outcome;
      log.event('info', 'relay.published', figures);
      return taken;
    }
    case 'held': {
      const { kind: _, ...figures } = outcome;
      log.event('error', 'relay.held', figures);
      return EXIT.badList;
    }
  }
}
