/**
 * `npm run bench:compare -- BASE`: what the working tree costs beside another version of it.
 *
 *   for each pair: micro benches of both in turns ─▶ `serve` of both, scene by scene, in turns ─▶ one ratio for each
 *
 * A wrong answer ends it with 1; figures never do. Whatever is started is stopped; everything stays on loopback.
 */
import { loadavg } from 'node:os';
import { cleanUpAtExit } from '../load/clean-up.ts';
import { LOAD_CORE } from '../load/cores.ts';
import { enter, type PeerSetup } from '../load/field.ts';
import { describeMachine } from '../load/machine.ts';
import { runBench } from '../command-line.ts';
import { startOrigin } from '../load/origin.ts';
import { cleanfeedPeer } from '../load/peers/cleanfeed.ts';
import { pinSelf } from '../load/processes.ts';
import { findProgram, needPrograms } from '../load/programs.ts';
import { Progress } from '../load/progress.ts';
import { spread } from '../load/statistics.ts';
import { METRICS } from '../load/scenes/scene.ts';
import { Workspace } from '../load/workspace.ts';
import { urlList } from '../data/url-list.ts';
import { loadPair, type LoadPair, type Versions } from './load.ts';
import { microPair } from './micro.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { comparison, type Pair } from './ratio.ts';
import { textReport, type Compared } from './report.ts';
import { checkedOut, isKnown, workingTree, type Version } from './versions.ts';

const NEEDED = ['git', 'tar', 'taskset', 'setpriv'] as const;
const NEEDED_FOR_LOAD = ['nginx', 'wrk', 'curl'] as const;

await runBench({ help: HELP, parse: parseOptions, run: main });

/** Exit code: 0, whatever the figures say. */
async function main(options: Options): Promise<number> {
  const needed = options.scenes.length > 0 ? [...NEEDED, ...NEEDED_FOR_LOAD] : NEEDED;
  needPrograms(needed, 'git tar nginx wrk curl util-linux');
  if (options.mayLackBase && !isKnown(options.base)) {
    process.stdout.write(
      `bench: this clone has no ${options.base.slice(0, 7)} in its history: nothing to compare with\n`,
    );
    return 0;
  }
  const before = loadavg()[0]!;
  const workspace = new Workspace();
  cleanUpAtExit(workspace);
  const [base, now] = [checkedOut(options.base, workspace, options.node), workingTree()];
  pinSelf(LOAD_CORE);
  const progress = new Progress(options.pairs * 2);
  const micro = options.micro.length > 0 ? await microPairs(base, now, options, progress) : [];
  const load = options.scenes.length > 0 ? await loadPairs(base, now, options, { workspace, progress }) : [];
  progress.clear();
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    base: base.revision,
    now: now.revision,
    pairs: micro[0]?.ratios.length ?? options.pairs,
    loadAverage: [before, loadavg()[0]!] as const,
    compared: [...micro, ...load],
  };
  process.stdout.write(options.isJson ? `${JSON.stringify(report, null, 1)}\n` : textReport(report));
  return 0;
}

async function microPairs(
  base: Version,
  now: Version,
  { pairs, budgetMs, micro }: Options,
  progress: Progress,
): Promise<readonly Compared[]> {
  const measured: ReadonlyMap<string, Pair>[] = [];
  const deadline = performance.now() + budgetMs;
  for (let pair = 0; pair < pairs && (pair === 0 || performance.now() < deadline); pair++) {
    progress.step(`micro benches, pair ${pair + 1} of ${pairs}`);
    measured.push(await microPair(base, now, micro));
  }
  return comparedBy(measured, (name, found) => ({
    name,
    unit: 'ns/operation',
    ...comparison(found),
    othersPercent: null,
  }));
}

async function loadPairs(
  base: Version,
  now: Version,
  options: Options,
  { workspace, progress }: { readonly workspace: Workspace; readonly progress: Progress },
): Promise<readonly Compared[]> {
  const origin = await startOrigin(findProgram('nginx')!, LOAD_CORE, workspace);
  try {
    const setup: PeerSetup = { origin, workspace, list: urlList(options.listSize) };
    const versions: Versions = { base: await entrant(base, setup), now: await entrant(now, setup) };
    const measured: ReadonlyMap<string, LoadPair>[] = [];
    for (let pair = 0; pair < options.pairs; pair++) {
      progress.step(`load, pair ${pair + 1} of ${options.pairs}`);
      measured.push(await loadPair(versions, setup, { scenes: options.scenes, seconds: options.seconds, pair }));
    }
    const others = (found: readonly LoadPair[]): number =>
      spread(found.map(({ othersPercent }) => othersPercent))!.median;
    return comparedBy(measured, (name, found) => ({
      name,
      unit: METRICS[options.scenes.find((scene) => scene.name === name)!.primary].heading,
      ...comparison(found),
      othersPercent: others(found),
    }));
  } finally {
    await origin.process.stop();
  }
}

async function entrant(version: Version, setup: PeerSetup): ReturnType<typeof enter> {
  return await enter(
    cleanfeedPeer({ name: version.name, note: version.revision, workers: 1, root: version.root, node: version.node }),
    version.revision,
    setup,
  );
}

/** What all pairs of each name say. */
function comparedBy<T>(
  measured: readonly ReadonlyMap<string, T>[],
  compared: (name: string, pairs: readonly T[]) => Compared,
): Compared[] {
  const names = [...(measured[0]?.keys() ?? [])];
  return names.map((name) =>
    compared(
      name,
      measured.flatMap((pair) => pair.get(name) ?? []),
    ),
  );
}
