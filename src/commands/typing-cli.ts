/** The command lines of `schema`, `completion` and `verify-release`. It must not hold any logic of a command. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { SchemaName } from '../config/json-schema.ts';
import { JSON_OUT } from './cli-options.ts';
import type { Done } from './cli-options.ts';
import type { Shell } from './completion.ts';
import { EXIT } from './exit-codes.ts';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];
/** The names that json-schema.ts has, which is loaded late. */
const CONFIGURATIONS: readonly SchemaName[] = ['filter', 'relay'];

export function addTyping(program: Command, done: Done): void {
  program
    .command('schema')
    .description('the JSON Schema of the configuration, for editors that check and complete YAML')
    .addArgument(
      new Argument('[configuration]', 'of the filter, or of `cleanfeed relay`')
        .choices(CONFIGURATIONS)
        .default('filter'),
    )
    .action(async (configuration: SchemaName) => {
      const { jsonSchema } = await import('../config/json-schema.ts');
      process.stdout.write(`${JSON.stringify(jsonSchema(configuration), null, 2)}\n`);
      done(EXIT.ok);
    });
  program
    .command('completion')
    .description('the script by which a shell completes commands, options and files')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(shell, program));
      done(EXIT.ok);
    });
  program
    .command('verify-release')
    .description('whether the files of a release are those that a key has signed (SHA256SUMS.sig)')
    .argument('<path>', 'the folder of a release, or one file in it')
    .requiredOption('-k, --key <file>', 'the public key of whoever made the release, in PEM')
    .option(...JSON_OUT)
    .action(async (path: string, { key, json }: { readonly key: string; readonly json?: true }) => {
      const { verifyRelease } = await import('./verify-release.ts');
      done(await verifyRelease(path, { key, json: json === true }));
    });
}
