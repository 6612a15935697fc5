/**
 * What the process takes of its machine, under the names that the field has for it (no `cleanfeed_` in front), so that dashboards and alerts
 * for any process know this one. Of the process as a whole, all its threads.
 *
 * It must not show what is true of one thread only (the heap, the event loop of the control thread): whoever reads it takes it for the
 * process's.
 */
import type { ControlView } from './control-view.ts';
import { one, type MetricRow } from './metric-row.ts';

export const PROCESS_METRICS: readonly MetricRow<ControlView>[] = [
  {
    kind: 'counter',
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, all threads, user and system.',
    read: (view) => one(view.resources().cpuSeconds),
  },
  {
    kind: 'gauge',
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process that is resident.',
    read: (view) => one(view.resources().residentBytes),
  },
  {
    kind: 'gauge',
    name: 'process_virtual_memory_bytes',
    help: 'Address space of the process.',
    read: (view) => one(view.resources().virtualBytes),
  },
  {
    kind: 'gauge',
    name: 'process_open_fds',
    help: 'File descriptors that the process has open.',
    read: (view) => one(view.descriptors().open),
  },
  {
    kind: 'gauge',
    name: 'process_max_fds',
    help: 'File descriptors that the process may have open.',
    read: (view) => one(view.descriptors().limit),
  },
  {
    kind: 'gauge',
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since the epoch.',
    read: (view) => one(view.startedAt / 1000),
  },
];
