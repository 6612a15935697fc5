#!/usr/bin/env node
/**
 * Command line → command. Each command is a module of its own, loaded when it is asked for: `check` does not pay for the
 * data plane. It must not hold any logic of a command; it turns arguments into calls and outcomes into exit codes.
 */
import { Argument, Command, CommanderError, Option } from 'commander';
import type { CtlCommand } from './commands/ctl.ts';
import { EXIT } from './commands/exit-codes.ts';
import type { ExitCode } from './commands/exit-codes.ts';
import { addPublish } from './commands/publish-cli.ts';
import { printError } from './commands/terminal.ts';
import type { ListAction, SuffixPolicy } from './lib/types.ts';
import { VERSION } from './lib/version.ts';

type Options = {
  readonly config: string;
  readonly json?: true;
  readonly listener?: string;
  readonly client?: string;
  readonly dns?: true;
};
type LintOptions = {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly json?: true;
  readonly all?: true;
  readonly resolver?: string;
};
type CheckCommand = {
  readonly config: string;
  readonly json?: true;
  readonly lists: boolean;
  readonly host?: true;
};
type CtlOptions = {
  readonly config?: string;
  readonly socket?: string;
  readonly json?: true;
  readonly watch?: true;
  readonly now?: true;
  readonly for?: string;
  readonly list?: string;
  readonly version?: string;
  readonly address?: string;
};
type ReportCommand = {
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
};
type ZoneCommand = {
  readonly config: string;
  readonly zone?: string;
  readonly output?: string;
  readonly json?: true;
};
type SelfTestOptions = { readonly config?: string; readonly socket?: string; readonly json?: true };
type CompileOptions = {
  readonly output: string;
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly json?: true;
};

const CONFIG = ['-c, --config <file>', 'the configuration (YAML)'] as const;
const SOCKET = ['-s, --socket <path>', "the instance's control socket"] as const;
const JSON_OUT = ['--json', 'print JSON'] as const;

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
  return args[0] === 'explain' ? EXIT.noVerdict : EXIT.usage;
}

/** An allow list is held to a stricter grammar. */
function action(): Option {
  return new Option('-a, --action <action>', 'the action of the list in the configuration')
    .choices(['block', 'count', 'allow'])
    .default('block');
}

function suffixes(): Option {
  return new Option('--suffixes <policy>', 'the policy of the configuration for entries that cover a public suffix')
    .choices(['refuse', 'warn'])
    .default('refuse');
}

/** It is as long as the command line: each command states its options and its module once. */
function commands(done: (exit: ExitCode) => void): Command {
  // Settings of the program are inherited by the commands that are added after them.
  const program = new Command('cleanfeed').exitOverride().showHelpAfterError('(see cleanfeed --help)');
  program
    .version(VERSION)
    .description('Refuses listed URLs, leaves everything else untouched. `cleanfeed <command> --help` tells more.');
  program
    .command('serve')
    .description('run the filter')
    .requiredOption(...CONFIG)
    .action(async ({ config }: Options) => {
      const { serve } = await import('./commands/serve.ts');
      done(await serve(config));
    });
  program
    .command('demo')
    .description('run the filter on this machine with a demo list and a demo origin')
    .option(...CONFIG)
    .action(async ({ config }: Partial<Options>) => {
      const { demo } = await import('./commands/demo.ts');
      done(await demo(config));
    });
  program
    .command('check')
    .description('report every error in a configuration and its lists')
    .requiredOption(...CONFIG)
    .option('--no-lists', 'check the configuration only')
    .option('--host', 'check also what this machine has: rules, routes, capabilities, settings (as root)')
    .option(...JSON_OUT)
    .action(async ({ config, json, lists, host }: CheckCommand) => {
      const { check } = await import('./commands/check.ts');
      done(await check(config, { json: json === true, lists, host: host === true }));
    });
  program
    .command('explain')
    .description('show the verdict for a URL, or a name that is asked of a resolver, and the reason')
    .argument('<url>', 'with --dns a name')
    .requiredOption(...CONFIG)
    .option('-l, --listener <name>', 'the listener whose lists apply (default: the first)')
    .option('--client <address>', 'the client whose policy applies (default: none)')
    .option('--dns', 'what a DNS listener answers')
    .option(...JSON_OUT)
    .action(async (url: string, { config, json, listener, client, dns }: Options) => {
      const { explainUrl } = await import('./commands/explain.ts');
      const asking = { dns: dns === true, listener: listener ?? null, client: client ?? null };
      done(await explainUrl(config, url, { json: json === true, ...asking }));
    });
  const list = program.command('list').description('inspect and compile list files');
  list
    .command('compile')
    .description('compile a text list; the result holds its own key')
    .argument('<text list>')
    .requiredOption('-o, --output <file>', 'the compiled list')
    .addOption(action())
    .addOption(suffixes())
    .option(...JSON_OUT)
    .action(async (input: string, { output, action: as, suffixes: policy, json }: CompileOptions) => {
      const { listCompile } = await import('./commands/list-compile.ts');
      done(await listCompile(input, { output, action: as, suffixes: policy, json: json === true }));
    });
  list
    .command('lint')
    .description('report errors and probable mistakes in a text list, line by line')
    .argument('<text list>')
    .addOption(action())
    .addOption(suffixes())
    .option(...JSON_OUT)
    .option('--all', 'report every line; otherwise at most 100 for each rule')
    .option(
      '--resolver <address>',
      'ask this resolver which hosts with `dns` carry mail or delegate; it learns their names',
    )
    .action(async (input: string, { action: as, suffixes: policy, json, all, resolver }: LintOptions) => {
      const { listLint } = await import('./commands/list-lint.ts');
      const shown = { json: json === true, all: all === true };
      done(await listLint(input, { action: as, suffixes: policy, resolver: resolver ?? null, ...shown }));
    });
  list
    .command('stats')
    .description('show figures about a list, text or compiled')
    .argument('<file>')
    .option(...JSON_OUT)
    .action(async (file: string, { json }: Partial<Options>) => {
      const { listStats } = await import('./commands/list-stats.ts');
      done(await listStats(file, { json: json === true }));
    });
  program
    .command('zone')
    .description('policy zones for resolvers')
    .command('write')
    .description('write the zones of a configuration once, from its lists as they are now, and tell their engines')
    .requiredOption(...CONFIG)
    .option('--zone <name>', 'this zone alone')
    .option('-o, --output <file>', 'write there, and tell nobody')
    .option(...JSON_OUT)
    .action(async ({ config, zone, output, json }: ZoneCommand) => {
      const { zoneWrite } = await import('./commands/zone-write.ts');
      done(await zoneWrite(config, { zone: zone ?? null, output: output ?? null, json: json === true }));
    });
  program
    .command('guard')
    .description('take the filter out of the path of the traffic when it does not answer, and put it back')
    .addArgument(new Argument('[what]', 'status: show the state of the guard that runs').choices(['status']))
    .requiredOption(...CONFIG)
    .option('--json', 'print JSON (with status)')
    .action(async (what: 'status' | undefined, { config, json }: Options) => {
      const { guard } = await import('./commands/guard.ts');
      done(await guard(config, { what: what ?? null, json: json === true }));
    });
  program
    .command('relay')
    .description("publish a clearing house's flat file to the nodes as a protected list")
    .requiredOption(...CONFIG)
    .option('--once', 'one pass; its outcome is the exit code')
    .option('--accept <digits>', 'one pass that publishes the held change with these digits (relay.held in the log)')
    .action(async ({ config, once, accept }: { config: string; once?: true; accept?: string }) => {
      const { relay } = await import('./commands/relay.ts');
      done(await relay(config, { once: once === true, accept: accept ?? null }));
    });
  program
    .command('report')
    .description('show totals by list and day: requests, updates, self-tests; nothing about a client or an address')
    .requiredOption(...CONFIG)
    .option('--from <day>', 'YYYY-MM-DD, UTC (default: 30 days ago)')
    .option('--to <day>', 'YYYY-MM-DD, UTC (default: today)')
    .option(...JSON_OUT)
    .action(async ({ config, json, ...between }: ReportCommand) => {
      const { report } = await import('./commands/report.ts');
      done(await report(config, { ...between, json: json === true }));
    });
  program
    .command('selftest')
    .description('have the running instance request the test address of each list; print a dated report')
    .option(...CONFIG)
    .option(...SOCKET)
    .option(...JSON_OUT)
    .action(async ({ json, ...names }: SelfTestOptions) => {
      const { selftest } = await import('./commands/selftest.ts');
      done(await selftest({ ...names, json: json === true }));
    });
  addCtl(program, done);
  addPublish(program, done);
  return program;
}

