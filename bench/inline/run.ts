/**
 * `npm run bench:inline`: intercepted traffic beside HAProxy and Squid in TPROXY mode, in turns in one run, in network namespaces with the
 * rules that are shipped (root, nft).
 *
 *   core 0: wrk, curl ─▶ core 1: the proxy that the rules name now ─▶ core 0: nginx
 *
 * Figures are processor time of the proxy for one unit of work, and ratios round by round: what else the machine does slows all of
 * them alike. Beside each is how many connections the origin got for a unit: who keeps some for others does less. Ends with 1 where a
 * proxy did not do its work, never because a figure is over its target.
 */
import { loadavg } from 'node:os';
import { FLAG, readCommandLine, runBench, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { urlList } from '../data/url-list.ts';
import { cleanUpAtExit } from '../load/clean-up.ts';
import { LOAD_CORE } from '../load/cores.ts';
import { describeMachine, revision } from '../load/machine.ts';
import { pinSelf, type RunningProcess } from '../load/processes.ts';
import { needPrograms } from '../load/programs.ts';
import { rotated } from '../load/schedule.ts';
import { spread, type Spread } from '../load/statistics.ts';
import { Workspace } from '../load/workspace.ts';
import { ThreeMachines } from './three-machines.ts';
import { startOrigin } from './origin.ts';
import { PROGRAMS, startPeer, type Site, type Source } from './peers.ts';
import { checkList, checkWay, SCENES, type Entry, type Figure, type Scene } from './scenes.ts';

const HELP = `npm run bench:inline -- [options]

  --rounds N        rounds, each with every proxy (5)
  --seconds N       length of one measured window (2)
  --scenes A,B      ${SCENES.map(({ name }) => name).join(', ')} (all)
  --peers 'A;B'     haproxy, node:net, squid, 'squid, own', 'haproxy, splice', 'cleanfeed, explicit' beside ours (all)
  --source WHOM     whom origins see: proxy or client (proxy)
  --list-size N     URLs on the list (100000)
  --help
`;
/** Of a turn of one, before the first round; there are more until enough is done (scenes.ts), or until there were so many. */
const WARM_UP_SECONDS = 4;
const MAX_WARM_UPS = 12;
const OURS = 'cleanfeed';
const NEEDED = ['nginx', 'wrk', 'curl', 'haproxy', 'taskset', 'setpriv', 'ip', 'nft', 'unshare', 'nsenter'];

await runBench({ help: HELP, parse: parseOptions, run: main });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = {
    rounds: TEXT,
    seconds: TEXT,
    scenes: TEXT,
    peers: TEXT,
    source: TEXT,
    'list-size': TEXT,
    help: FLAG,
  };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  return values.help === true ? null : values;
}

async function main(values: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  needPrograms(NEEDED);
  const rounds = wholeNumber('rounds', values.rounds ?? '5', 1);
  const seconds = wholeNumber('seconds', values.seconds ?? '2', 1);
  const wanted = values.scenes?.split(',');
  const scenes = SCENES.filter(({ name }) => wanted?.includes(name) !== false);
  if (scenes.length === 0) throw new UsageError(`no scene of '${values.scenes ?? ''}'`);
  pinSelf(LOAD_CORE);
  const workspace = new Workspace();
  cleanUpAtExit(workspace);
  await using machines = await ThreeMachines.create();
  const list = urlList(wholeNumber('list-size', values['list-size'] ?? '100000', 1));
  const site: Site = { machines, workspace, list, source: sourceOf(values.source) };
  const origin = await startOrigin(machines, workspace);
  const running = new Map<string, RunningProcess>();
  try {
    await startAll(site, running);
    const played = scenes.map((scene) => among(running, values.peers ?? null, scene));
    await checkWay(site, played);
    await checkList(machines, workspace, list.at(-1)!);
    const { cpu, kernel, node } = describeMachine();
    console.log(`${revision() ?? 'unknown revision'}, ${cpu}, ${kernel}, Node ${node}; origins see the ${site.source}`);
    for (const scene of played) report(scene, await measure(scene, { site, running, rounds, seconds }));
    return 0;
  } finally {
    for (const each of [...running.values(), origin]) await each.stop();
  }
}

function sourceOf(text = 'proxy'): Source {
  if (text !== 'proxy' && text !== 'client') throw new UsageError(`--source wants proxy or client, not '${text}'`);
  return text;
}

async function startAll(site: Site, running: Map<string, RunningProcess>): Promise<void> {
  for (const program of PROGRAMS) {
    const version = program.version();
    if (version === null) console.log(`${program.name} is not installed: left out`);
    else {
      running.set(program.name, await startPeer(program, site));
      console.log(`${program.name} ${version}`);
    }
  }
}

/** @param peers null: all that are here */
function among(
  running: ReadonlyMap<string, RunningProcess>,
  peers: string | null,
  { entries, ...scene }: Scene,
): Scene {
  const isWanted = ({ program, name }: Entry): boolean =>
    running.has(program) && (name === OURS || peers === null || peers.split(';').includes(name));
  return { ...scene, entries: entries.filter(isWanted) };
}

interface Run {
  readonly site: Site;
  readonly running: ReadonlyMap<string, RunningProcess>;
  readonly rounds: number;
  readonly seconds: number;
}

/** By entry: its figure in each round. */
async function measure(scene: Scene, { site, running, rounds, seconds }: Run): Promise<Map<string, Figure[]>> {
  const { machines, workspace } = site;
  const one = async ({ program, name, port, measure: of }: Entry, length: number): Promise<Figure> => {
    if (port !== null) await machines.steerTo(port);
    try {
      return await of({ machines, workspace, running: running.get(program)!, seconds: length });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${name}, ${scene.title}: ${why}`, { cause: error });
    }
  };
  for (const entry of scene.entries)
    for (let [turns, done] = [0, 0]; done < scene.warmUp && turns < MAX_WARM_UPS; turns += 1)
      done += (await one(entry, WARM_UP_SECONDS)).units;
  const figures = new Map<string, Figure[]>(scene.entries.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const entry of rotated(scene.entries, round)) figures.get(entry.name)!.push(await one(entry, seconds));
  return figures;
}

function report({ title, unit, entries, limits }: Scene, figures: ReadonlyMap<string, readonly Figure[]>): void {
  console.log(`\n${title}   load ${loadavg()[0]!.toFixed(1)}`);
  const costs = (name: string): number[] | undefined => figures.get(name)?.map(({ cost }) => cost);
  const ours = costs(entries[0]!.name)!;
  for (const { name } of entries) {
    const values = costs(name);
    if (values === undefined) continue;
    const opened = spread(figures.get(name)!.map((figure) => figure.opened))!.median.toFixed(2);
    const ratios = name === entries[0]!.name ? null : spread(values.map((value, round) => ours[round]! / value));
    const limit = limits[name];
    const target =
      limit === undefined || ratios === null
        ? ''
        : `, limit ${limit}: ${ratios.median <= limit ? 'reached' : 'MISSED'}`;
    const ratio = ratios === null ? '' : `ours / theirs ${shown(ratios, 2)}${target}`;
    console.log(
      `  ${name.padEnd(20)} ${shown(spread(values)!, 1)} ${unit}, ${opened} connections to the origin   ${ratio}`,
    );
  }
}

function shown({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
