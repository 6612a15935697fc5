/**
 * A filter that is well on a machine that is too busy, for an hour: the guard must not take it out of the path (issue 14, "0 flaps in an
 * hour at load 10"). Customers open connections meanwhile, and each must have met the filter.
 *
 *   customers ─▶ shipped rules ─▶ serve, two workers ─▶ origin
 *                     ▲ moves?         ▲ probes
 *                     └──── guard ─────┘                             programs that use up time
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Customers, type Fate } from '../../../bench/guard/customers.ts';
import { startGuard, startGuarded, startPage } from '../../../bench/guard/guarded-filter.ts';
import type { GuardProcess } from '../../../bench/guard/guard-process.ts';
import type { GuardReport } from '../../../src/guard/report.ts';
import { InlineNetwork } from '../../network/support/inline-network.ts';
import type { Namespace } from '../../network/support/namespace.ts';
import { BusyMachine } from './busy-machine.ts';

export interface GuardSoakOptions {
  readonly seconds: number;
  /** Load average that the machine is brought to before the time counts, and kept at; 0: as it is. */
  readonly load: number;
  /** Connections of customers a second. */
  readonly rate: number;
  readonly onProgress: (line: string) => void;
}

export interface GuardSoakResult {
  readonly seconds: number;
  /** Moves out of the path, as the guard's log has them. */
  readonly flaps: readonly string[];
  /** How often the listener was not healthy for a moment, which moves nothing by itself. */
  readonly suspected: number;
  readonly probes: GuardReport['listeners'][number]['probes'];
  readonly fates: Readonly<Record<Fate, number>>;
  readonly loads: readonly number[];
  readonly faults: readonly string[];
}

const TOLD_MS = 60_000;
const STATUS = 'http://127.0.0.1:9092/status';

export async function soakGuard(options: GuardSoakOptions): Promise<GuardSoakResult> {
  await using network = await InlineNetwork.create();
  const { origin, client, filter } = network.machines;
  const server = await startPage(origin);
  // Closed: a customer never meets the origin without somebody who has let him.
  await network.installRules({ unattended: 'closed' });
  await network.steer();
  const proxy = await startGuarded(network, 'open');
  const guard = startGuard(network, proxy);
  try {
    await proxy.ready();
    await guard.event('guard.in_path', 0);
    using busy = new BusyMachine(options.load);
    await untilBusy(busy, options);
    const began = performance.now();
    busy.loads.length = 0;
    const before = await probesOf(filter);
    const customers = new Customers(client, options.rate);
    await watch(guard, busy, began, options);
    await customers.end();
    const probes = await probesOf(filter);
    const flaps = guard.lines('guard.out_of_path', began);
    const fates: Record<Fate, number> = { filtered: 0, direct: 0, refused: 0, lost: 0 };
    for (const { fate } of customers.visits) fates[fate] += 1;
    const faults = flaps.map((line) => `the guard moved: ${line}`);
    if (guard.hasEnded) faults.push('the guard ended');
    if (fates.direct + fates.refused > 0)
      faults.push(`${fates.direct} customers met no filter, ${fates.refused} were refused`);
    if (fates.filtered === 0) faults.push('no customer met the filter');
    return {
      seconds: Math.round((performance.now() - began) / 1000),
      flaps,
      suspected: guard.lines('guard.listener', began).filter((line) => line.includes('"suspect"')).length,
      probes: Object.fromEntries(
        Object.entries(probes).map(([name, count]) => [name, count - (before[name as keyof typeof before] ?? 0)]),
      ) as typeof probes,
      fates,
      loads: busy.loads,
      faults,
    };
  } finally {
    guard.end();
    server.close();
    await proxy.stop();
  }
}

/** By result, until now. */
async function probesOf(filter: Namespace): Promise<GuardSoakResult['probes']> {
  const { listeners } = JSON.parse(await filter.run('curl', '-sS', '-m', '60', STATUS)) as GuardReport;
  return listeners[0]!.probes;
}

async function untilBusy(busy: BusyMachine, { load, onProgress }: GuardSoakOptions): Promise<void> {
  while (busy.loads.at(-1)! < load) {
    onProgress(`load ${busy.loads.at(-1)!.toFixed(1)}, ${busy.added} programs added: not busy enough yet`);
    await pause(TOLD_MS / 6);
  }
}

/** Until the time is over, or the guard has moved. */
async function watch(
  guard: GuardProcess,
  busy: BusyMachine,
  began: number,
  { seconds, onProgress }: GuardSoakOptions,
): Promise<void> {
  for (let told = began; !guard.hasEnded && performance.now() - began < seconds * 1000; await pause(1000)) {
    if (performance.now() - told < TOLD_MS) continue;
    told = performance.now();
    const minutes = Math.round((told - began) / 60_000);
    const flaps = guard.lines('guard.out_of_path', began).length;
    onProgress(`${minutes} min, load ${busy.loads.at(-1)!.toFixed(1)}, ${busy.added} programs added, ${flaps} flaps`);
  }
}