function addCtl(program: Command, done: (exit: ExitCode) => void): void {
  const ctl = program
    .command('ctl')
    .description('speak to a running instance, found by its configuration (-c) or its control socket (-s)');
  const add = (to: Command, name: string, description: string): Command =>
    to
      .command(name)
      .description(description)
      .option(...CONFIG)
      .option(...SOCKET)
      .option(...JSON_OUT);
  const run =
    (command: CtlCommand) =>
    async (options: CtlOptions): Promise<void> => {
      const { ctl: speak } = await import('./commands/ctl.ts');
      done(await speak(command, { ...options, json: options.json === true, watch: options.watch === true }));
    };
  add(ctl, 'status', 'show the state of the instance')
    .option('-w, --watch', 'repeat until interrupted')
    .action(run('status'));
  add(ctl, 'reload', 'read configuration and lists again; ends when that is done').action(run('reload'));
  add(ctl, 'accept', 'take a version of a list that the gate holds, once')
    .argument('<list>')
    .argument('<version>', 'as ctl status shows it')
    .action(async (list: string, version: string, options: CtlOptions) => {
      await run('accept')({ ...options, list, version });
    });
  add(ctl, 'rollback', 'go back to the version before the one in force, until release')
    .argument('<list>')
    .action(async (list: string, options: CtlOptions) => await run('rollback')({ ...options, list }));
  add(ctl, 'release', 'end a rollback: take the newest version of the list again')
    .argument('<list>')
    .action(async (list: string, options: CtlOptions) => await run('release')({ ...options, list }));
  add(ctl, 'drain', 'report "not ready", wait until balancers notice, stop accepting, finish open requests, exit')
    .option('--now', 'do not wait (any longer) for balancers')
    .action(run('drain'));
  add(ctl, 'workers', 'show state and generation of each worker').action(run('workers'));
  add(ctl, 'limits', 'show the limits in force and their usage').action(run('limits'));
  const steer = ctl.command('steer').description('addresses that the route feed does not announce by itself');
  add(steer, 'held', 'show the addresses that are held, or denied, and why').action(run('steer held'));
  add(steer, 'release', 'announce an address that is held, or end its denial')
    .argument('<address>')
    .action(async (address: string, options: CtlOptions) => await run('steer release')({ ...options, address }));
  add(steer, 'deny', 'withdraw the route to an address, and never announce it')
    .argument('<address>')
    .action(async (address: string, options: CtlOptions) => await run('steer deny')({ ...options, address }));
  const bypass = ctl.command('bypass').description('emergency: disable filtering for a stated time');
  add(bypass, 'on', 'let everything pass for the given time')
    .requiredOption('--for <duration>', 'like 30m; at most 24h')
    .action(run('bypass on'));
  add(bypass, 'off', 'enable filtering again').action(run('bypass off'));
}
