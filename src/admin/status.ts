/**
 * `/status`: what `ctl status` and an engineer with curl want to know, as JSON. No URL, no host of an entry, no client.
 * It must not ask for anything but the view.
 */
import { isoTime, isoTimeOrNull } from '../lib/steady-clock.ts';
import type {
  InstanceReport,
  ListReport,
  OutletReport,
  SelfTestReport,
  WorkerReport,
} from '../observe/control-protocol.ts';
import type { ControlView, ListStatus, OutletStatus, SelfTestStatus, WorkerStatus } from '../observe/control-view.ts';

/** `now` by the steady clock, as all times of the view; in the answer they are ISO 8601 in UTC by the wall clock, null where there is none. */
export function statusOf(view: ControlView, now: number): InstanceReport {
  const reasons = view.notReady();
  const { loadedAt, ...configuration } = view.configuration();
  return {
    version: view.version,
    node: process.version,
    now: isoTime(now),
    startedAt: isoTime(view.startedAt),
    uptimeSeconds: Math.floor((now - view.startedAt) / 1000),
    ready: reasons.length === 0,
    reasons,
    configuration: { ...configuration, loadedAt: isoTime(loadedAt) },
    controlSocketError: view.controlFault(),
    bypass: view.bypass(),
    bypassEndsAt: isoTimeOrNull(view.bypassEndsAt()),
    traceEndsAt: isoTimeOrNull(view.traceEndsAt()),
    generation: view.generation(),
    descriptors: view.descriptors(),
    workers: view.workers().map(workerOf),
    workerRestarts: view.workerRestarts(),
    uncaughtErrors: view.uncaughtFaults(),
    clockJumpSeconds: view.clockJump(),
    listeners: view.listeners(),
    lists: view.lists().map(listOf),
    selfTests: view.selfTests().flatMap(selfTestOf),
    outlets: view.outlets().map(outletOf),
    routes: view.routes(),
  };
}

function workerOf({ startedAt, ...worker }: WorkerStatus): WorkerReport {
  return { ...worker, startedAt: isoTime(startedAt) };
}

function listOf({ currentAt, loadedAt, offUntil, syncs, rejections, versions, ...list }: ListStatus): ListReport {
  const { expiresAt, heardAt, silentMs: _, ...shown } = versions;
  return {
    ...list,
    currentAt: isoTimeOrNull(currentAt),
    loadedAt: isoTimeOrNull(loadedAt),
    offUntil: isoTimeOrNull(offUntil),
    syncs,
    rejections,
    // Of the wall clock already.
    versions: { ...shown, expiresAt: wallTimeOrNull(expiresAt), heardAt: wallTimeOrNull(heardAt) },
  };
}

function wallTimeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

function selfTestOf({ at, isTested, ...test }: SelfTestStatus): SelfTestReport[] {
  return isTested ? [{ ...test, at: isoTime(at) }] : [];
}

function outletOf({ toldAt, ...outlet }: OutletStatus): OutletReport {
  return { ...outlet, toldAt: isoTimeOrNull(toldAt) };
}
