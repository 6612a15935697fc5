/**
 * `cleanfeed guard`: the process that takes the filter out of the path of the traffic when it does not answer, until it is told to stop.
 * `cleanfeed guard status` asks the one that runs.
 *
 * Exit: 0 stopped, or its status is shown; 69 an address that is in use, or no guard runs; 78 a configuration with errors, or without `guard`.
 * It must not load what serves: it has to live while that does not.
 */
import { text } from 'node:stream/consumers';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { Guard } from '../guard/guard.ts';
import { GUARD_REPORT, inOneLine, type ReadGuardReport } from '../guard/report.ts';
import type { GuardSettings } from '../guard/settings.ts';
import { CleanfeedError, ListenError } from '../lib/errors.ts';
import { get } from '../lib/http.ts';
import { jsonAs } from '../lib/json-shapes.ts';
import { loadNative } from '../lib/native.ts';
import { systemTime } from '../lib/time.ts';
import { VERSION } from '../lib/version.ts';
import { createLog } from '../observe/log.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { guardSettings } from './guard-settings.ts';
import { ServiceManager } from './service-manager.ts';
import { onStopSignals } from './stop-signals.ts';
import { print, printError, printJson, printFaults } from './terminal.ts';

/** Milliseconds for the running guard to answer. */
const STATUS_MS = 5000;
/** Milliseconds that the last commands may take at the guard's own end, as the service manager is told. */
const STOP_MS = 10_000;

export async function guard(
  file: string,
  { what, json }: { readonly what: 'status' | null; readonly json: boolean },
): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  const config = loaded.ok ? loaded.config : null;
  if (!loaded.ok) printFaults(loaded.faults);
  if (config === null) return EXIT.badConfig;
  if (config.guard === null) {
    printError(`${file}: guard: there is none; docs/guard.md tells what it needs`);
    return EXIT.badConfig;
  }
  const settings = guardSettings(config, config.guard, process.env['RUNTIME_DIRECTORY']);
  return what === 'status' ? await showStatus(settings, json) : await run(config, settings);
}

async function run({ log: settingsOfLog }: Config, settings: GuardSettings): Promise<ExitCode> {
  const time = systemTime;
  const log = createLog(settingsOfLog);
  const native = await loadNative();
  const service = new ServiceManager({ environment: process.env, pid: process.pid, native, log, time });
  const stopping = Promise.withResolvers<void>();
  onStopSignals({
    stop: () => stopping.resolve(),
    // It is started again for a new configuration; the path stays as it is meanwhile.
    reload: () => {},
    hasten: () => false,
    abort: (exitCode) => process.exit(exitCode),
  });
  try {
    const running = await Guard.start(settings, { log, version: VERSION, time });
    service.watch(() => ({ status: inOneLine(running.report()), isUnrecoverable: false }));
    service.ready(inOneLine(running.report()));
    await stopping.promise;
    service.stopping(STOP_MS);
    running.stop();
    await running.ended;
    log.event('info', 'guard.stopped', { position: running.report().position });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    printError(error.message);
    return EXIT.unavailable;
  } finally {
    log.flush();
  }
}

async function showStatus({ metrics: { address, port } }: GuardSettings, json: boolean): Promise<ExitCode> {
  try {
    const report = await askGuard(address, port);
    if (json) printJson(report);
    else print(inOneLine(report).replaceAll('; ', '\n'));
    return EXIT.ok;
  } catch (error) {
    const isUnread = error instanceof CleanfeedError;
    printError(isUnread ? error.message : `no guard answers at guard.metrics, ${address} port ${port}`);
    return EXIT.unavailable;
  }
}

/** Rejects if it does not answer; with CleanfeedError `guard_report` if what it says cannot be read. */
export async function askGuard(host: string, port: number): Promise<ReadGuardReport> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get({ host, port, path: '/status', agent: false, timeout: STATUS_MS }, (response) => {
    text(response).then(resolve, reject);
  });
  request.on('timeout', () => request.destroy(new Error('too slow')));
  request.on('error', reject);
  const report = jsonAs(await promise, GUARD_REPORT);
  if (report.ok) return report.value;
  throw new CleanfeedError(
    'config',
    'guard_report',
    `what the guard at ${host} port ${port} says cannot be read: ${report.reason}`,
  );
}
