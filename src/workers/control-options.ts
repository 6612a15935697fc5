/** What the control side is started with, beside the configuration. It must not hold what the control side makes itself. */
import type { LoadedConfig } from '../config/load.ts';
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import type { Native } from '../lib/native.ts';
import type { NativeSockets } from '../lib/native-sockets.ts';
import type { Time } from '../lib/time.ts';
import type { ListSource } from '../list/source/source.ts';
import type { Log } from '../observe/log.ts';
import type { RecentLog } from '../observe/recent-log.ts';
import type { ControlFaults } from './control-faults.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { OutletContext } from './outlet-watch.ts';
import type { OutletPlan } from './outlet-feed.ts';
import type { ControlEvents } from './reload.ts';

export interface ControlOptions {
  readonly log: Log;
  /** Its last lines; without it none are told. */
  readonly recentLog?: Pick<RecentLog, 'lines'>;
  /** A folder that a restart keeps and a boot empties (systemd's RuntimeDirectory=); null: there is none. */
  readonly runtimeDirectory?: string | null;
  readonly version: string;
  /** The system's, unless a test has one of its own. */
  readonly time?: Time;
  /** The first module of a data thread. Tests have one of their own. */
  readonly workerFile?: URL;
  readonly source?: (config: ListConfig) => ListSource;
  /** Tests have some of their own. */
  readonly outlets?: (config: Config, context: OutletContext) => readonly OutletPlan[];
  /** Milliseconds a worker may take to acknowledge a snapshot; `supervision.hangTimeout` unless told. */
  readonly acknowledgeMs?: number;
  /** Reads the configuration again at a reload; without it a reload concerns the lists only. */
  readonly loadConfig?: () => Promise<LoadedConfig>;
  /** The sockets that the service manager has handed over. */
  readonly sockets?: InheritedSockets;
  /** It is null if koffi is missing. */
  readonly native?: Native | null;
  readonly nativeSockets?: NativeSockets | null;
  /** It counts the errors of the whole process; without it none are counted. */
  readonly faults?: ControlFaults;
  /** It is told what a service manager wants to know. */
  readonly events?: ControlEvents;
}
