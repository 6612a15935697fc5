/**
 * The command line of what runs until it is told to stop, and of its first file: `init`, `serve`, `demo`, `guard`, `relay`. It must not hold any logic of a
 * command.
 */
import { Argument } from 'commander';
import type { Command } from 'commander';
import { CONFIG_FILE, mayBeEmpty } from './cli-options.ts';
import type { Done } from './cli-options.ts';
import { holdReloads } from './stop-signals.ts';

interface Options {
  readonly config: string;
  readonly json?: true;
}

interface InitCommand {
  readonly output: string;
  readonly listen?: string;
  readonly clients?: string;
  readonly list?: string;
  readonly yes?: true;
  readonly for?: string;
  readonly force?: true;
}

/** It is as long as the list of its commands and their options. */
export function addRun(program: Command, done: Done): void {
  program
    .command('init')
    .description('write a first configuration: three questions on a terminal, or three options')
    .option('--listen <address:port>', 'where clients connect, like 0.0.0.0:3128')
    .option('--clients <prefixes>', 'who may use it, separated by commas', mayBeEmpty)
    .option(
      '--list <source>',
      'the list: a path, made where it is not there, or an https URL, also of the list of another tool',
    )
    .option('--yes', 'take the format that is proposed of such a list')
    .option('--for <whom>', 'for whom it is: all, or the prefixes of customers who chose it, separated by commas')
    .option('-o, --output <file>', 'the configuration', 'cleanfeed.yaml')
    .option('--force', 'replace the configuration if it exists')
    .action(async ({ force, yes, for: whom, ...options }: InitCommand) => {
      const { init } = await import('./init.ts');
      done(await init({ ...options, force: force === true, yes: yes === true, for: whom }));
    });
  program
    .command('serve')
    .description('run the filter')
    .requiredOption(...CONFIG_FILE)
    .action(async ({ config }: Options) => {
      holdReloads();
      const { serve } = await import('./serve.ts');
      done(await serve(config));
    });
  program
    .command('demo')
    .description('run the filter on this machine with a demo list and a demo origin')
    .option(...CONFIG_FILE)
    .action(async ({ config }: Partial<Options>) => {
      const { demo } = await import('./demo.ts');
      done(await demo(config));
    });
  program
    .command('guard')
    .description('take the filter out of the path of the traffic when it does not answer, and put it back')
    .addArgument(new Argument('[what]', 'status: show the state of the guard that runs').choices(['status']))
    .requiredOption(...CONFIG_FILE)
    .option('--json', 'print JSON (with status)')
    .action(async (what: 'status' | undefined, { config, json }: Options) => {
      if (what === undefined) holdReloads();
      const { guard } = await import('./guard.ts');
      done(await guard(config, { what: what ?? null, json: json === true }));
    });
  program
    .command('relay')
    .description("publish a clearing house's flat file to the nodes as a protected list")
    .requiredOption(...CONFIG_FILE)
    .option('--once', 'one pass; its outcome is the exit code')
    .option('--accept <digits>', 'one pass that publishes the held change with these digits (relay.held in the log)')
    .action(async ({ config, once, accept }: { config: string; once?: true; accept?: string }) => {
      if (once !== true && accept === undefined) holdReloads();
      const { relay } = await import('./relay.ts');
      done(await relay(config, { once: once === true, accept: accept ?? null }));
    });
}
