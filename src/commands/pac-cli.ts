/** The command line of `cleanfeed pac`. It must not hold any logic of a command. */
import type { Command } from 'commander';
import { CONFIG } from './cli-options.ts';
import type { Done } from './cli-options.ts';

export function addPac(program: Command, done: Done): void {
  program
    .command('pac')
    .description('the PAC file for browsers, made from admin.pac of a configuration')
    .requiredOption(...CONFIG)
    .option('-o, --output <file>', 'write there (default: standard output)')
    .action(async ({ config, output }: { readonly config: string; readonly output?: string }) => {
      const { writePac } = await import('./pac.ts');
      done(await writePac(config, output ?? null));
    });
}
