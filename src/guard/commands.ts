/**
 * Programs that the operator has named: started without a shell, ended when they take too long, their words bounded. It must not know what
 * they are for.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
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

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Characters of each stream. */
const MAX_OUTPUT = 64 * 1024;
const MAX_FAULT = 200;
/** Milliseconds after its end for what it has printed. */
const OUTPUT_MS = 50;

/** It never rejects. */
export async function runCommand(command: Command, timeoutMs: number): Promise<Ended> {
  try {
    return await ended(started(command), timeoutMs);
  } catch (error) {
    return { exit: null, output: '', fault: errnoOf(error) };
  }
}

/** In a group of its own, so that what it starts ends with it. Throws what Node says to a name that cannot be one. */
function started([program = '', ...words]: Command): Child {
  return spawn(program, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: Child, timeoutMs: number): Promise<Ended> {
  const output = collected(child, child.stdout);
  const said = collected(child, child.stderr);
  let isTooSlow = false;
  const timer = setTimeout(() => {
    isTooSlow = true;
    endGroup(child);
  }, timeoutMs);
  const { promise, resolve } = Promise.withResolvers<Failure>();
  child.on('error', (error) => resolve({ code: errnoOf(error), signal: null }));
  child.on('exit', (code, signal) => {
    // What it has started may hold its output open for as long as it likes.
    setTimeout(() => resolve({ code, signal }), OUTPUT_MS).unref();
    child.on('close', () => resolve({ code, signal }));
  });
  const failure = await promise;
  clearTimeout(timer);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  const exit = typeof failure.code === 'number' ? failure.code : null;
  return { exit, output: output(), fault: exit === 0 ? null : faultOf(failure, said(), isTooSlow) };
}

/** Whoever prints more than anybody reads is ended. */
function collected(child: Child, stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > MAX_OUTPUT) endGroup(child);
  });
  return () => text;
}

function endGroup({ pid }: Child): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** One after the other; @returns why one failed, after which the others are not run; null: all did what they should. */
export async function runAll(commands: readonly Command[], timeoutMs: number): Promise<string | null> {
  for (const command of commands) {
    const { fault } = await runCommand(command, timeoutMs);
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
