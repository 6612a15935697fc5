/**
 * The command line of `report` and `selftest`: what an instance has counted, and whether its lists do what they should. It must not hold any logic of a
 * command.
 */
import type { Command } from 'commander';
import { CONFIG, CONFIG_FILE, JSON_OUT, SOCKET } from './cli-options.ts';
import type { Done } from './cli-options.ts';

type ReportCommand = {
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
  readonly entries?: true;
  readonly list?: string;
  readonly never?: true;
};
type SelfTestOptions = { readonly config?: string; readonly socket?: string; readonly json?: true };

export function addReport(program: Command, done: Done): void {
  program
    .command('report')
    .description('show totals by list and day: requests, updates, self-tests; nothing about a client or an address')
    .requiredOption(...CONFIG)
    .option('--from <day>', 'YYYY-MM-DD, UTC (default: 30 days ago)')
    .option('--to <day>', 'YYYY-MM-DD, UTC (default: today)')
    .option('--entries', 'which entries matched, and which never did (report.entries.count), by day and week')
    .option('--list <name>', 'with --entries: of this list alone')
    .option('--never', 'with --entries: name all that never matched')
    .option(...JSON_OUT)
    .action(async ({ config, json, entries, never, ...words }: ReportCommand) => {
      const { report } = await import('./report.ts');
      done(await report(config, { ...words, json: json === true, entries: entries === true, never: never === true }));
    });
  program
    .command('selftest')
    .description('have the running instance request the test address of each list; print a dated report')
    .option(...CONFIG_FILE)
    .option(...SOCKET)
    .option(...JSON_OUT)
    .action(async ({ json, ...names }: SelfTestOptions) => {
      const { selftest } = await import('./selftest.ts');
      done(await selftest({ ...names, json: json === true }));
    });
}
