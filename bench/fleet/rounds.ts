/**
 * One round: a fleet at work, customers outside, one thing that happens to a node, and what customers noticed of it. It must not judge.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Fleet } from '../../test/network/support/fleet.ts';
import { FleetCustomers } from '../../test/network/support/fleet-customers.ts';
import { NODES, type NextHops } from '../../test/network/support/fleet-network.ts';

export const FAULTS = ['drained', 'killed', 'silent', 'returned'] as const;

export interface Outcome {
  readonly visits: number;
  readonly lost: number;
  /** The last lost connection was begun so long after, in milliseconds; 0: none that was begun after. */
  readonly lastLostMs: number;
  readonly kept: number;
  readonly broken: number;
  /** Until the router's next hops were those that are left, by both families. */
  readonly settledMs: number;
  readonly slowestMs: number;
}

const NODE = 'node2';
const OTHERS = NODES.filter((name) => name !== NODE);
const KEPT = 90;
/** A busy machine must not take a node out that lives; how fast one that is gone is noticed does not depend on these. */
const GUARD = { timeout: '1s', successes: 3, hold: '100ms' };
/** Milliseconds before and after. */
const CALM_MS = 2000;
const AFTER_MS = 4000;

export async function oneRound(fault: (typeof FAULTS)[number], nextHops: NextHops, rate: number): Promise<Outcome> {
  await using fleet = await Fleet.start({ nextHops, guard: GUARD });
  if (fault === 'returned') {
    fleet.proxy(NODE).signal('SIGTERM');
    await fleet.network.settled(OTHERS);
    await fleet.proxy(NODE).exited;
  }
  const customers = new FleetCustomers(fleet.network.machines.client, { kept: KEPT, rate });
  await customers.settled();
  await pause(CALM_MS);
  const at = performance.now();
  await happen(fleet, fault);
  await fleet.network.settled(fault === 'returned' ? NODES : OTHERS);
  const settled = performance.now();
  await pause(AFTER_MS);
  await customers.end();
  const lost = customers.visits.filter(({ isLost }) => isLost);
  return {
    visits: customers.visits.length,
    lost: lost.length,
    lastLostMs: Math.round(Math.max(0, ...lost.map(({ begun }) => begun - at))),
    kept: KEPT,
    broken: customers.broken.length,
    settledMs: Math.round(settled - at),
    slowestMs: Math.round(Math.max(...customers.visits.map(({ took }) => took))),
  };
}

async function happen(fleet: Fleet, fault: (typeof FAULTS)[number]): Promise<void> {
  switch (fault) {
    case 'drained':
      fleet.proxy(NODE).signal('SIGTERM');
      return;
    case 'killed':
      fleet.proxy(NODE).signal('SIGKILL');
      return;
    case 'silent':
      await fleet.network.silence(NODE);
      return;
    case 'returned':
      await fleet.restartNode(NODE);
  }
}
