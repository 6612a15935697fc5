/**
 * The composition root of the control side: which parts there are, what each is given, and in which order they start.
 *
 *   modules ─▶ pseudonym ─▶ admin ─▶ workers ─▶ watches ─▶ lists ─▶ first generation ─▶ listen ─▶ ready
 *                                                                    (each needs the one before)
 *
 * Fail policy (ADR 0005): the admin side answers from the first moment; no listener opens before every list is in force;
 * a list that is missing is tried again; afterwards nothing that happens here stops the data threads from filtering.
 * It must not do any part's work, and it must not see a request.
 */
import type { Config } from '../config/types.ts';
import { holdModules } from '../lib/modules-in-memory/memory-modules.ts';
import { loadPseudonym } from './pseudonym.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { unloadedSources } from '../list/source/open-source.ts';
import { IMAGE_THREAD } from '../list/source/tuf/image-job.ts';
import { COMPILE_THREAD } from '../list/text/run-compile-job.ts';
import { UnsentBound } from '../memory/unsent-bound.ts';
import type { ControlView } from '../observe/control-view.ts';
import { ZONE_THREAD } from '../outlets/zones/zone-job.ts';
import { AdminSide } from './admin-side.ts';
import { Bypass } from './bypass.ts';
import { composeLists } from './compose-lists.ts';
import { composeOutlets, type ComposedOutlets } from './compose-outlets.ts';
import { composeReport } from './compose-report.ts';
import { composeSelfTests } from './compose-self-tests.ts';
import { composeContext } from './control-context.ts';
import type { ControlContext } from './control-context.ts';
import { ExplainService } from './explain-service.ts';
import { ControlLifecycle } from './control-lifecycle.ts';
import type { ControlOptions } from './control-options.ts';
import type { Stage } from './control-lifecycle.ts';
import { logLowered } from './effective-config.ts';
import { HangWatch } from './hang-watch.ts';
import { instanceView } from './instance-view.ts';
import { listenSpecsOf } from './listen-specs.ts';
import { nativeFaults } from './native-needs.ts';
import { Opening } from './opening.ts';
import { ListsOff } from './lists-off.ts';
import type { OutletWatch } from './outlet-watch.ts';
import { PublisherWatch } from './publisher-watch.ts';
import { Reloader } from './reload.ts';
import { RouteService } from './route-service.ts';
import { logShared } from './shared-listeners.ts';
import { WorkerPool } from './worker-pool.ts';

const DATA_THREAD = new URL('./data-thread.ts', import.meta.url);

/** Other parts are made of these. */
type Workers = ReturnType<typeof composeWorkers>;
type Lists = ReturnType<typeof composeLists>;

/** It makes the parts and starts none. It is as long as the list of parts, each of which is made once. */
export function composeControl(config: Config, options: ControlOptions): ControlLifecycle {
  const context = composeContext(config, options);
  const { sockets, inForce, phase } = context;
  const { log } = options;
  // A data thread is told where the admin side really listens, which is known when it starts.
  const workers = composeWorkers(context, () => adminSide.endpoint);
  const opening = new Opening({ pool: workers.pool, unsentBound: workers.unsentBound, inForce, sockets });
  const lists = composeLists(context, workers, { opening, named: () => outlets.look() });
  const bypass = new Bypass(workers.control, log);
  const listsOff = new ListsOff({ control: workers.control, log, inForce, changed: () => outlets.look() });
  const selfTests = composeSelfTests(context, { bypass, listsOff, pool: workers.pool, lists: lists.updater });
  const publishers = new PublisherWatch({
    log,
    lists: () => lists.updater.lists(),
    configs: () => inForce.current.config.lists,
    changed: async () => await reloader.readjust(),
  });
  const routes = new RouteService();
  const told = { lists: lists.updater, publishers, listsOff, routes };
  const { watch: outlets, zones }: ComposedOutlets = composeOutlets(context, told);
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
    begins: () => context.clock.follow(),
    applied: () => {
      outlets.look();
      context.diagnosis.trace.configured();
    },
    inForce,
    publish: lists.publish,
  });
  const today = (): number => context.clock.today;
  const service = new ExplainService({ swap: lists.swap, inForce, bypass, listsOff, today });
  const view: ControlView = instanceView({
    inForce,
    phase,
    sockets,
    bypass,
    trace: context.diagnosis.trace,
    listsOff,
    clock: context.clock,
    selfTests: () => selfTests.status(),
    outlets: () => outlets.status(),
    routes: () => routes.status(),
    zones,
    pool: workers.pool,
    swap: lists.swap,
    lists: lists.updater,
    version: options.version,
    startedAt: steadyNow(),
    configFaults: () => reloader.configFaults,
    controlFault: () => adminSide.controlFault,
    uncaughtFaults: () => options.faults?.counts ?? { exception: 0, rejection: 0 },
    explain: (question) => service.explain(question),
    explainRequests: () => adminSide.explainRequests,
  });
  const report = composeReport(context, view);
  const adminSide = new AdminSide({
    log,
    view,
    inForce,
    counters: context.shared.counters,
    bypass,
    listsOff,
    reload: async () => await lifecycle.reload(),
    lists: lists.updater,
    drain: options.events?.drainAsked ?? null,
    selfTest: async () => await selfTests.run(),
    report,
    diagnosis: context.diagnosis,
    routes,
    service,
  });
  const stages = stagesOf(context, { workers, lists, opening, adminSide, selfTests, report, publishers, outlets });
  const { updater } = lists;
  const parts = {
    log,
    phase,
    view,
    inForce,
    pool: workers.pool,
    lists: updater,
    opening,
    reloader,
    bypass,
    listsOff,
    adminSide,
  };
  const lifecycle = new ControlLifecycle({ ...parts, stages });
  return lifecycle;
}

