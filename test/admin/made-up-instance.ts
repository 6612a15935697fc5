/** An instance as it looks on a bad evening: an hour of traffic with a bout of upstream errors, one list with a fault. */
import { History, STEP_MS } from '../../src/admin/history.ts';
import type { ControlView, ListStatus } from '../../src/observe/control-view.ts';
import { NOW } from '../observe/fixtures.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;

function list(name: string, overrides: Partial<ListStatus>): ListStatus {
  return {
    name,
    action: 'block',
    loaded: true,
    entries: 0,
    publicSuffixes: 0,
    enforceable: { http: 0, https: 0, dns: 0 },
    version: 1,
    currentAt: NOW,
    loadedAt: NOW,
    syncs: { updated: 41, unchanged: 200, rejected: 0, failed: 0 },
    rejections: {},
    lastError: null,
    cacheCurrent: null,
    content: null,
    versions: {
      inForce: null,
      held: null,
      pinned: null,
      previous: null,
      withdrawn: null,
      expiresAt: null,
      heardAt: null,
      silentMs: null,
      names: null,
    },
    ...overrides,
  };
}

export function madeUpView(): Partial<ControlView> {
  const lists = [
    list('clearing-house', {
      version: 41,
      entries: 11_488,
      enforceable: { http: 11_488, https: 812, dns: 0 },
      currentAt: NOW - 3 * MINUTE - 500,
    }),
    list('court-orders', {
      version: 38,
      entries: 214,
      enforceable: { http: 214, https: 137, dns: 0 },
      currentAt: NOW - 125 * MINUTE - 500,
      lastError: 'line 212: not a host',
      versions: {
        inForce: '38',
        held: { version: '39', code: 'public_suffix', reason: 'told to' },
        pinned: null,
        previous: '37',
        withdrawn: 2,
        expiresAt: NOW + 1440 * MINUTE,
        heardAt: NOW - MINUTE,
        silentMs: null,
        names: null,
      },
    }),
    list('own-allow', {
      version: 12,
      action: 'allow',
      entries: 9,
      enforceable: { http: 9, https: 4, dns: 0 },
      currentAt: NOW - 18_000,
    }),
  ];
  return {
    lists: () => lists,
    listeners: () => [{ name: 'explicit', mode: 'explicit', address: '192.0.2.7', port: 3128 }],
    generation: () => 41,
    workers: () =>
      [41, 41, 40, 41].map((generation, worker) => ({
        worker,
        state: 'listening',
        generation,
        unresponsive: false,
        startedAt: NOW - 79 * 3_600_000 - 500,
        restarts: 0,
      })),
    configuration: () => ({
      file: '/etc/cleanfeed/cleanfeed.yaml',
      loadedAt: NOW - 26 * 3_600_000 - 500,
      restartRequired: [],
      errors: [],
    }),
    workerRestarts: () => 0,
    clockJump: () => 0,
    uncaughtFaults: () => ({ exception: 0, rejection: 0 }),
    startedAt: NOW - 3 * 86_400_000 - 3_600_000 * 7,
  };
}

/** The same figures in every run. */
export function madeUpHour(): History {
  const traffic = new Traffic();
  // The clock of this history stands still afterwards, so that what is shown does not move.
  let now = 0;
  const history = new History(
    () => traffic.totals(),
    () => now,
  );
  for (let step = 0; step < 360; step += 1) {
    if (step < 354) busy(traffic, step);
    else steady(traffic);
    now += STEP_MS;
    history.step();
  }
  return history;
}

function busy(traffic: Traffic, step: number): void {
  const wave = Math.sin(step / 25) + Math.sin(step / 4) / 6;
  const isBad = step > 230 && step < 262;
  traffic.add({
    pass: Math.round(36_000 + wave * 5000),
    block: 10 + (step % 7),
    refuse: step % 5,
    error: isBad ? 160 + (step % 9) * 10 : step % 11,
  });
  traffic.addDurations(40e-6, 900);
  traffic.addDurations(180e-6, 90);
  traffic.addDurations(isBad ? 4e-3 : 700e-6, isBad ? 25 : 12);
  traffic.addUpstreamDurations(0.03, 900);
  traffic.addUpstreamDurations(isBad ? 4 : 0.4, 60);
  traffic.addUpstreamErrors(isBad ? { connect_timeout: 150 } : { dns_not_found: step % 4 });
  traffic.connections = Math.round(5000 + wave * 400);
}

/** The last minute: round figures for the test to know. */
function steady(traffic: Traffic): void {
  traffic.add({ pass: 38_300, count: 60, allow: 40, block: 13, refuse: 4, error: 9 });
  traffic.addDurations(40e-6, 900);
  traffic.addDurations(180e-6, 300);
  traffic.addUpstreamDurations(0.03, 900);
  traffic.addUpstreamErrors({ dns_not_found: 2, connect_timeout: 41 / 6 });
  traffic.addDropped({ idle_timeout: 3, client_error: 1 });
  traffic.connections = 5210;
}
