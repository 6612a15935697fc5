/**
 * In which order the parts of the control side start. They end in the opposite order.
 *
 *   modules ─▶ pseudonym ─▶ admin ─▶ workers ─▶ watches ─▶ lists ─▶ first generation ─▶ listen ─▶ ready
 *                                                                    (each needs the one before)
 *
 * Fail policy (ADR 0005): the admin side answers from the first moment; no listener opens before every list is in force;
 * a list that is missing is tried again; afterwards nothing that happens here stops the data threads from filtering.
 * It must not make a part (compose-control.ts does).
 */
import { toldElsewhere } from '../lib/errors.ts';
import { holdThreads } from '../lib/threads.ts';
import { IMAGE_THREAD } from '../list/source/tuf/image-job.ts';
import { COMPILE_THREAD } from '../list/text/run-compile-job.ts';
import { ZONE_THREAD } from '../outlets/zones/zone-job.ts';
import type { ReportLedger } from '../report/ledger.ts';
import type { SelfTests } from '../selftest/self-tests.ts';
import type { AdminSide } from './admin-side.ts';
import type { Diagnosis } from './compose-diagnosis.ts';
import type { ComposedLists } from './compose-lists.ts';
import { dataThread, type ComposedWorkers } from './compose-workers.ts';
import type { ControlContext } from './control-context.ts';
import type { Stage } from './control-lifecycle.ts';
import { logConfigWarnings } from './effective-config.ts';
import { listenSpecsOf } from './listen-specs.ts';
import type { Opening } from './opening.ts';
import type { OutletWatch } from './outlet-watch.ts';
import { loadPseudonym } from './pseudonym.ts';
import type { PublisherWatch } from './publisher-watch.ts';
import { logShared, sharedListeners } from './shared-listeners.ts';
import { StateClaims } from './state-claims.ts';

export interface StageParts {
  readonly workers: ComposedWorkers;
  readonly lists: ComposedLists;
  readonly opening: Opening;
  readonly admin: AdminSide;
  readonly selfTests: SelfTests;
  readonly report: ReportLedger;
  readonly diagnosis: Pick<Diagnosis, 'entries'>;
  readonly publishers: PublisherWatch;
  readonly outlets: OutletWatch;
}

/** It is as long as the list of stages. */
export function stagesOf(context: ControlContext, parts: StageParts): readonly Stage[] {
  const { options, sockets, inForce, identity, clock, time } = context;
  const { log } = options;
  const { workers, lists, opening, admin, selfTests, report, publishers, outlets } = parts;
  const { pool, hangWatch } = workers;
  const { updater, trim } = lists;
  const { entries } = parts.diagnosis;
  let modules: Promise<void> = Promise.resolve();
  let claims: StateClaims | null = null;
  return [
    // First, since reading the modules of the threads takes time; beside what follows, and awaited where they are needed.
    {
      name: 'modules',
      start: () => {
        modules = holdThreads([dataThread(options), COMPILE_THREAD, IMAGE_THREAD, ZONE_THREAD]);
        // A stage in between may fail first.
        void toldElsewhere(modules);
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
    { name: 'admin', start: async () => await admin.open(), stop: async () => await admin.close() },
    // What an operator should know of this start, while nothing of ours listens yet.
    {
      name: 'warnings',
      start: async () => {
        logConfigWarnings(log, inForce.current);
        const shared = await sharedListeners(listenSpecsOf(inForce.current, sockets)(0));
        void toldElsewhere(opening.done.then(() => logShared(log, shared)));
        const { state, lists: configured } = inForce.current.config;
        claims = new StateClaims(state.directory);
        await claims.take(configured, log);
      },
      stop: () => claims?.close(),
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
    // Before the lists: entries expire by its day.
    { name: 'clock', start: () => clock.start(time), stop: () => clock.stop() },
    // It asks the lists, which have nothing to say yet: its first look is a minute away.
    { name: 'publishers', start: () => publishers.start(), stop: () => publishers.stop() },
    // As soon as there is anything to watch, and anything that warms up.
    { name: 'hang_watch', start: () => hangWatch.start(), stop: () => hangWatch.stop() },
    { name: 'memory_trim', start: () => trim.start(), stop: () => trim.stop() },
    // It waits for the listeners by itself.
    { name: 'self_tests', start: () => selfTests.start(), stop: () => selfTests.close() },
    // Before the lists, so that it is told when they are in force.
    { name: 'outlets', start: () => outlets.start(), stop: async () => await outlets.close() },
    // Last: the first snapshot opens the listeners. Then the start is over, though a list may still be asked for, or again.
    {
      name: 'lists',
      start: async () => {
        await Promise.race([updater.start(), opening.done, pool.fatal]);
        if (!opening.isBegun) log.event('error', 'process.not_ready', { reason: updater.missing().join('; ') });
      },
      stop: () => updater.close(),
    },
  ];
}
