#!/usr/bin/env node
/**
 * Command line → command. Each command is a module of its own, loaded when it is asked for: `check` does not pay for the
 * data plane. It must not hold any logic of a command; it turns arguments into calls (command-tree.ts) and outcomes into exit codes.
 */
import { CommanderError } from 'commander';
import { commandTree } from './commands/command-tree.ts';
import { EXIT } from './commands/exit-codes.ts';
import type { ExitCode } from './commands/exit-codes.ts';
import { beginOutput, noteError, printError, printUntold } from './commands/terminal.ts';
import { holdOutput, outputFault } from './commands/whole-output.ts';
import { hasUnanswered } from './lib/answered-in-time.ts';
import { VERSION } from './lib/version.ts';

process.exitCode = await main(process.argv.slice(2));
if (hasUnanswered()) await endHeld(process.exitCode);

async function endHeld(code: number): Promise<void> {
  const held = await import('./commands/held-end.ts');
  await held.endHeld(code);
}

async function main(args: readonly string[]): Promise<number> {
  beginOutput();
  holdOutput();
  const exit = await run(args);
  // Whoever asked for JSON gets JSON on standard output, whatever went wrong, and the same exit code.
  if (exit !== EXIT.ok && args.includes('--json')) printUntold(exit);
  const unwritten = outputFault();
  if (unwritten === null) return exit;
  printError(`standard output cannot be written: ${unwritten}`);
  if (isExplain(args)) return EXIT.noVerdict;
  return exit === EXIT.ok ? EXIT.cannotCreate : exit;
}

async function run(args: readonly string[]): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = commandTree(await versionOf(args), (outcome) => {
    exit = outcome;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : usageExit(args, error);
    printError(`internal fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.internal;
  }
}

/** `explain` answers with its exit code: 1 means "blocked", so that whatever went wrong is 2. */
function usageExit(args: readonly string[], { message }: CommanderError): ExitCode {
  noteError(message.replace(/^error: /, '').replaceAll('\n', ' '));
  return isExplain(args) ? EXIT.noVerdict : EXIT.usage;
}

function isExplain(args: readonly string[]): boolean {
  return args[args[0] === 'ctl' ? 1 : 0] === 'explain';
}

/** What it names is loaded only where it is asked for. */
async function versionOf(args: readonly string[]): Promise<string> {
  if (!args.includes('--version') && !args.includes('-V')) return VERSION;
  const { versionText } = await import('./commands/versions.ts');
  return versionText(args.includes('--json'));
}
