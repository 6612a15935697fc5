/**
 * What an operator reaches of an instance: the admin server with its metrics, the control socket, and the watch over
 * descriptors that reads the same counters. It must not keep the instance from filtering: only an admin address that
 * cannot be bound ends a start.
 */
import { Brake } from '../accept/brake.ts';
import { DayKeeper, dayFile } from '../admin/day-keeper.ts';
import { ExplainAskers } from '../admin/explain-askers.ts';
import { ControlSocket } from '../admin/control-socket.ts';
import type { ControlSocketFault } from '../admin/control-socket.ts';
import { credentialPlaces } from '../config/credential-places.ts';
import { pacFile } from '../config/pac-file.ts';
import { startAdmin } from '../admin/server.ts';
import type { Admin } from '../admin/server.ts';
import { shownConfig } from '../config/shown-config.ts';
import { originOf } from '../lib/errors.ts';
import { clockShift, steadyNow } from '../lib/steady-clock.ts';
import type { ListUpdater } from '../list/updater.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import type { ReportLedger } from '../report/ledger.ts';
import type { Bypass } from './bypass.ts';
import type { Diagnosis } from './compose-diagnosis.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { controlCommands } from './control-commands.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';
import { DescriptorWatch } from './descriptor-watch.ts';
import { explainLines, type ExplainService } from './explain-service.ts';
import type { ListsOff } from './lists-off.ts';
import type { ListenEndpoint } from './messages.ts';
import type { RouteService } from './route-service.ts';

export interface AdminSideOptions {
  readonly log: Log;
  readonly view: ControlView;
  readonly inForce: ConfigInForce;
  readonly counters: SharedArrayBuffer;
  readonly bypass: Bypass;
  readonly listsOff: ListsOff;
  readonly reload: () => Promise<ReloadReport | null>;
  readonly lists: Pick<ListUpdater, 'decide'>;
  /** It is null if this instance cannot be asked to end. */
  readonly drain: ((isAtOnce: boolean) => void) | null;
  readonly selfTest: () => Promise<void>;
  readonly report: Pick<ReportLedger, 'days'>;
  readonly diagnosis: Diagnosis;
  readonly routes: Pick<RouteService, 'held' | 'decide'>;
  readonly service: ExplainService;
}

export class AdminSide {
  readonly #options: AdminSideOptions;
  readonly #askers: ExplainAskers;
  #admin: Admin | null = null;
  #controlSocket: ControlSocket | null = null;
  #descriptorWatch: DescriptorWatch | null = null;

  constructor(options: AdminSideOptions) {
    this.#options = options;
    this.#askers = explainAskers(options);
  }

  /** This is where the admin server listens; until it does, where it is to listen. */
  get endpoint(): ListenEndpoint {
    const { address, port } = this.#options.inForce.current.config.admin;
    return { address, port: this.#admin?.port ?? port };
  }

  get explainRequests(): ReturnType<ControlView['explainRequests']> {
    return this.#askers.counts;
  }

  /** @returns why `ctl` cannot reach this instance; null if it can. */
  get controlFault(): string | null {
    return this.#controlSocket?.fault?.reason ?? null;
  }

  /**
   * It opens all of it: it is as long as the list of what may be asked, each of which is given once.
   * @throws ListenError if the admin address cannot be bound.
   */
  async open(): Promise<void> {
    const { log, view, inForce, counters, bypass, listsOff, service, diagnosis } = this.#options;
    const { reload, drain, lists, selfTest, report, routes } = this.#options;
    const { config } = inForce.current;
    const metrics = createMetrics({
      config: () => inForce.current.config,
      slots: () => inForce.current.slots,
      layout: COUNTER_LAYOUT,
      counters,
      view,
      now: steadyNow,
    });
    const traffic = (): ReturnType<typeof metrics.traffic> => metrics.traffic();
    this.#descriptorWatch = new DescriptorWatch(log, traffic);
    this.#descriptorWatch.start();
    this.#admin = await startAdmin(config.admin, {
      view,
      metrics,
      now: steadyNow,
      askers: this.#askers,
      keeper: new DayKeeper({ path: dayFile(config.state.directory, config.file), log, shift: clockShift }),
      pac: () => {
        const { pac } = inForce.current.config;
        return pac === null ? null : pacFile(pac);
      },
      onError: (path, error) => log.event('error', 'admin.request_failed', { path, reason: originOf(error) }),
    });
    log.event('info', 'process.started', {
      version: view.version,
      node: process.version,
      workers: config.workers,
      ...this.endpoint,
    });
    const { socket } = config.control;
    this.#controlSocket = await ControlSocket.start({
      path: socket,
      file: config.file,
      commands: controlCommands({
        view,
        bypass,
        listsOff,
        traffic,
        inForce,
        reload,
        drain,
        lists,
        selfTest,
        report,
        ...diagnosis,
        diagnosis: async () => ({
          configuration: shownConfig(inForce.current.config),
          metrics: (await metrics.text()).body,
          log: diagnosis.recentLog.lines,
          credentials: credentialPlaces(inForce.current.config),
        }),
        routes,
      }),
      ofLines: { explain: explainLines(service) },
      changed: (fault) => logControlSocket(log, socket, fault),
    });
  }

  async close(): Promise<void> {
    this.#descriptorWatch?.stop();
    await this.#controlSocket?.close();
    await this.#admin?.close();
  }
}

/** Milliseconds: that somebody is held is told once in this time, however often it happens. */
const SLOWED_LOG_MS = 600_000;

/** The brake of the proxy, with clients of its own: it asks nobody before a question is answered. */
function explainAskers({ log, inForce }: Pick<AdminSideOptions, 'log' | 'inForce'>): ExplainAskers {
  let toldAt = -Infinity;
  const slowed = (): void => {
    if (steadyNow() < toldAt + SLOWED_LOG_MS) return;
    toldAt = steadyNow();
    log.event('warn', 'explain.slowed');
  };
  const brake = new Brake(inForce.current.config.brake, slowed);
  return new ExplainAskers({
    brake: {
      hit: (asker, hit, now) => {
        brake.configure(inForce.current.config.brake);
        brake.hit(asker, hit, now);
      },
      holds: (asker) => brake.holds(asker),
      sweep: (now) => brake.sweep(now),
    },
    clientPrefix: () => inForce.current.config.limits.clientPrefix,
    now: steadyNow,
  });
}

/** Without the socket nobody can switch a bypass on in an incident, so that this is an error. */
function logControlSocket(log: Log, socket: string, fault: ControlSocketFault | null): void {
  if (fault === null) log.event('info', 'control_socket.available', { socket });
  else if (fault.kind === 'taken') log.event('error', 'control_socket.in_use', { socket, owner: fault.owner });
  else log.event('error', 'control_socket.unavailable', { reason: fault.reason });
}
