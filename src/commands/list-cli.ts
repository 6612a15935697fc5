/**
 * The command line of `cleanfeed list`: what is done with list files. It must not hold any logic of a
 * command.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { JSON_OUT } from './cli-options.ts';
import type { Done } from './cli-options.ts';
import { addImport } from './list-import-cli.ts';

type LintOptions = {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly protected?: string;
  readonly json?: true;
  readonly all?: true;
  readonly resolver?: string;
};
type CompileOptions = {
  readonly output: string;
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly protected?: string;
  readonly keysOf?: string;
  readonly json?: true;
};

const PROTECTED = [
  '--protected <file>',
  '`gate.protected` of the configuration: further hosts that no list may cover',
] as const;

/** It is as long as the list of its commands and their options. */
export function addList(program: Command, done: Done): void {
  const list = program.command('list').description('inspect and compile list files');
  list
    .command('compile')
    .description('compile a text list; the result holds its own key')
    .argument('<text list>')
    .requiredOption('-o, --output <file>', 'the compiled list')
    .addOption(action())
    .addOption(suffixes())
    .option(...PROTECTED)
    .option(
      '--keys-of <file>',
      'the compiled list that it takes the place of: nodes then tell what was added and removed',
    )
    .option(...JSON_OUT)
    .action(async (input: string, options: CompileOptions) => {
      const { listCompile } = await import('./list-compile.ts');
      const { json, protected: own, keysOf } = options;
      const shown = { json: json === true, protected: own ?? null, keysOf: keysOf ?? null };
      done(await listCompile(input, { ...options, ...shown }));
    });
  list
    .command('lint')
    .description('report errors and probable mistakes in a text list, line by line')
    .argument('<text list>')
    .addOption(action())
    .addOption(suffixes())
    .option(...PROTECTED)
    .option(...JSON_OUT)
    .option('--all', 'report every line; otherwise at most 100 for each rule')
    .option(
      '--resolver <address>',
      'ask this resolver which hosts with `dns` carry mail or delegate; it learns their names',
    )
    .action(async (input: string, options: LintOptions) => {
      const { listLint } = await import('./list-lint.ts');
      const { json, all, resolver, protected: own } = options;
      const shown = { json: json === true, all: all === true };
      done(await listLint(input, { ...options, ...shown, resolver: resolver ?? null, protected: own ?? null }));
    });
  list
    .command('stats')
    .description('show figures about a list, text or compiled')
    .argument('<file>')
    .option(...JSON_OUT)
    .action(async (file: string, { json }: { readonly json?: true }) => {
      const { listStats } = await import('./list-stats.ts');
      done(await listStats(file, { json: json === true }));
    });
  addImport(list, done);
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
