/**
 * The load bench: real proxies side by side in one run.
 *
 *   core 0: wrk or curl ──▶ core 1: one proxy at a time ──▶ core 0: nginx as origin
 *
 * Whatever is started is stopped, also after a failure or Ctrl-C. Everything stays on loopback.
 */
import { runBench } from '../command-line.ts';
import { cleanUpAtExit } from './clean-up.ts';
import { describeMachine, revision } from './machine.ts';
import { enter, type Entrant, type PeerSetup } from './field.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { startOrigin } from './origin.ts';
import { LOAD_CORE } from './cores.ts';
import { withoutPlaces } from './places.ts';
import { playScene } from './play.ts';
import { pinSelf } from './processes.ts';
import { findProgram, needPrograms, versionOf } from './programs.ts';
import { Progress } from './progress.ts';
import { writeReports, type Report } from './report.ts';
import type { Sample } from './samples.ts';
import { PEERS } from './peers/all.ts';
import { ofFamilies, type Peer } from './peers/peer.ts';
import type { Scene } from './scenes/scene.ts';
import { urlList } from '../data/url-list.ts';
import { Workspace } from './workspace.ts';

const NEEDED = ['nginx', 'wrk', 'curl', 'taskset', 'setpriv'] as const;

await runBench({ help: HELP, parse: parseOptions, run: main });

/** Exit code: 0 if every peer that is here was measured, 1 if one failed. Missed targets are a result, not a failure. */
async function main(options: Options): Promise<number> {
  needPrograms(NEEDED, 'nginx wrk curl util-linux');
  pinSelf(LOAD_CORE);
  const workspace = new Workspace();
  cleanUpAtExit(workspace);
  const list = urlList(options.listSize);
  const origin = await startOrigin(findProgram('nginx')!, LOAD_CORE, workspace);
  try {
    return await compare(options, { origin, list, workspace });
  } finally {
    await origin.process.stop();
  }
}

async function compare(options: Options, setup: PeerSetup): Promise<number> {
  const fields = fieldsOf(options);
  const progress = new Progress(options.rounds * [...fields.values()].flat().length);
  const entrants = await enterAll(new Set([...fields.values()].flat()), setup, progress);
  const failures: string[] = [];
  const commit = revision();
  const samples: Sample[] = [];
  for (const scene of options.scenes) {
    const field = fields.get(scene)!.flatMap((peer) => entrants.get(peer) ?? []);
    samples.push(...(await playScene(scene, { options, setup, entrants: field, progress, failures })));
  }
  progress.clear();
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    revision: commit,
    machine: describeMachine(),
    run: { rounds: options.rounds, seconds: options.seconds, listSize: options.listSize },
    tools: {
      wrk: versionOf('wrk', ['-v'], /wrk (\S+)/),
      origin: `nginx ${versionOf(findProgram('nginx')!, ['-v'], /nginx\/(\S+)/)}`,
    },
    peers: described(PEERS, entrants),
    setUps: described(
      [...entrants.keys()].filter((peer) => !PEERS.includes(peer)),
      entrants,
    ),
    scenes: options.scenes.map(({ name, title, primary, note = null, setUps }) => ({
      name,
      title,
      primary,
      note,
      ours: setUps?.[0]?.name ?? 'cleanfeed',
    })),
    samples,
    failures: failures.map(withoutPlaces),
  };
  process.stdout.write(`${writeReports(report, options.out)}\n`);
  return failures.length === 0 ? 0 : 1;
}

/** Who is to be measured in each scene. */
function fieldsOf(options: Options): ReadonlyMap<Scene, readonly Peer[]> {
  const again = new Map<Peer, Peer>();
  const withAnother = (peer: Peer): readonly Peer[] => {
    if (options.node === null || peer.under === undefined) return [peer];
    const other = again.get(peer) ?? peer.under(options.node);
    again.set(peer, other);
    return [peer, other];
  };
  return new Map(options.scenes.map((scene) => [scene, fieldOf(scene, options).flatMap(withAnother)]));
}

/** Who is to be measured in a scene. */
function fieldOf(scene: Scene, options: Options): readonly Peer[] {
  const field = scene.setUps ?? PEERS.filter(({ name }) => scene.peers?.includes(name) !== false);
  return ofFamilies(field, options.peers);
}

async function enterAll(peers: ReadonlySet<Peer>, setup: PeerSetup, progress: Progress): Promise<Map<Peer, Entrant>> {
  const entrants = new Map<Peer, Entrant>();
  for (const peer of peers) {
    const version = peer.version();
    if (version === null) progress.remark(`${peer.name} is not installed: left out`);
    else entrants.set(peer, await enter(peer, version, setup));
  }
  return entrants;
}

function described(peers: readonly Peer[], entrants: ReadonlyMap<Peer, Entrant>): Report['peers'] {
  return peers.flatMap((peer) => {
    const entrant = entrants.get(peer);
    return entrant === undefined
      ? []
      : [{ name: peer.name, version: entrant.version, note: peer.note, holdsList: peer.holdsList }];
  });
}
