/**
 * The composition root of the control side: which parts there are, why, and what each is given. Here every part is made, once, in this
 * order; what a compose-….ts makes belongs together, and only this file calls it. In which order they start: control-stages.ts.
 *
 *   shared memory ─▶ workers ─▶ lists ─▶ switches, watches, outlets ─▶ reload ─▶ view ─▶ report, admin ─▶ life of the instance
 *
 * A part that needs one that is made after it is given a function, called when both are there. It must not start
 * anything, nor do any part's work, and it must not see a request.
 */
import type { Config } from '../config/types.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import type { AdminSide } from './admin-side.ts';
import { Bypass } from './bypass.ts';
import { composeAdmin } from './compose-admin.ts';
import { composeDiagnosis } from './compose-diagnosis.ts';
import { composeLists } from './compose-lists.ts';
import { composeOutlets, type ComposedOutlets } from './compose-outlets.ts';
import { composeReport } from './compose-report.ts';
import { composeSelfTests } from './compose-self-tests.ts';
import { composeWorkers } from './compose-workers.ts';
import { composeContext } from './control-context.ts';
import { ControlLifecycle } from './control-lifecycle.ts';
import type { ControlOptions } from './control-options.ts';
import { stagesOf } from './control-stages.ts';
import { ExplainService } from './explain-service.ts';
import { instanceView } from './instance-view.ts';
import { ListsOff } from './lists-off.ts';
import { nativeFaults } from './native-needs.ts';
import { Opening } from './opening.ts';
import { PublisherWatch } from './publisher-watch.ts';
import { Reloader } from './reload.ts';
import { RouteService } from './route-service.ts';

/** It is as long as the list of parts, each of which is made once. */
export function composeControl(config: Config, options: ControlOptions): ControlLifecycle {
  const { log } = options;

  // What all parts share: shared memory, the configuration in force, the clock by which entries expire.
  const context = composeContext(config, options);
  const { sockets, inForce, phase, clock, time } = context;

  // What explains the instance: which entries match, a trace, the last lines of the log. The workers hand in what they count.
  const diagnosis = composeDiagnosis(context);

  // The data threads, which judge and forward. They refuse the address of the admin side, which therefore they are told.
  const workers = composeWorkers(context, { diagnosis, admin: () => admin.endpoint });

  // The listeners open with the first snapshot and not before: without its lists a filter would let everything pass (ADR 0005).
  const opening = new Opening({
    pool: workers.pool,
    unsentBound: workers.unsentBound,
    inForce,
    sockets,
    begins: () => options.events?.opening(),
  });

  // The lists: read, judged, and brought into force in all workers at once. Whoever refuses or steers by names is told of each change.
  const lists = composeLists(context, workers, { opening, named: () => outlets.look() });

  // What an operator can switch off in an incident: everything, or one list. Both end by themselves.
  const bypass = new Bypass(workers.control, log, time);
  const listsOff = new ListsOff({ control: workers.control, log, inForce, time, changed: () => outlets.look() });

  // A list that is in force and refuses nothing is found by asking for its test address.
  const selfTests = composeSelfTests(context, { bypass, listsOff, pool: workers.pool, lists: lists.updater });

  // A publisher that has gone must be noticed, and its list treated as the operator has decided: that is a reload of its own.
  const publishers = new PublisherWatch({
    log,
    time,
    lists: () => lists.updater.lists(),
    configs: () => inForce.current.config.lists,
    changed: async () => await reloader.readjust(),
  });

  // Zones for resolvers and routes for a router follow what is in force. The routes are asked for by operators too (`ctl steer`).
  const routes = new RouteService();
  const { watch: outlets, zones }: ComposedOutlets = composeOutlets(context, {
    lists: lists.updater,
    publishers,
    listsOff,
    routes,
  });

  // A reload changes the parts in place: no connection ends for it (ADR 0007).
  const reloader: Reloader = new Reloader({
    log,
    register: context.register,
    pool: workers.pool,
    lists: lists.updater,
    sockets,
    lacks: (next) => [...sockets.faults(next), ...nativeFaults(next, sockets, options.nativeSockets ?? null)],
    loadConfig: options.loadConfig ?? null,
    events: options.events ?? null,
    wanted: config,
    adjusted: (wanted) => publishers.adjusted(wanted),
    isEnding: () => phase.now === 'draining',
    applied: () => {
      outlets.look();
      diagnosis.trace.configured();
    },
    inForce,
    publish: lists.publish,
  });

  // Why an address is refused here and now: asked by `ctl explain` and by the status page.
  const explain = new ExplainService({ swap: lists.swap, inForce, bypass, listsOff, today: () => clock.today });

  // All that is shown of the instance, read from the parts whenever somebody asks: nothing is kept twice.
  const view = instanceView({
    inForce,
    phase,
    sockets,
    bypass,
    trace: diagnosis.trace,
    listsOff,
    clock,
    selfTests: () => selfTests.status(),
    outlets: () => outlets.status(),
    routes: () => routes.status(),
    zones,
    pool: workers.pool,
    swap: lists.swap,
    lists: lists.updater,
    version: options.version,
    time,
    startedAt: steadyNow(time),
    configFaults: () => reloader.configFaults,
    controlFault: () => admin.controlFault,
    uncaughtFaults: () => options.faults?.counts ?? { exception: 0, rejection: 0 },
    explain: (question) => explain.explain(question),
    explainRequests: () => admin.explainRequests,
  });

  // Totals by list and day, which outlive the process.
  const report = composeReport(context, view);

  // What an operator reaches: metrics, status, control socket. After all that it may ask or tell.
  const admin: AdminSide = composeAdmin(context, {
    view,
    bypass,
    listsOff,
    reload: async (isUnattended) => {
      // A timer knows nothing of the clock, nor does a signal.
      const clockFollowed = isUnattended ? null : clock.follow();
      const outcome = await lifecycle.reload();
      return outcome === null ? null : { ...outcome, clockFollowed };
    },
    lists: lists.updater,
    selfTest: async () => await selfTests.run(),
    report,
    diagnosis,
    routes,
    explain,
  });

  // Start, reload and end of all of it, in order.
  const lifecycle = new ControlLifecycle({
    log,
    time,
    phase,
    view,
    inForce,
    pool: workers.pool,
    lists: lists.updater,
    opening,
    reloader,
    bypass,
    listsOff,
    adminSide: admin,
    stages: stagesOf(context, {
      workers,
      lists,
      opening,
      admin,
      selfTests,
      report,
      diagnosis,
      publishers,
      outlets,
    }),
  });
  return lifecycle;
}
