/**
 * The command line of oversight, below `cleanfeed publish`: some of it is run by outside parties, who have neither REPO nor KEYS. It must
 * not hold any logic of a command.
 */
import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';

interface FolderOptions {
  readonly repo: string;
  readonly keys: string;
}
interface ProveCommand extends FolderOptions {
  readonly recipient?: string;
  readonly reason: string;
  readonly output: string;
}
interface WitnessCommand {
  readonly name: string;
  readonly key: string;
  readonly log: string;
  readonly seen: string;
  readonly output: string;
}
type Done = (exit: ExitCode) => void;
/** Makes a command with the options of those that have REPO and KEYS. */
type Add = (to: Command, name: string, description: string) => Command;

const LOG_KEY = ['--log <key>', 'of the log, as `publish inspect` shows it'] as const;
const NAME = ['--name <name>', 'of the witness: a URL without its scheme'] as const;

export function addOversight(publish: Command, add: Add, done: Done): void {
  add(publish, 'prove', 'write proof, for a court or an auditor, of what happened to an entry; it is logged')
    .argument('<address or id>', 'as the list has it, or with --recipient an id')
    .option('--recipient <name>', 'whose id it is')
    .requiredOption('--reason <text>', 'who asks and why, for the log')
    .requiredOption('-o, --output <file>', 'the proof')
    .action(async (what: string, { recipient, reason, output, ...folders }: ProveCommand) => {
      const { publishProve } = await import('./publish-oversight.ts');
      done(await publishProve(folders, what, { recipient: recipient ?? null, reason, output }));
    });
  add(publish, 'audit', 'make everything again from events and keys, and compare it with what is published')
    .option('--json', 'print JSON')
    .action(async ({ json, ...folders }: FolderOptions & { readonly json?: true }) => {
      const { publishAudit } = await import('./publish-oversight.ts');
      done(await publishAudit(folders, { json: json === true }));
    });
  publish
    .command('verify-proof')
    .description('check a proof; needs neither REPO nor KEYS')
    .argument('<file>')
    .requiredOption(...LOG_KEY)
    .option('--witness <key...>', 'witnesses that must have cosigned', [])
    .action(async (file: string, options: { readonly log: string; readonly witness: string[] }) => {
      const { publishVerifyProof } = await import('./publish-verify-proof.ts');
      done(await publishVerifyProof(file, options));
    });
  addWitness(publish, done);
}

function addWitness(publish: Command, done: Done): void {
  publish
    .command('witness')
    .description(
      'cosign a head of the log if it extends the one before; for an outside party, needs neither REPO nor KEYS',
    )
    .argument('<head>', 'the file log_head.json of the publisher, or - for standard input')
    .requiredOption(...NAME)
    .requiredOption('--key <file>', 'key of the witness (publish witness-key)')
    .requiredOption(...LOG_KEY)
    .requiredOption('--seen <file>', 'keeps what was cosigned last')
    .requiredOption('-o, --output <file>', 'the cosigned note, for the publisher (KEYS/state/cosignatures/)')
    .action(async (head: string, options: WitnessCommand) => {
      const { publishWitness } = await import('./publish-witness.ts');
      done(await publishWitness(head, options));
    });
  publish
    .command('witness-key')
    .description('make the key of a witness, and print what publishers and nodes are told')
    .requiredOption(...NAME)
    .requiredOption('--key <file>', 'where it is kept')
    .action(async (options: Pick<WitnessCommand, 'name' | 'key'>) => {
      const { publishWitnessKey } = await import('./publish-witness.ts');
      done(await publishWitnessKey(options));
    });
}
