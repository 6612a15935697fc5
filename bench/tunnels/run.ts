/**
 * `npm run bench:tunnels`: TLS tunnels that are open and say nothing, through a transparent listener and through HAProxy in TCP mode, each
 * with two threads, in turns in one run, in network namespaces with the rules that are shipped (root, nft): what each takes of the proxy's
 * memory, and what becomes of the others while some are stalled.
 *
 * What the kernel holds for sockets is not in it; it is the same for both. Ends with 1 where a tunnel ended, never because a figure is
 * over its target.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { FLAG, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { ThreeMachines } from '../inline/three-machines.ts';
import { untilListeningIn } from '../inline/peers.ts';
import { cleanUpAtExit } from '../load/clean-up.ts';
import { BOTH_CORES } from '../load/cores.ts';
import { descriptorLimit } from '../load/descriptors.ts';
import { describeMachine, revision } from '../load/machine.ts';
import { readMemory } from '../load/process-tree.ts';
import { startPinned } from '../load/processes.ts';
import { needPrograms } from '../load/programs.ts';
import { Workspace } from '../load/workspace.ts';
import { PEERS, type Peer } from './peers.ts';
import { ORIGINS, Tunnels } from './tunnels.ts';

const HELP = `npm run bench:tunnels -- [options]

  --count N     tunnels at a time (50000, or as many as the system lets a process have: two descriptors each)
  --rounds N    turns of each proxy (1)
  --help
`;
const NEEDED = ['haproxy', 'taskset', 'setpriv', 'prlimit', 'ip', 'nft', 'unshare', 'nsenter', 'ss'];
const COUNT = 50_000;
/** Two a tunnel, at the proxy and here; and a third for each, which ours keeps for clients that want to send requests. */
const DESCRIPTORS = 200_000;
/** Of each process, for whatever else it has open. */
const OTHER_DESCRIPTORS = 2000;
/** Opened and closed before anything is read: code and buffers are there then. */
const WARM_UP = 1000;
/** For what opening and closing has left behind. */
const SETTLE_MS = 8000;
const STALLED_EACH_WAY = 20;
const ECHOES = 2000;
const LIMIT_KB = 8;

interface Figures {
  readonly kilobytes: number;
  /** Milliseconds there and back through a tunnel, sorted: before, and beside stalled ones. */
  readonly calm: readonly number[];
  readonly beside: readonly number[];
  /** Of the proxy, for each stalled one. */
  readonly stalledKilobytes: number;
}

await runBench({ help: HELP, parse: parseOptions, run: main });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { count: TEXT, rounds: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  return values.help === true ? null : values;
}

async function main(values: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  needPrograms(NEEDED);
  const rounds = wholeNumber('rounds', values.rounds ?? '1', 1);
  const count = wholeNumber('count', values.count ?? String(Math.min(COUNT, mostTunnels())), WARM_UP);
  const workspace = new Workspace();
  cleanUpAtExit(workspace);
  await using machines = await ThreeMachines.create();
  for (const address of ORIGINS.slice(1))
    await machines.origin.run('ip', 'address', 'add', `${address}/24`, 'dev', 'south');
  using tunnels = await Tunnels.create(machines);
  const { cpu, kernel, node } = describeMachine();
  console.log(`${revision() ?? 'unknown revision'}, ${cpu}, ${kernel}, Node ${node}; ${count} tunnels`);
  for (let round = 0; round < rounds; round += 1)
    for (const peer of PEERS) report(peer.name, await measure(peer, { machines, workspace, tunnels, count }));
  return 0;
}

/** The limit is raised where that may be done; what is started inherits it. */
function mostTunnels(): number {
  spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${DESCRIPTORS}`]);
  return Math.floor((descriptorLimit() - OTHER_DESCRIPTORS) / 2);
}

interface Run {
  readonly machines: ThreeMachines;
  readonly workspace: Workspace;
  readonly tunnels: Tunnels;
  readonly count: number;
}

async function measure(peer: Peer, { machines, workspace, tunnels, count }: Run): Promise<Figures> {
  const running = startPinned({
    name: peer.name,
    cores: BOTH_CORES,
    command: [...machines.filter.under, ...peer.command(workspace, count)],
    logFile: workspace.path(`${peer.name}.log`),
  });
  try {
    await untilListeningIn(machines.filter, running, peer.port);
    await machines.steerTo(peer.port);
    await tunnels.open(WARM_UP);
    tunnels.close();
    await pause(SETTLE_MS);
    const before = readMemory(running.pid);
    await tunnels.open(count);
    await pause(SETTLE_MS);
    const open = readMemory(running.pid);
    const calm = await echoes(tunnels);
    await tunnels.stall(STALLED_EACH_WAY);
    await pause(SETTLE_MS);
    const stalled = readMemory(running.pid);
    const beside = await echoes(tunnels);
    if (tunnels.gone > 0) throw new Error(`${peer.name} ended ${tunnels.gone} tunnels: ${running.lastWords()}`);
    tunnels.close();
    return {
      kilobytes: (open - before) / count / 1000,
      calm,
      beside,
      stalledKilobytes: (stalled - open) / (2 * STALLED_EACH_WAY) / 1000,
    };
  } finally {
    await running.stop();
  }
}

/** One after the other, of tunnels that are not stalled. */
async function echoes(tunnels: Tunnels): Promise<readonly number[]> {
  const times: number[] = [];
  // The first of each tunnel wakes what slept: it counts too.
  for (let i = 0; i < ECHOES; i += 1) times.push(await tunnels.echo(2 * STALLED_EACH_WAY + (i % (WARM_UP / 2))));
  return times.toSorted((a, b) => a - b);
}

function report(name: string, { kilobytes, calm, beside, stalledKilobytes }: Figures): void {
  const target = `limit ${LIMIT_KB}: ${kilobytes <= LIMIT_KB ? 'reached' : 'MISSED'}`;
  const time = (sorted: readonly number[]): string =>
    `${at(sorted, 0.5).toFixed(2)} ms, ${at(sorted, 0.99).toFixed(2)} in the slowest of a hundred`;
  console.log(`${name.padEnd(10)} ${kilobytes.toFixed(2)} KB a tunnel (${target})   load ${loadavg()[0]!.toFixed(1)}
           there and back: ${time(calm)}
           beside ${2 * STALLED_EACH_WAY} that are stalled: ${time(beside)}; these take ${stalledKilobytes.toFixed(0)} KB each`);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
