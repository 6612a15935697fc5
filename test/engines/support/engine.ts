/** A real DNS engine as child process in the foreground, with a folder of its own, until it answers. Ended by its pid, never by its name. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { programPath } from '../../support/program-path.ts';
import { setUpOf } from '../../support/inconclusive.ts';
import type { Begin } from '../../support/inconclusive.ts';

export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** On 127.0.0.1, UDP and TCP. */
  readonly port: number;
  readonly pid: number;
  /** All that it has said so far. */
  log(): string;
  /** Ends it as an operator does. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface EngineStart {
  readonly program: string;
  readonly port: number;
  readonly args: readonly string[];
  readonly folder: string;
  /** Whether it does what it was started for. */
  readonly isReady: (log: string) => boolean | Promise<boolean>;
}

/** A million names on a busy machine take minutes; it only bounds a hang. */
const BOUND_MS = 500_000;

export async function startEngine(start: EngineStart): Promise<Engine> {
  return await setUpOf(start.program, async (begin) => await engine(start, begin));
}

async function engine({ program, port, args, folder, isReady }: EngineStart, begin: Begin): Promise<Engine> {
  const path = programPath(program);
  if (path === null) throw new Error(`${program} is not installed; .ci/run installs it`);
  const child = begin(spawn(path, [...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
  const exited = once(child, 'exit');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (!hasEnded()) child.kill(signal);
    await exited;
  };
  try {
    for (const deadline = Date.now() + BOUND_MS; !hasEnded() && !(await isReady(said)); await pause(50))
      if (Date.now() > deadline) throw new Error('it took too long');
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`${program} is not ready; it said:\n${said}`, { cause: error });
  }
  if (hasEnded() || child.pid === undefined) throw new Error(`${program} ended; it said:\n${said}`);
  return {
    name: program,
    port,
    pid: child.pid,
    log: () => said,
    stop: async () => await end('SIGTERM'),
    kill: async () => await end('SIGKILL'),
    [Symbol.asyncDispose]: async () => await end('SIGTERM'),
  };
}
