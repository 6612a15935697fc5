/**
 * What the control thread shows of itself (observe/control-view.ts): put together from its parts whenever somebody asks.
 * It must not change anything.
 */
import { withoutSecrets } from './without-secrets.ts';
import type { Time } from '../lib/time.ts';
import type { ListUpdater } from '../list/updater.ts';
import type {
  ConfigurationStatus,
  ControlView,
  ListStatus,
  OutletStatus,
  SelfTestStatus,
  ZoneStatus,
} from '../observe/control-view.ts';
import type { Bypass } from './bypass.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { Phase } from './control-lifecycle.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { openDescriptors } from './descriptor-watch.ts';
import { listenSpecsOf } from './listen-specs.ts';
import type { ListsOff } from './lists-off.ts';
import { processResources } from './process-resources.ts';
import type { SnapshotSwap } from './snapshot-swap.ts';
import type { TraceSwitch } from './trace-switch.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface ControlParts {
  readonly time: Time;
  readonly inForce: ConfigInForce;
  readonly phase: Readonly<Phase>;
  /** It tells why the present content of the file was refused. */
  readonly configFaults: () => readonly string[];
  readonly sockets: InheritedSockets;
  readonly version: string;
  readonly startedAt: number;
  readonly controlFault: () => string | null;
  readonly pool: WorkerPool;
  readonly swap: SnapshotSwap;
  readonly lists: ListUpdater;
  readonly bypass: Bypass;
  readonly trace: Pick<TraceSwitch, 'endsAt'>;
  readonly listsOff: Pick<ListsOff, 'endsAt'>;
  readonly clock: ClockWatch;
  readonly selfTests: () => readonly SelfTestStatus[];
  readonly outlets: () => readonly OutletStatus[];
  readonly routes: ControlView['routes'];
  readonly zones: () => readonly ZoneStatus[];
  readonly uncaughtFaults: ControlView['uncaughtFaults'];
  readonly explain: ControlView['explain'];
  readonly explainRequests: ControlView['explainRequests'];
}

export function instanceView(parts: ControlParts): ControlView {
  const { version, startedAt, pool, swap, lists, bypass, inForce, clock } = parts;
  return {
    version,
    startedAt,
    lists: () => lists.lists().map((list) => shownList(list, parts)),
    selfTests: () => selfTestsOf(parts),
    outlets: () => parts.outlets().map(shownOutlet),
    routes: parts.routes,
    zones: () => parts.zones(),
    listeners: () => listeners(parts),
    generation: () => swap.generation,
    workers: () => pool.status(),
    workerRestarts: () => pool.restarts,
    uncaughtFaults: parts.uncaughtFaults,
    configuration: () => configuration(parts),
    descriptors: () => ({
      ...inForce.current.descriptors,
      effective: inForce.current.config.limits.connections,
      open: openDescriptors(),
    }),
    resources: () => ({ ...processResources(), listBytes: swap.byteLength }),
    controlFault: parts.controlFault,
    time: () => parts.time.wall() / 1000,
    clockJump: () => clock.jumpSeconds,
    bypass: () => bypass.endsAt !== null,
    bypassEndsAt: () => bypass.endsAt,
    explain: parts.explain,
    explainRequests: parts.explainRequests,
    traceEndsAt: () => parts.trace.endsAt,
    draining: () => parts.phase.now === 'draining',
    notReady: () => notReady(parts).map(withoutSecrets),
  };
}

/** What was tested under a name that is gone from the configuration is nothing of this instance any more. */
function selfTestsOf({ selfTests, inForce }: ControlParts): readonly SelfTestStatus[] {
  const { lists } = inForce.current.config;
  return selfTests().filter(({ list }) => lists.some(({ name }) => name === list));
}

function shownList(
  list: Omit<ListStatus, 'offUntil' | 'intervalSeconds'>,
  { listsOff, inForce }: Pick<ControlParts, 'listsOff' | 'inForce'>,
): ListStatus {
  const { lastError, versions } = list;
  const { held, names } = versions;
  const namesFault = names?.fault ?? null;
  const source = inForce.current.config.lists.find(({ name }) => name === list.name)?.source;
  const intervalSeconds = source === undefined || source.kind === 'file' ? null : source.intervalMs / 1000;
  const known = { ...list, offUntil: listsOff.endsAt(list.name), intervalSeconds };
  if (lastError === null && held === null && namesFault === null) return known;
  return {
    ...known,
    lastError: lastError === null ? null : withoutSecrets(lastError),
    versions: {
      ...versions,
      held: held === null ? null : { ...held, reason: withoutSecrets(held.reason) },
      names: names === null || namesFault === null ? names : { ...names, fault: withoutSecrets(namesFault) },
    },
  };
}

function shownOutlet(outlet: OutletStatus): OutletStatus {
  const missing = outlet.missing.map(({ list, reason }) => ({ list, reason: withoutSecrets(reason) }));
  return { ...outlet, missing };
}

function listeners({ inForce, sockets, pool }: ControlParts): ReturnType<ControlView['listeners']> {
  const specs = listenSpecsOf(inForce.current, sockets)(0);
  const wanted = inForce.current.config.resolver.front.receiveBufferBytes;
  return specs.map(({ key, address, listener: { name, mode } }) => {
    const endpoint = pool.listeners.endpointOf(key);
    const granted = endpoint?.receiveBuffer;
    const status = { name, mode, address: endpoint?.address ?? address, port: endpoint?.port ?? null };
    return granted === undefined ? status : Object.assign(status, { receiveBuffer: { granted, wanted } });
  });
}

function configuration({ inForce, configFaults }: ControlParts): ConfigurationStatus {
  const { config, loadedAt, restartRequired } = inForce.current;
  const { file, workersAuto } = config;
  return { file, loadedAt, restartRequired, workersAuto, errors: configFaults().map(withoutSecrets) };
}

function notReady({ pool, swap, lists, phase }: ControlParts): readonly string[] {
  if (phase.now === 'draining') return ['draining'];
  const missing = lists.missing();
  if (missing.length > 0) return missing;
  if (swap.generation === 0) return ['the workers are loading the first snapshot'];
  const missingWorkers = pool
    .status()
    .filter(({ state, unresponsive }) => state !== 'listening' || unresponsive)
    .map(({ worker, state, unresponsive }) => `worker ${worker}: ${unresponsive ? 'does not respond' : state}`);
  return missingWorkers.length > 0 || phase.now === 'open' ? missingWorkers : ['the listeners are being opened'];
}
