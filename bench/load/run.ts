/**
 * The load bench: real proxies side by side in one run.
 *
 *   core 0: wrk or curl ──▶ core 1: one proxy at a time ──▶ core 0: nginx as origin
 *
 * For each scene, round by round: start a peer, check its answers (first round), warm it up, measure, stop it; then the
 * next peer. Whatever is started is stopped, also after a failure or Ctrl-C. Everything stays on loopback.
 */
import { describeMachine, revision } from './machine.ts';
import { enter, withRunning, type Entrant, type Ground } from './field.ts';
import { HELP, parseOptions, UsageError, type Options } from './options.ts';
import { startOrigin } from './origin.ts';
import { LOAD_CORE } from './cores.ts';
import { killAll } from './processes.ts';
import { findProgram, versionOf } from './programs.ts';
import { Progress } from './progress.ts';
import { writeReports, type Report } from './report.ts';
import type { Sample } from './samples.ts';
import type { Scene } from './scenes/scene.ts';
import { rotated } from './schedule.ts';
import { urlList } from '../data/url-list.ts';
import { Workspace } from './workspace.ts';

const NEEDED = ['nginx', 'wrk', 'curl', 'taskset', 'setpriv'] as const;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(HELP);
  else process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Exit code: 0 if every peer that is here was measured, 1 if one failed. Missed targets are a result, not a failure. */
async function main(options: Options): Promise<number> {
  const missing = NEEDED.filter((program) => findProgram(program) === null);
  if (missing.length > 0) throw new UsageError(`not on this machine: ${missing.join(', ')} (Debian: nginx wrk curl util-linux)`);
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

async function compare(options: Options, ground: Ground): Promise<number> {
  const progress = new Progress(options.rounds * options.peers.length * options.scenes.length);
  const entrants = await enterAll(options, ground, progress);
  const failures: string[] = [];
  const commit = revision();
  const samples: Sample[] = [];
  for (const scene of options.scenes) {
    samples.push(...(await playScene(scene, { options, ground, entrants, progress, failures })));
  }
  progress.clear();
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    revision: commit,
    machine: describeMachine(),
    run: { rounds: options.rounds, seconds: options.seconds, listSize: options.listSize },
    tools: { wrk: versionOf('wrk', ['-v'], /wrk (\S+)/), origin: `nginx ${versionOf(findProgram('nginx')!, ['-v'], /nginx\/(\S+)/)}` },
    peers: entrants.map(({ peer, version }) => ({ name: peer.name, version, note: peer.note, holdsList: peer.holdsList })),
    scenes: options.scenes.map(({ name, title, primary }) => ({ name, title, primary })),
    samples,
    failures,
  };
  process.stdout.write(`${writeReports(report, options.out)}\n`);
  return failures.length === 0 ? 0 : 1;
}

async function enterAll(options: Options, ground: Ground, progress: Progress): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const peer of options.peers) {
    const version = peer.version();
    if (version === null) progress.remark(`${peer.name} is not installed: left out`);
    else entrants.push(await enter(peer, version, ground));
  }
  return entrants;
}

interface Play {
  readonly options: Options;
  readonly ground: Ground;
  readonly entrants: readonly Entrant[];
  readonly progress: Progress;
  /** Appended to. */
  readonly failures: string[];
}

async function playScene(scene: Scene, play: Play): Promise<Sample[]> {
  const { options, ground, progress } = play;
  const samples: Sample[] = [];
  const out = new Set<Entrant>();
  for (let round = 0; round < options.rounds; round++) {
    for (const entrant of rotated(play.entrants, round)) {
      const peer = entrant.peer.name;
      progress.step(`${scene.name}, round ${round + 1}: ${peer}`);
      if (out.has(entrant) || scene.peers?.includes(peer) === false) continue;
      try {
        const figures = await withRunning(entrant, ground, async (target) => {
          if (round === 0) await scene.check(target);
          await scene.warmUp(target, Math.max(1, Math.round(options.seconds / 3)));
          return scene.measure(target, options.seconds);
        });
        samples.push({ scene: scene.name, peer, round, figures });
      } catch (error) {
        out.add(entrant);
        const message = `${peer}, scene ${scene.name}: ${error instanceof Error ? error.message : String(error)}`;
        play.failures.push(message);
        progress.remark(message);
      }
    }
  }
  return samples;
}

/** A signal becomes an exit, and every exit ends what is left of the processes and the temporary folder. */
function cleanUpAtExit(workspace: Workspace): void {
  process.on('exit', () => {
    killAll();
    workspace.remove();
  });
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('SIGHUP', () => process.exit(129));
  // The npm script that started us is gone (kill -9). The channel itself must not keep us alive.
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
}
