/** What tells why, and of what use a list is: counts of entries, a trace, the last lines of the log (docs/adr/0021-diagnosis.md). It must start nothing. */
import { basename, join } from 'node:path';
import type { Config } from '../config/types.ts';
import { clockShift, steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { RecentLog } from '../observe/recent-log.ts';
import { entryFolder } from '../report/entry-files.ts';
import { EntryLedger } from '../report/entry-ledger.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { ControlOptions } from './control-options.ts';
import { TraceSwitch } from './trace-switch.ts';
import type { TraceWords } from './trace-words.ts';

export interface Diagnosis {
  /** Which entries match. */
  readonly entries: EntryLedger;
  /** Whose requests are explained in their responses. */
  readonly trace: TraceSwitch;
  readonly recentLog: Pick<RecentLog, 'lines'>;
}

interface Context {
  readonly options: Pick<ControlOptions, 'log' | 'recentLog' | 'runtimeDirectory'>;
  readonly inForce: ConfigInForce;
  readonly shared: { readonly trace: TraceWords };
  readonly clock: Clock;
  readonly time: Time;
}

type Clock = Pick<ClockWatch, 'now'>;

export function composeDiagnosis({ options, inForce, shared, clock, time }: Context): Diagnosis {
  const { log, recentLog = { lines: [] }, runtimeDirectory = null } = options;
  return {
    entries: entryLedger(log, inForce, { runtimeDirectory, clock, time }),
    trace: new TraceSwitch(shared.trace, log, () => inForce.current.config.trace, time),
    recentLog,
  };
}

function entryLedger(
  log: Log,
  inForce: ConfigInForce,
  { runtimeDirectory, clock, time }: Pick<Context, 'clock' | 'time'> & { readonly runtimeDirectory: string | null },
): EntryLedger {
  const { state, file } = inForce.current.config;
  const report = (): Config['report'] => inForce.current.config.report;
  const folder = entryFolder(state.directory, file);
  return new EntryLedger({
    log,
    time,
    folder,
    carried: runtimeDirectory === null ? null : join(runtimeDirectory, `${basename(folder)}.json`),
    keepMs: () => report().keepMs,
    max: () => (report().entries.count ? report().entries.max : 0),
    lists: () => inForce.current.config.lists.map(({ name }) => name),
    now: () => steadyNow() + clockShift(),
    trustedNow: () => clock.now(),
  });
}
