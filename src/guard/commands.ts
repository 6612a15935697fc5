/**
 * Programs that the operator has named for the guard, and why one failed, in one line with what it says itself. How they are started and
 * ended: lib/run-program.ts. It must not know what they are for.
 */
import { redactedWords } from '../lib/redacted-words.ts';
import { runProgram } from '../lib/run-program.ts';
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

/** It never rejects. @param variables beside those of this process's own environment. */
export async function runCommand(
  command: Command,
  timeoutMs: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const ended = await runProgram(command, { timeoutMs, maxOutput: MAX_OUTPUT, variables });
  const { exit, output, said, wasLate } = ended;
  if (exit === 0 || ended.fault === null) return { exit, output, fault: null };
  const [line = ''] = wasLate ? [] : said.trim().split('\n', 1);
  // The service manager and `guard status` show it, too; an address may hold a password or a token.
  const words = redactedWords(line, (word) => word.includes('://'));
  return { exit, output, fault: (line === '' ? ended.fault : `${ended.fault}: ${words}`).slice(0, MAX_FAULT) };
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
