/**
 * Programs that the operator has named: started without a shell, ended when they take too long, their words bounded. It must not know what
 * they are for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errnoOf } from '../lib/errors.ts';
import type { Command } from './settings.ts';

export interface Ended {
  /** Exit status; null: it did not end by itself, or could not be started. */
  readonly exit: number | null;
  readonly output: string;
  /** In one line, why it failed; null: it did not. */
  readonly fault: string | null;
}

/** Characters of each stream. */
const MAX_OUTPUT = 64 * 1024;
const MAX_FAULT = 200;
/** Milliseconds after its end for what it has printed. */
const OUTPUT_MS = 50;
/** Milliseconds that a program has to end when it was killed: one that waits for a disk does not end before the disk answers. */
const KILL_MS = 500;
/** Programs that were killed and have not ended; with so many nothing more is started. */
const MAX_UNENDED = 8;
const unended = new Set<ChildProcess>();

/** It never rejects. @param variables beside those of this process's own environment. */
export async function runCommand(
  command: Command,
  timeoutMs: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  if (unended.size >= MAX_UNENDED)
    return { exit: null, output: '', fault: `${unended.size} programs were killed and have not ended` };
  try {
    return await ended(started(command, variables), timeoutMs);
  } catch (error) {
    return { exit: null, output: '', fault: errnoOf(error) };
  }
}

/** In a group of its own, so that what it starts ends with it. Throws what Node says to a name that cannot be one. */
function started([program = '', ...words]: Command, variables: Readonly<Record<string, string>>): ChildProcess {
  const env = { ...process.env, ...variables };
  return spawn(program, words, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess, timeoutMs: number): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Failure>();
  // Before all else: where there was no descriptor to start it with this comes next, and there are no streams.
  child.on('error', (error) => resolve({ code: errnoOf(error), signal: null }));
  const output = collected(child, child.stdout);
  const said = collected(child, child.stderr);
  let isTooSlow = false;
  let killTimer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    isTooSlow = true;
    endGroup(child);
    killTimer = setTimeout(() => {
      leave(child);
      resolve({ code: null, signal: null });
    }, KILL_MS);
  }, timeoutMs);
  child.on('exit', (code, signal) => {
    // What it has started may hold its output open for as long as it likes.
    setTimeout(() => resolve({ code, signal }), OUTPUT_MS).unref();
    child.on('close', () => resolve({ code, signal }));
  });
  const failure = await promise;
  clearTimeout(timer);
  clearTimeout(killTimer);
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  const exit = typeof failure.code === 'number' ? failure.code : null;
  const fault = unended.has(child)
    ? 'it took too long, was killed, and has not ended'
    : faultOf(failure, said(), isTooSlow);
  return { exit, output: output(), fault: exit === 0 ? null : fault };
}

/** It is not awaited any more. */
function leave(child: ChildProcess): void {
  unended.add(child);
  child.on('exit', () => unended.delete(child));
  child.unref();
}

/** Whoever prints more than anybody reads is ended. */
function collected(child: ChildProcess, stream: Readable | null | undefined): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > MAX_OUTPUT) endGroup(child);
  });
  return () => text;
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** One after the other; @returns why one failed, after which the others are not run; null: all did what they should. */
export async function runAll(
  commands: readonly Command[],
  timeoutMs: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  for (const command of commands) {
    const { fault } = await runCommand(command, timeoutMs, variables);
    if (fault !== null) return `${command[0] ?? ''}: ${fault}`;
  }
  return null;
}

interface Failure {
  /** Exit status, or the system's name of an error. */
  readonly code: string | number | null;
  readonly signal: string | null;
}

function faultOf({ code, signal }: Failure, said: string, isTooSlow: boolean): string {
  if (isTooSlow) return 'it took too long and was ended';
  const how = typeof code === 'number' ? `exit status ${code}` : (code ?? signal ?? '');
  const [line = ''] = said.trim().split('\n', 1);
  return (line === '' ? how : `${how}: ${line}`).slice(0, MAX_FAULT);
}
