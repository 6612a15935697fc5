/**
 * The command line of `cleanfeed ctl`: requests to a running instance. It must not hold any logic of a
 * command.
 */
import type { Command } from 'commander';
import { CONFIG_FILE, JSON_OUT, SOCKET } from './cli-options.ts';
import type { Done } from './cli-options.ts';
import type { CtlCommand } from './ctl.ts';

type CtlOptions = {
  readonly config?: string;
  readonly socket?: string;
  readonly json?: true;
  readonly watch?: true;
  readonly now?: true;
  readonly unattended?: true;
  readonly for?: string;
  readonly list?: string;
  readonly version?: string;
  readonly address?: string;
  readonly client?: string;
};

type ExplainOptions = {
  readonly config?: string;
  readonly socket?: string;
  readonly json?: true;
  readonly listener?: string;
  readonly client?: string;
  readonly dns?: true;
};
type BundleOptions = { readonly config?: string; readonly socket?: string; readonly output: string };

/** It is as long as the list of its commands and their options. */
export function addCtl(program: Command, done: Done): void {
  const ctl = program
    .command('ctl')
    .description('speak to a running instance, found by its configuration (-c) or its control socket (-s)');
  const add = (to: Command, name: string, description: string): Command =>
    to
      .command(name)
      .description(description)
      .option(...CONFIG_FILE)
      .option(...SOCKET)
      .option(...JSON_OUT);
  const run =
    (command: CtlCommand) =>
    async (options: CtlOptions): Promise<void> => {
      const { ctl: speak } = await import('./ctl.ts');
      done(await speak(command, { ...options, json: options.json === true, watch: options.watch === true }));
    };
  add(ctl, 'status', 'show what needs attention, then the state of the instance (without -c and -s: of the only one)')
    .option('-w, --watch', 'repeat until interrupted')
    .action(run('status'));
  add(ctl, 'reload', 'read configuration and lists again; ends when that is done')
    .option('--unattended', 'for units and timers: a clock that has jumped is not taken to be right')
    .action(run('reload'));
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
  add(ctl, 'explain', 'show what the instance does with a URL, or a name, and the reason: by the lists it serves now')
    .argument('<url>', 'with --dns a name; - for many, one a line on standard input')
    .option('-l, --listener <name>', 'the listener whose lists apply (default: the first that is asked so)')
    .option('--client <address>', 'the client whose policy applies (default: none)')
    .option('--dns', 'what a DNS listener answers')
    .action(async (url: string, { json, dns, listener, client, ...names }: ExplainOptions) => {
      const { explainRunning } = await import('./explain-running.ts');
      const asker = { dns: dns === true, listener: listener ?? null, client: client ?? null };
      done(await explainRunning(names, url, { ...asker, json: json === true }));
    });
  add(ctl, 'workers', 'show state and generation of each worker').action(run('workers'));
  add(ctl, 'limits', 'show the limits in force and their usage').action(run('limits'));
  ctl
    .command('bundle')
    .description(
      'write the state of the instance and its machine into one archive for whoever helps; no list, no secret, no client',
    )
    .option(...CONFIG_FILE)
    .option(...SOCKET)
    .requiredOption('-o, --output <file>', 'the archive (.tar.gz)')
    .action(async ({ output, ...names }: BundleOptions) => {
      const { bundle } = await import('./bundle.ts');
      done(await bundle(output, names));
    });
  const steer = ctl.command('steer').description('addresses that the route feed does not announce by itself');
  add(steer, 'held', 'show the addresses that are held, or denied, and why').action(run('steer held'));
  add(steer, 'release', 'announce an address that is held, or end its denial')
    .argument('<address>')
    .action(async (address: string, options: CtlOptions) => await run('steer release')({ ...options, address }));
  add(steer, 'deny', 'withdraw the route to an address, and never announce it')
    .argument('<address>')
    .action(async (address: string, options: CtlOptions) => await run('steer deny')({ ...options, address }));
  const trace = ctl
    .command('trace')
    .description("responses to an engineer's own requests say how they came about (trace.clients)");
  add(trace, 'on', 'explain requests from an address that show the token, which is printed')
    .requiredOption('--client <address>', 'your own, of trace.clients')
    .requiredOption('--for <duration>', 'like 10m; at most trace.longest')
    .action(run('trace on'));
  add(trace, 'off', 'end it').action(run('trace off'));
  const list = ctl.command('list').description('disable one list for a stated time');
  add(list, 'off', 'let the list apply to nothing for the given time: as if no listener and no policy had it')
    .argument('<list>')
    .requiredOption('--for <duration>', 'like 1h; at most 24h')
    .action(async (name: string, options: CtlOptions) => await run('list off')({ ...options, list: name }));
  add(list, 'on', 'let it apply again')
    .argument('<list>')
    .action(async (name: string, options: CtlOptions) => await run('list on')({ ...options, list: name }));
  const bypass = ctl.command('bypass').description('emergency: disable filtering for a stated time');
  add(bypass, 'on', 'let everything pass for the given time')
    .requiredOption('--for <duration>', 'like 30m; at most 24h')
    .action(run('bypass on'));
  add(bypass, 'off', 'enable filtering again').action(run('bypass off'));
}
