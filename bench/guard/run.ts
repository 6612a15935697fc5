/**
 * `npm run bench:guard`: what customers notice when the filter in their path dies or hangs, with the shipped rules, a real `serve` and a
 * real `cleanfeed guard` in a network of namespaces, and customers at a steady rate (root, nft).
 *
 *   fault ─▶ guard: out of the path ─▶ (the filter lives again) ─▶ guard: back
 *     └── lost connections, the last of them ──┘                  └── lost connections ──▶ end
 *
 * It ends with 1 where customers did not get what the policy promises, never because a figure is over its target.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { InlineNetwork } from '../../test/network/support/inline-network.ts';
import { FLAG, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { spread } from '../load/statistics.ts';
import { Customers, type Fate, type Visit } from './customers.ts';
import { startGuard, startGuarded, startPage, type Policy } from './guarded-filter.ts';

const FAULTS = ['killed', 'hung'] as const;
type Fault = (typeof FAULTS)[number];
const TARGET_MS: Readonly<Record<Fault, number>> = { killed: 500, hung: 2000 };
const NONE = { median: NaN, min: NaN, max: NaN };
/** Milliseconds that the path stays as it is, before the fault and after the return. */
const CALM_MS = 2000;

interface Result {
  readonly policy: Policy;
  readonly fault: Fault;
  /** From the fault until the guard has the filter out of the path, in milliseconds; the last lost connection began so long after it. */
  readonly outMs: number;
  readonly lastLostMs: number;
  readonly lost: number;
  readonly lostOnReturn: number;
  readonly visits: number;
  readonly isKept: boolean;
  /** The longest that this process, client and origin in one, stood still itself, in milliseconds: below that nothing is told. */
  readonly stoodStillMs: number;
}

const HELP = 'npm run bench:guard -- [--rate connections a second (100)] [--rounds N (3)]\n';

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const { values } = readCommandLine({
    args: [...args],
    options: { rate: TEXT, rounds: TEXT, help: FLAG },
    strict: true,
  });
  if (values.help === true) return null;
  return { rate: wholeNumber('rate', values.rate ?? '100', 1), rounds: wholeNumber('rounds', values.rounds ?? '3', 1) };
}

async function measure({ rate, rounds }: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  console.log(machineLine());
  const results: Result[] = [];
  for (const policy of ['open', 'closed'] as const)
    for (const fault of FAULTS)
      for (let round = 0; round < rounds; round += 1) {
        const result = await oneRound(policy, fault, rate);
        console.log(line(result));
        results.push(result);
      }
  console.log(`${rounds} rounds of each, ${rate} new connections a second; load after ${loadText()}`);
  for (const fault of FAULTS) {
    const all = results.filter((result) => result.fault === fault);
    const { median, min, max } = spread(all.map(({ outMs, lastLostMs }) => Math.max(outMs, lastLostMs))) ?? NONE;
    console.log(
      `${fault}: out of the path within ${median} ms (${min} to ${max}; target ${TARGET_MS[fault]} ms), ${all.reduce((sum, { lostOnReturn }) => sum + lostOnReturn, 0)} lost on return (target 0)`,
    );
  }
  return results.every(({ isKept }) => isKept) ? 0 : 1;
}

function line({ policy, fault, outMs, lastLostMs, lost, lostOnReturn, visits, isKept, stoodStillMs }: Result): string {
  return `fail-${policy}, ${fault}: out after ${outMs} ms; ${lost} of ${visits} lost, the last begun ${lastLostMs} ms after the fault; ${lostOnReturn} lost on return; this process stood still for ${stoodStillMs} ms at most${isKept ? '' : '; NOT what the policy promises'}`;
}

async function oneRound(policy: Policy, fault: Fault, rate: number): Promise<Result> {
  await using network = await InlineNetwork.create();
  const { origin, client } = network.machines;
  const server = await startPage(origin);
  await network.installRules({ unattended: policy });
  await network.steer();
  let proxy = await startGuarded(network, policy);
  const guard = startGuard(network, proxy);
  try {
    await guard.event('guard.in_path', 0);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const customers = new Customers(client, rate);
    await pause(CALM_MS);
    const at = performance.now();
    proxy.signal(fault === 'killed' ? 'SIGKILL' : 'SIGSTOP');
    const out = await guard.event('guard.out_of_path', at);
    await pause(CALM_MS);
    if (fault === 'killed') proxy = await proxy.killAndRestart();
    else proxy.signal('SIGCONT');
    const back = await guard.event('guard.in_path', out);
    await pause(CALM_MS);
    await customers.end();
    const stoodStillMs = Math.round(delay.max / 1e6);
    return { ...judge(customers.visits, { policy, fault, at, out, back }), stoodStillMs };
  } finally {
    guard.end();
    proxy.signal('SIGKILL');
    await proxy.exited;
    proxy.forget();
    server.close();
  }
}

interface Moments {
  readonly policy: Policy;
  readonly fault: Fault;
  readonly at: number;
  readonly out: number;
  readonly back: number;
}

function judge(visits: readonly Visit[], { policy, fault, at, out, back }: Moments): Omit<Result, 'stoodStillMs'> {
  const outside: Fate = policy === 'open' ? 'direct' : 'refused';
  const isLost = ({ fate }: Visit): boolean => fate === 'lost' || (policy === 'open' && fate === 'refused');
  // What began before the fault was under way in the process.
  const lost = visits.filter((visit) => isLost(visit) && visit.begun < back - 1000);
  // The guard tells of its commands after they have done their work: on a busy machine much later.
  const during = visits.filter(({ begun }) => begun > out + 100 && begun < back - 1000);
  const after = visits.filter(({ begun }) => begun > back + 100);
  return {
    policy,
    fault,
    outMs: Math.round(out - at),
    lastLostMs: Math.round(Math.max(0, ...lost.map(({ begun }) => begun - at))),
    lost: lost.length,
    lostOnReturn: visits.filter((visit) => isLost(visit) && visit.begun >= back - 1000).length,
    visits: visits.length,
    isKept: during.every(({ fate }) => fate === outside) && after.every(({ fate }) => fate === 'filtered'),
  };
}
