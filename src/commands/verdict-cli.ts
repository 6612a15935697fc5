/**
 * The command line of `check` and `explain`: what a configuration and its lists say. It must not hold any logic of a
 * command.
 */
import type { Command } from 'commander';
import { CONFIG, JSON_OUT } from './cli-options.ts';
import type { Done } from './cli-options.ts';

type ExplainCommand = {
  readonly config: string;
  readonly json?: true;
  readonly listener?: string;
  readonly client?: string;
  readonly dns?: true;
};
type CheckCommand = {
  readonly config: string;
  readonly json?: true;
  readonly lists: boolean;
  readonly host?: true;
};

export function addVerdict(program: Command, done: Done): void {
  program
    .command('check')
    .description('report every error in a configuration and its lists')
    .requiredOption(...CONFIG)
    .option('--no-lists', 'check the configuration only')
    .option('--host', 'check also what this machine has: rules, routes, capabilities, settings (as root)')
    .option(...JSON_OUT)
    .action(async ({ config, json, lists, host }: CheckCommand) => {
      const { check } = await import('./check.ts');
      done(await check(config, { json: json === true, lists, host: host === true }));
    });
  program
    .command('explain')
    .description('show the verdict for a URL, or a name that is asked of a resolver, and the reason')
    .argument('<url>', 'with --dns a name; - for many, one a line on standard input')
    .requiredOption(...CONFIG)
    .option('-l, --listener <name>', 'the listener whose lists apply (default: the first that is asked so)')
    .option('--client <address>', 'the client whose policy applies (default: none)')
    .option('--dns', 'what a DNS listener answers')
    .option(...JSON_OUT)
    .action(async (url: string, { config, json, listener, client, dns }: ExplainCommand) => {
      const { explain } = await import('./explain.ts');
      const asking = { dns: dns === true, listener: listener ?? null, client: client ?? null };
      done(await explain(config, url, { json: json === true, ...asking }));
    });
}
