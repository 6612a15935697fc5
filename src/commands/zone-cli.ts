/**
 * The command line of `cleanfeed zone`: policy zones for resolvers. It must not hold any logic of a
 * command.
 */
import type { Command } from 'commander';
import { CONFIG, JSON_OUT } from './cli-options.ts';
import type { Done } from './cli-options.ts';

type ZoneCommand = {
  readonly config: string;
  readonly zone?: string;
  readonly output?: string;
  readonly json?: true;
};

export function addZone(program: Command, done: Done): void {
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
      const { zoneWrite } = await import('./zone-write.ts');
      done(await zoneWrite(config, { zone: zone ?? null, output: output ?? null, json: json === true }));
    });
}