/** It makes the data threads, what watches them, and what bounds their sockets. */
function composeWorkers(
  { options, shared, inForce, identity, diagnosis }: ControlContext,
  admin: () => AdminSide['endpoint'],
) {
  const { log, native = null } = options;
  const control = new Int32Array(shared.control);
  const unsentBound = new UnsentBound(native);
  const pool = new WorkerPool({
    workers: inForce.current.config.workers,
    file: dataThread(options),
    log,
    now: steadyNow,
    input: (worker) => {
      const { config, rules } = inForce.current;
      const nativeLibrary = options.nativeSockets?.library ?? null;
      return { config, rules, worker, ...shared, ...identity, admin: admin(), nativeLibrary };
    },
    listening: () => void unsentBound.listening(),
    entries: (counted) => void diagnosis.entries.add(counted),
    handOver: {
      outlives: native !== null,
      descriptor: (original) => native?.duplicate(original) ?? original,
    },
  });
  const hangTimeoutMs = (): number => inForce.current.config.supervision.hangTimeoutMs;
  const hangWatch = new HangWatch({
    control,
    workers: () => pool.alive,
    hangTimeoutMs,
    onHung: (worker, quietMs) => pool.replace(worker, 'heartbeat', quietMs),
  });
  return { control, pool, hangWatch, hangTimeoutMs, unsentBound };
}

interface StageParts {
  readonly workers: Workers;
  readonly lists: Lists;
  readonly opening: Opening;
  readonly adminSide: AdminSide;
  readonly selfTests: ReturnType<typeof composeSelfTests>;
  readonly report: ReturnType<typeof composeReport>;
  readonly publishers: PublisherWatch;
  readonly outlets: OutletWatch;
}

/** The stages are in the order of their start; they end in the opposite order. It is as long as the list of stages. */
function stagesOf(
  { options, sockets, inForce, identity, clock, diagnosis: { entries } }: ControlContext,
  parts: StageParts,
): readonly Stage[] {
  const { log } = options;
  const { workers, lists, opening, adminSide, selfTests, report, publishers, outlets } = parts;
  const { pool, hangWatch } = workers;
  const { updater, trim } = lists;
  let modules: Promise<void> = Promise.resolve();
  return [
    // First, since reading the modules of the threads takes time; beside what follows, and awaited where they are needed.
    {
      name: 'modules',
      start: () => {
        const late = unloadedSources();
        const threads = [dataThread(options), COMPILE_THREAD, IMAGE_THREAD, ZONE_THREAD];
        modules = holdModules([...threads, ...late]).then(() =>
          late.forEach((entry) => options.importFromMemory?.(entry)),
        );
        // A stage in between may fail first.
        modules.catch(() => {});
      },
    },
    // Before the workers: each is given it.
    {
      name: 'pseudonym',
      start: async () => {
        const { value, warning } = await loadPseudonym(inForce.current.config.state.directory);
        identity.pseudonym = value;
        if (warning !== null) log.event('warn', 'state.not_writable', { reason: warning });
      },
    },
    // Before anything takes long: it says why nothing is served yet.
    { name: 'admin', start: async () => await adminSide.open(), stop: async () => await adminSide.close() },
    // What an operator should know of this start, while nothing of ours listens yet.
    {
      name: 'warnings',
      start: async () => {
        logLowered(log, inForce.current);
        await logShared(log, listenSpecsOf(inForce.current, sockets)(0));
      },
    },
    // Before the workers, so that it ends after them: then all is counted.
    { name: 'report', start: () => report.start(), stop: async () => await report.close() },
    { name: 'entries', start: () => entries.start(), stop: async () => await entries.close() },
    // Before the lists: a snapshot is handed to workers that are there.
    {
      name: 'workers',
      start: async () => {
        await modules;
        pool.start();
      },
      stop: async () => await pool.close(),
    },
    { name: 'clock', start: () => clock.start(), stop: () => clock.stop() },
    { name: 'publishers', start: () => publishers.start(), stop: () => publishers.stop() },
    // As soon as there is anything to watch, and anything that warms up.
    { name: 'hang_watch', start: () => hangWatch.start(), stop: () => hangWatch.stop() },
    { name: 'memory_trim', start: () => trim.start(), stop: () => trim.stop() },
    // It waits for the listeners by itself.
    { name: 'self_tests', start: () => selfTests.start(), stop: () => selfTests.close() },
    // Before the lists, so that it is told when they are in force.
    { name: 'outlets', start: () => outlets.start(), stop: async () => await outlets.close() },
    // Last: the first snapshot opens the listeners.
    {
      name: 'lists',
      start: async () => {
        await Promise.race([updater.start(), pool.fatal]);
        if (!opening.isBegun) log.event('error', 'process.not_ready', { reason: updater.missing().join('; ') });
      },
      stop: () => updater.close(),
    },
  ];
}

function dataThread({ workerFile }: ControlOptions): URL {
  return workerFile ?? DATA_THREAD;
}
