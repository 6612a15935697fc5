/**
 * `npm run bench:distance`: clients that connect first and ask up to two seconds later, as a browser's preconnect does, with their origin up
 * to 300 ms away: through the filter, through HAProxy in its place (both with the client's own address and port), and past both, in turns in
 * one run, in network namespaces with the rules that are shipped (root, nft, gcc).
 *
 *   client ── filter: the proxy that the rules name now ══ 20 to 300 ms ══ origin: nginx
 *
 * Ends with 1 where the filter loses more clients than HAProxy, or could not connect to the origin (`cleanfeed_upstream_errors_total`).
 */
import { loadavg } from 'node:os';
import { DISTANCE_PROGRAMS } from '../../test/network/support/distance.ts';
import { FLAG, readCommandLine, runBench, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { urlList } from '../data/url-list.ts';
import { startOrigin } from '../inline/origin.ts';
import { PORT, PROGRAMS, startPeer, type Site } from '../inline/peers.ts';
import { ThreeMachines } from '../inline/three-machines.ts';
import { cleanUpAtExit } from '../load/clean-up.ts';
import { BOTH_CORES, LOAD_CORE } from '../load/cores.ts';
import { describeMachine, revision } from '../load/machine.ts';
import { pinSelf, startPinned, type RunningProcess } from '../load/processes.ts';
import { needPrograms } from '../load/programs.ts';
import { rotated } from '../load/schedule.ts';
import { Workspace } from '../load/workspace.ts';
import { BANDS, LONGEST_WAIT_MS, play, total, type Outcomes } from './clients.ts';

const HELP = `npm run bench:distance -- [options]

  --clients N        of each way: past both, the filter, HAProxy (10000)
  --round-trips A,B  milliseconds to the origin and back; each has its share of the clients (20,80,150,300)
  --rate N           clients that connect in a second (300)
  --busy N           busy loops beside it (0)
  --seed N           of the waits (1)
  --help
`;
const NEEDED = ['nginx', 'curl', 'haproxy', 'taskset', 'setpriv', 'ip', 'nft', 'unshare', 'nsenter', 'ss'];
const OURS = 'cleanfeed';
const PEER = 'haproxy';
/** By its name, the port that the rules send clients to; null: past both. */
const WAYS = [
  { name: 'no proxy', port: null },
  { name: OURS, port: PORT.cleanfeed },
  { name: PEER, port: PORT.haproxy },
] as const;

interface Options {
  readonly clients: number;
  readonly roundTrips: readonly number[];
  readonly rate: number;
  readonly busy: number;
  readonly seed: number;
}

await runBench({ help: HELP, parse: parseOptions, run: main });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]): Options | null {
  const options = { clients: TEXT, 'round-trips': TEXT, rate: TEXT, busy: TEXT, seed: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  const roundTrips = (values['round-trips'] ?? '20,80,150,300').split(',');
  const clients = wholeNumber('clients', values.clients ?? '10000', 1);
  if (clients < roundTrips.length) throw new UsageError('--clients wants one for each round trip');
  return {
    clients,
    roundTrips: roundTrips.map((text) => wholeNumber('round-trips', text, 0)),
    rate: wholeNumber('rate', values.rate ?? '300', 1),
    busy: wholeNumber('busy', values.busy ?? '0', 0),
    seed: wholeNumber('seed', values.seed ?? '1', 0),
  };
}

async function main(options: Options): Promise<number> {
  needPrograms([...NEEDED, ...DISTANCE_PROGRAMS]);
  pinSelf(LOAD_CORE);
  const workspace = new Workspace();
  cleanUpAtExit(workspace);
  await using machines = await ThreeMachines.create({ isFar: true });
  const site: Site = { machines, workspace, list: urlList(100), source: 'client' };
  const running: RunningProcess[] = [await startOrigin(machines, workspace)];
  try {
    for (const program of PROGRAMS.filter(({ name }) => WAYS.some((way) => way.name === name))) {
      running.push(await startPeer(program, site));
      console.log(`${program.name} ${program.version() ?? ''}`);
    }
    for (let loop = 0; loop < options.busy; loop += 1) running.push(startBusyLoop(workspace));
    const { cpu, kernel, node } = describeMachine();
    console.log(`${revision() ?? 'unknown revision'}, ${cpu}, ${kernel}, Node ${node}; ${options.busy} busy loops`);
    return verdict(await measure(machines, options), await failures(machines));
  } finally {
    for (const each of running) await each.stop();
  }
}

function startBusyLoop(workspace: Workspace): RunningProcess {
  const command = [process.execPath, '-e', 'for (;;);'];
  return startPinned({ name: 'a busy loop', cores: BOTH_CORES, command, logFile: workspace.path('busy.log') });
}

/** How many clients each way has lost. */
type Lost = ReadonlyMap<string, number>;

async function measure(machines: ThreeMachines, { clients, roundTrips, rate, seed }: Options): Promise<Lost> {
  const lost = new Map<string, number>(WAYS.map(({ name }) => [name, 0]));
  const count = Math.floor(clients / roundTrips.length);
  for (const [turn, roundTrip] of roundTrips.entries()) {
    await machines.setRoundTrip(roundTrip);
    console.log(`\n${roundTrip} ms there and back, ${count} clients each; by wait ${bandNames()}`);
    for (const { name, port } of rotated(WAYS, turn)) {
      if (port === null) await machines.steerPast();
      else await machines.steerTo(port);
      const bands = await play(machines, { count, rate, seed: seed + turn });
      lost.set(name, lost.get(name)! + count - total(bands, 'answered'));
      console.log(`  ${name.padEnd(10)} ${report(bands)}   load ${loadavg()[0]!.toFixed(1)}`);
    }
  }
  return lost;
}

function bandNames(): string {
  return BANDS.map((least, index) => `${least}-${(BANDS[index + 1] ?? LONGEST_WAIT_MS + 1) - 1}`).join(', ');
}

/** Of each band how many were answered, and what became of the others. */
function report(bands: readonly Outcomes[]): string {
  return bands
    .map(({ answered = 0, ...others }) => {
      const all = Object.values(others).reduce((sum, count) => sum + count, answered);
      const told = Object.entries(others).map(([outcome, count]) => `, ${count} ${outcome}`);
      return `${answered}/${all}${told.join('')}`;
    })
    .join('   ');
}

interface Failures {
  /** Of the filter's connections to the origin, by reason. */
  readonly upstream: readonly string[];
  /** Clients that the filter has dropped, by reason. */
  readonly dropped: readonly string[];
}

async function failures({ filter }: ThreeMachines): Promise<Failures> {
  const metrics = await filter.run('curl', '-q', '-sSf', '-m', '60', 'http://127.0.0.1:9090/metrics');
  return {
    upstream: byReason(metrics, 'cleanfeed_upstream_errors_total'),
    dropped: byReason(metrics, 'cleanfeed_connections_dropped_total'),
  };
}

/** Reasons with their counts, where there were any. */
function byReason(metrics: string, name: string): readonly string[] {
  const samples = [...metrics.matchAll(new RegExp(`^${name}\\{reason="(\\w+)"\\} (\\d+)$`, 'gm'))];
  if (samples.length === 0) throw new Error(`the filter tells no ${name}`);
  return samples.filter(([, , count]) => count !== '0').map(([, reason = '', count = '']) => `${reason} ${count}`);
}

function verdict(lost: Lost, { upstream, dropped }: Failures): number {
  const told = (reasons: readonly string[]): string => (reasons.length === 0 ? '0' : reasons.join(', '));
  console.log(`\nlost: ${[...lost].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  console.log(
    `the filter's connections to the origin that failed: ${told(upstream)}; clients that it dropped: ${told(dropped)}`,
  );
  return upstream.length === 0 && lost.get(OURS)! <= lost.get(PEER)! ? 0 : 1;
}
