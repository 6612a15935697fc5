#!/usr/bin/env node
/**
 * Command line → command. Each command is a module of its own, loaded when it is asked for: `check` does not pay for the
 * data plane. It must not hold any logic of a command; it turns arguments into calls and outcomes into exit codes.
 */
import { Command, CommanderError } from 'commander';
import { addCtl } from './commands/ctl-cli.ts';
import { EXIT } from './commands/exit-codes.ts';
import type { ExitCode } from './commands/exit-codes.ts';
import { addList } from './commands/list-cli.ts';
import { addPac } from './commands/pac-cli.ts';
import { addPublish } from './commands/publish-cli.ts';
import { addReport } from './commands/report-cli.ts';
import { addRun } from './commands/run-cli.ts';
import { printError } from './commands/terminal.ts';
import { addVerdict } from './commands/verdict-cli.ts';
import { addZone } from './commands/zone-cli.ts';
import { VERSION } from './lib/version.ts';

// A reader that leaves early (`| head`) is no fault.
process.stdout.on('error', () => {});

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let exit: ExitCode = EXIT.ok;
  const program = commands((outcome) => {
    exit = outcome;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : usageExit(args);
    printError(`internal fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.internal;
  }
}

/** `explain` answers with its exit code: 1 means "blocked", so that whatever went wrong is 2. */
function usageExit(args: readonly string[]): ExitCode {
  return args[args[0] === 'ctl' ? 1 : 0] === 'explain' ? EXIT.noVerdict : EXIT.usage;
}

function commands(done: (exit: ExitCode) => void): Command {
  // Settings of the program are inherited by the commands that are added after them.
  const program = new Command('cleanfeed').exitOverride().showHelpAfterError('(see cleanfeed --help)');
  program
    .version(VERSION)
    .description('Refuses listed URLs, leaves everything else untouched. `cleanfeed <command> --help` tells more.');
  addRun(program, done);
  addVerdict(program, done);
  addList(program, done);
  addZone(program, done);
  addPac(program, done);
  addReport(program, done);
  addCtl(program, done);
  addPublish(program, done);
  return program;
}
