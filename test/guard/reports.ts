/** A report of the guard as tests show it. */
import { PROBE_RESULTS, type ProbeResult } from '../../src/guard/probe.ts';
import type { GuardReport } from '../../src/guard/report.ts';

const probes = Object.fromEntries(PROBE_RESULTS.map((result, i) => [result, i])) as Record<ProbeResult, number>;
export const LISTENER = {
  listener: 'explicit',
  state: 'healthy',
  isPartial: false,
  isDenied: false,
  probes,
  lastFailure: null,
} as const;
export const REPORT: GuardReport = {
  pid: 1,
  version: '1.2.3',
  uptimeMs: 1000,
  hasActions: true,
  position: 'in',
  running: null,
  reason: null,
  failedAttempts: 0,
  lastFault: null,
  flaps: 1,
  holdMs: 2000,
  isHeld: false,
  othersRemaining: 3,
  filter: { draining: false, bypass: false },
  listedRefused: true,
  listeners: [LISTENER],
  moves: {
    out: { done: 1, failed: 2 },
    back: { done: 3, failed: 0 },
    reasons: { start: 0, down: 1, partial: 0, draining: 0, stop: 0 },
  },
};
