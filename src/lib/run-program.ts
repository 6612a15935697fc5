/**
 * Programs that the operator has named: started without a shell, ended when they take too long, what they print bounded. What they print may name
 * what must not be told: it is given, and never made part of a fault. It must not know what they are for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { DEADLINES } from './deadlines.ts';
import { errnoOf, unless } from './errors.ts';
import { systemTime, type Time, type Timer } from './time.ts';

export interface ProgramBounds {
  readonly timeoutMs: number;
  /** Characters of each stream; whoever prints more is ended. */
  readonly maxOutput: number;
  /** Beside those of this process's own environment. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly time?: Time;
}

export interface EndedProgram {
  /** Exit status; null: it did not end by itself, or could not be started. */
  readonly exit: number | null;
  readonly output: string;
  /** What it printed on standard error. */
  readonly said: string;
  /** It had its time, and was ended. */
  readonly wasLate: boolean;
  /** Why it failed, in words that hold nothing of what it printed; null: it did not. */
  readonly fault: string | null;
}

/** Programs that were killed and have not ended; with so many nothing more is started. */
const MAX_UNENDED = 8;
const unended = new Set<ChildProcess>();

/** It never rejects. */
export async function runProgram(argv: readonly string[], bounds: ProgramBounds): Promise<EndedProgram> {
  if (unended.size >= MAX_UNENDED) return notStarted(`${unended.size} programs were killed and have not ended`);
  try {
    return await ended(started(argv, bounds.variables), bounds);
  } catch (error) {
    return notStarted(errnoOf(error));
  }
}

function notStarted(fault: string): EndedProgram {
  return { exit: null, output: '', said: '', wasLate: false, fault };
}

/** In a group of its own, so that what it starts ends with it. Throws what Node says to a name that cannot be one. */
function started(
  [program = '', ...words]: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = { ...process.env, ...variables };
  return spawn(program, words, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess, bounds: ProgramBounds): Promise<EndedProgram> {
  const { timeoutMs, maxOutput, time = systemTime } = bounds;
  const { killMs, outputMs } = DEADLINES.calls;
  const { promise, resolve } = Promise.withResolvers<string | null>();
  // Before all else: where there was no descriptor to start it with this comes next, and there are no streams.
  child.on('error', (error) => resolve(errnoOf(error)));
  const output = collected(child, child.stdout, maxOutput);
  const said = collected(child, child.stderr, maxOutput);
  let wasLate = false;
  const timers: Timer[] = [];
  const give = (): void => {
    leave(child);
    resolve('it took too long, was killed, and has not ended');
  };
  const late = (): void => {
    wasLate = true;
    endGroup(child);
    timers.push(time.after(killMs, give));
  };
  timers.push(time.after(timeoutMs, late));
  child.on('exit', (code, signal) => {
    const fault = wasLate ? 'it took too long and was ended' : faultOf(code, signal);
    // What it has started may hold its output open for as long as it likes.
    time.after(outputMs, () => resolve(fault)).unref();
    child.on('close', () => resolve(fault));
  });
  const fault = await promise;
  for (const timer of timers) timer.cancel();
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  // A program that could not be started has a negative one.
  const exit = child.exitCode === null || child.exitCode < 0 ? null : child.exitCode;
  return { exit, output: output(), said: said(), wasLate, fault };
}

function faultOf(code: number | null, signal: NodeJS.Signals | null): string | null {
  if (code === 0) return null;
  return code === null ? String(signal) : `exit status ${code}`;
}

/** It is not awaited any more. */
function leave(child: ChildProcess): void {
  unended.add(child);
  child.on('exit', () => unended.delete(child));
  child.unref();
}

function collected(child: ChildProcess, stream: Readable | null | undefined, max: number): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > max) endGroup(child);
  });
  return () => text;
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it has ended by itself. EPERM: those that are left have become another user's.
    unless('ESRCH', 'EPERM')(error);
  }
}
