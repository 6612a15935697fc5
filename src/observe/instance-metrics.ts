/**
 * What this instance shows of itself as a whole: one row a metric. Its figures are the control thread's (control-view.ts).
 * It must not take a label from a request.
 */
import { CONTROL_FAULT_KINDS, EXPLAIN_RESULTS, type ControlView } from './control-view.ts';
import { one, wallSeconds, type MetricRow } from './metric-row.ts';

export const INSTANCE_METRICS: readonly MetricRow<ControlView>[] = [
  {
    kind: 'counter',
    name: 'worker_restarts_total',
    help: 'Workers that ended and were replaced.',
    read: (view) => one(view.workerRestarts()),
  },
  {
    kind: 'gauge',
    name: 'list_generation',
    help: 'Generation that requests are judged by; 0 before the first.',
    read: (view) => one(view.generation()),
  },
  {
    kind: 'counter',
    name: 'uncaught_errors_total',
    help: 'Faults in the control thread that nobody caught; filtering goes on.',
    read: (view) => CONTROL_FAULT_KINDS.map((kind) => [{ kind }, view.uncaughtFaults()[kind]]),
  },
  {
    kind: 'counter',
    name: 'explain_requests_total',
    help: 'Questions to /explain of the admin side: answered, or refused since they came too often, or had found too many different entries.',
    read: (view) => EXPLAIN_RESULTS.map((result) => [{ result }, view.explainRequests()[result]]),
  },
  {
    kind: 'gauge',
    name: 'time_seconds',
    help: 'The clock of this machine when this was read, in seconds since the epoch.',
    read: (view) => one(view.time()),
  },
  {
    kind: 'gauge',
    name: 'clock_jump_seconds',
    help: 'How far the clock has jumped, while entries expire by the time before; 0 unless it has.',
    read: (view) => one(view.clockJump()),
  },
  {
    kind: 'gauge',
    name: 'bypass',
    help: '1 while filtering is switched off.',
    read: (view) => one(flag(view.bypass())),
  },
  {
    kind: 'gauge',
    name: 'bypass_ends_timestamp_seconds',
    help: 'When the bypass ends by itself, in seconds since the epoch; absent while there is none.',
    read: (view) => one(wallSeconds(view.bypassEndsAt())),
  },
  {
    kind: 'gauge',
    name: 'ready',
    help: '1 while this instance may get traffic; /readyz and /status say why not.',
    read: (view) => one(flag(view.notReady().length === 0)),
  },
  {
    kind: 'gauge',
    name: 'config_errors',
    help: 'Faults of the configuration file as last read; the one before stays in force.',
    read: (view) => one(view.configuration().errors.length),
  },
  {
    kind: 'gauge',
    name: 'config_loaded_timestamp_seconds',
    help: 'When the configuration in force was taken over, in seconds since the epoch.',
    read: (view) => one(wallSeconds(view.configuration().loadedAt)),
  },
  {
    kind: 'gauge',
    name: 'process_required_fds',
    help: 'File descriptors that the configuration may need at the worst; above the limit caps are lowered.',
    read: (view) => one(view.descriptors().required),
  },
  {
    kind: 'gauge',
    name: 'build_info',
    help: 'Always 1; the labels tell what is running.',
    read: (view) => [[{ version: view.version, node: process.version }, 1]],
  },
];

function flag(is: boolean): number {
  return is ? 1 : 0;
}
