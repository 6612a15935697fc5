/**
 * Starts the programs of a bench, pinned to their cores, and stops every one of them by its process id: at the end of
 * a measurement, on a failure and on a signal. Nothing else on the machine is touched.
 *
 *   spawn ──▶ taskset (cores) ──▶ setpriv (dies with us) ──▶ program and its children
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { processTree } from './process-tree.ts';
import { tryConnect } from './ports.ts';

export interface RunningProcess {
  readonly pid: number;
  readonly name: string;
  /** The last lines of what it wrote, for messages about failures. */
  readonly lastWords: () => string;
  readonly hasEnded: () => boolean;
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly cores: readonly number[];
  readonly command: readonly string[];
  /** Receives standard output and standard error. */
  readonly logFile: string;
  /** A user of the system to run as; only root may choose one. */
  readonly user?: string | undefined;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const STOP_MS = 10_000;
const live = new Set<ChildProcess>();

export function startPinned(options: StartOptions): RunningProcess {
  const log = openSync(options.logFile, 'w');
  const [program, ...args] = pinned(options.cores, options.command, options.user);
  const child = spawn(program!, args, { stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`cannot start ${options.name}: ${options.command[0]!}`);
  live.add(child);
  child.once('exit', () => live.delete(child));
  return {
    pid: child.pid,
    name: options.name,
    lastWords: () => readFileSync(options.logFile, 'utf8').trim().split('\n').slice(-5).join('\n'),
    hasEnded: () => hasEnded(child),
    stop: () => stop(child),
  };
}

/** The bench itself, all its threads, to one core: what it looks at and reckons meanwhile is not to take the proxy's. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)], {
    stdio: 'ignore',
  });
}

/** The command line that runs `command` on these cores and ends it when this process ends, however that happens. */
export function pinned(cores: readonly number[], command: readonly string[], user?: string): string[] {
  const as = user === undefined ? [] : ['--reuid', user, '--regid', user, '--clear-groups'];
  return ['taskset', '-c', cores.join(','), 'setpriv', '--pdeathsig', 'TERM', ...as, '--', ...command];
}

/** Resolves once something accepts connections on the port; fails if the process ends before, or takes too long. */
export async function untilListening(running: RunningProcess, port: number, limitMs = 30_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await tryConnect(port))) {
    if (running.hasEnded()) throw new Error(`${running.name} ended at start: ${running.lastWords()}`);
    if (Date.now() > deadline)
      throw new Error(`${running.name} does not listen after ${limitMs} ms: ${running.lastWords()}`);
    await pause(10);
  }
}

/** For exit handlers, which cannot wait: ends every tree that is left. */
export function killAll(): void {
  for (const child of live) killTree(child.pid!);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const tree = processTree(child.pid!);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, pause(STOP_MS)]);
  if (!hasEnded(child)) killTree(child.pid!);
  await ended;
  // Helpers (squidGuard) may outlive their parent by a moment: a measurement must not begin beside them.
  for (const pid of tree.slice(1)) await untilGone(pid);
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return killOne(pid);
    await pause(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function killTree(root: number): void {
  for (const pid of processTree(root)) killOne(pid);
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // already gone
  }
}
