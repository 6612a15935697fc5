/**
 * The whole command line: the families (`*-cli.ts`), each of which adds its commands, and what holds for all of them. It must not load a command:
 * each is a module that is loaded when it is asked for.
 */
import type { Command } from 'commander';
import type { Done } from './cli-options.ts';
import { addHelp, CommandLine } from './command-line.ts';
import { addCtl } from './ctl-cli.ts';
import { addList } from './list-cli.ts';
import { addPac } from './pac-cli.ts';
import { addPublish } from './publish-cli.ts';
import { addReport } from './report-cli.ts';
import { addRun } from './run-cli.ts';
import { addTyping } from './typing-cli.ts';
import { addVerdict } from './verdict-cli.ts';
import { addZone } from './zone-cli.ts';

/** `version`: what `--version` prints. */
export function commandTree(version: string, done: Done): Command {
  // Settings of the program are inherited by the commands that are added after them.
  const program = new CommandLine('cleanfeed').exitOverride();
  program
    .version(
      version,
      '-V, --version',
      'print the version, that of Node, and those of the formats (with --json: as JSON)',
    )
    .description('Refuses listed URLs, leaves everything else untouched. `cleanfeed <command> --help` tells more.');
  addRun(program, done);
  addVerdict(program, done);
  addList(program, done);
  addZone(program, done);
  addPac(program, done);
  addReport(program, done);
  addTyping(program, done);
  addCtl(program, done);
  addPublish(program, done);
  addHelp(program);
  return program;
}
