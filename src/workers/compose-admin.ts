/**
 * What an operator reaches of an instance and what stands behind it: metrics, status and its page, the commands of the control socket.
 * It must not start anything, and must not carry out what is asked: it says which part does.
 */
import { Brake } from '../accept/brake.ts';
import { DayKeeper, dayFile } from '../admin/day-keeper.ts';
import { ExplainAskers } from '../admin/explain-askers.ts';
import { credentialPlaces } from '../config/credential-places.ts';
import { pacFile } from '../config/pac-file.ts';
import { shownConfig } from '../config/shown-config.ts';
import { originOf } from '../lib/errors.ts';
import { clockShift, steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import type { DiagnosisReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { AdminSide } from './admin-side.ts';
import type { Diagnosis } from './compose-diagnosis.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { controlCommands, type CommandParts } from './control-commands.ts';
import type { ControlContext } from './control-context.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';
import { DescriptorWatch } from './descriptor-watch.ts';
import { explainLines, type ExplainService } from './explain-service.ts';

/** What the control socket may ask for, and what `/status` shows. */
export interface AdminParts extends Pick<
  CommandParts,
  'bypass' | 'listsOff' | 'reload' | 'lists' | 'selfTest' | 'report' | 'routes'
> {
  readonly view: ControlView;
  readonly diagnosis: Diagnosis;
  readonly explain: ExplainService;
}

type Context = Pick<ControlContext, 'inForce' | 'time'> & {
  readonly options: Pick<ControlContext['options'], 'log' | 'events'>;
  readonly shared: Pick<ControlContext['shared'], 'counters'>;
};

/** It is as long as the list of what may be asked, each of which is given once. */
export function composeAdmin({ options, inForce, shared, time }: Context, parts: AdminParts): AdminSide {
  const { log, events = null } = options;
  const { view, diagnosis, explain, ...asked } = parts;
  const { config } = inForce.current;
  // Read from the counters when somebody scrapes: between two scrapes nothing is done.
  const metrics = createMetrics({
    config: () => inForce.current.config,
    slots: () => inForce.current.slots,
    layout: COUNTER_LAYOUT,
    counters: shared.counters,
    view,
    now: steadyNow,
  });
  const traffic = (): ReturnType<Metrics['traffic']> => metrics.traffic();
  const side: AdminSide = new AdminSide({
    log,
    inForce,
    version: view.version,
    // It needs the counters that the metrics are of.
    descriptorWatch: new DescriptorWatch(log, traffic),
    sources: {
      view,
      metrics,
      now: steadyNow,
      time,
      askers: explainAskers(log, inForce, time),
      // The charts of a day outlive a restart.
      keeper: new DayKeeper({ path: dayFile(config.state.directory, config.file), log, shift: clockShift }),
      pac: () => {
        const { pac } = inForce.current.config;
        return pac === null ? null : pacFile(pac);
      },
      onError: (path, error) => log.event('error', 'admin.request_failed', { path, reason: originOf(error) }),
    },
    requests: {
      time,
      file: config.file,
      commands: controlCommands({
        ...asked,
        ...diagnosis,
        view,
        time,
        traffic,
        attention: () => side.attention,
        inForce,
        drain: events?.drainAsked ?? null,
        diagnosis: async () => await diagnosisReport(inForce, metrics, diagnosis),
      }),
      ofLines: { explain: explainLines(explain) },
    },
  });
  return side;
}

/** The parts of a support bundle that only the instance has. */
async function diagnosisReport(
  { current: { config } }: ConfigInForce,
  metrics: Metrics,
  { recentLog }: Diagnosis,
): Promise<DiagnosisReport> {
  return {
    configuration: shownConfig(config),
    metrics: metrics.text().body,
    log: recentLog.lines,
    credentials: credentialPlaces(config),
  };
}

/** Milliseconds: that somebody is held is told once in this time, however often it happens. */
const SLOWED_LOG_MS = 600_000;

/** The brake of the proxy, with clients of its own: it asks nobody before a question is answered. */
function explainAskers(log: ControlContext['options']['log'], inForce: ConfigInForce, time: Time): ExplainAskers {
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
    time,
  });
}
