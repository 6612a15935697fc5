/**
 * The command line of `cleanfeed publish`: arguments to calls, as in cli.ts, where it would be half of the file. It must not hold any
 * logic of a command.
 */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ROLES } from '../publish/state/roles.ts';
import type { Role } from '../publish/state/roles.ts';
import type { SuffixPolicy } from '../lib/types.ts';
import type { ExitCode } from './exit-codes.ts';
import { addOversight } from './publish-log-cli.ts';

interface FolderOptions {
  readonly repo: string;
  readonly keys: string;
}
interface BuildOptions {
  readonly output?: string;
  readonly commit?: true;
  readonly suffixes: SuffixPolicy;
  readonly protected?: string;
  readonly relist?: true;
}
interface RekeyOptions {
  readonly overlap: number;
  readonly names?: string;
}
type Done = (exit: ExitCode) => void;

const DURATION = /^(\d{1,5})([dh])$/;
const MS_OF = { d: 86_400_000, h: 3_600_000 } as const;

export function addPublish(program: Command, done: Done): void {
  const publish = program.command('publish').description("the clearing house's side: publish protected lists");
  addSetup(publish, done);
  addList(publish, done);
  addState(publish, done);
  addOversight(publish, add, done);
}

/** With the options that every command has. */
function add(to: Command, name: string, description: string): Command {
  return to
    .command(name)
    .description(description)
    .requiredOption('-r, --repo <folder>', 'the static files, one repository for each recipient; public')
    .requiredOption('-k, --keys <folder>', 'signing keys and state; secret');
}

/** It is as long as the list of its commands and their options. */
function addSetup(publish: Command, done: Done): void {
  add(publish, 'init', 'make the keys of a new publisher, and its root')
    .option('--threshold <count>', 'signatures that root and targets need', count, 1)
    .option('--approvals <count>', 'approvals that a change of the list needs', count, 1)
    .action(async ({ threshold, approvals, ...folders }: FolderOptions & { threshold: number; approvals: number }) => {
      const { publishInit } = await import('./publish-setup.ts');
      done(await publishInit(folders, { threshold, approvals }));
    });
  const recipient = publish.command('recipient').description('whom the list is published to');
  add(recipient, 'add', 'add a recipient, with a repository of its own')
    .argument('<name>', 'a folder below REPO and a part of its address')
    .argument('<age recipient>', "what `age-keygen` prints for the node's identity")
    .option('--names <age recipient>', 'also publish host names for a resolver, encrypted to this one')
    .action(async (name: string, age: string, { names, ...folders }: FolderOptions & { names?: string }) => {
      const { publishRecipientAdd } = await import('./publish-setup.ts');
      done(await publishRecipientAdd(folders, name, { age, names: names ?? null }));
    });
  add(publish, 'rekey', 'give a recipient other keys and the whole list under them')
    .argument('<name>')
    .argument('<age recipient>', 'of the new identity')
    .option(
      '--overlap <duration>',
      'how long the former identity is served too, like 14d or 12h',
      duration,
      MS_OF.d * 14,
    )
    .option('--names <age recipient>', 'publish host names for a resolver too, or to another identity than before')
    .action(async (name: string, age: string, { overlap, names, ...folders }: FolderOptions & RekeyOptions) => {
      const { publishRekey } = await import('./publish-setup.ts');
      done(await publishRekey(folders, name, { age, overlap, ...(names === undefined ? {} : { names }) }));
    });
  add(publish, 'rotate', 'make new keys for a role')
    .addArgument(publish.createArgument('<role>').choices(ROLES))
    .action(async (role: Role, { repo, keys }: FolderOptions) => {
      const { publishRotate } = await import('./publish-setup.ts');
      done(await publishRotate({ repo, keys }, role));
    });
  add(publish, 'revoke', 'publish nothing more to a recipient; its metadata expires at once')
    .argument('<name>')
    .action(async (name: string, { repo, keys }: FolderOptions) => {
      const { publishRevoke } = await import('./publish-setup.ts');
      done(await publishRevoke({ repo, keys }, name));
    });
}

/** It is as long as the list of its commands and their options. */
function addList(publish: Command, done: Done): void {
  add(publish, 'build', 'lint a text list and write what it changes')
    .argument('<text list>')
    .addOption(new Option('-o, --output <file>', 'the change set, to be approved').conflicts('commit'))
    .option('--commit', 'commit it at once; only where one approval is enough')
    .addOption(
      new Option('--suffixes <policy>', 'for entries that cover a public suffix')
        .choices(['refuse', 'warn'])
        .default('refuse'),
    )
    .option('--protected <file>', 'further hosts that no list may cover; `!host` in it takes a shipped one out')
    .option('--relist', 'list again what was withdrawn and is on the list')
    .action(
      async (
        list: string,
        { output, commit, suffixes, relist, protected: own, ...folders }: FolderOptions & BuildOptions,
      ) => {
        if (output === undefined && commit === undefined)
          publish.error('error: name the change set (-o, --output), or --commit it');
        const { publishBuild } = await import('./publish-list.ts');
        const command = { output: output ?? null, suffixes, relist: relist === true, protected: own ?? null };
        done(await publishBuild(folders, list, command));
      },
    );
  publish
    .command('approve')
    .description('sign the digest of a change set; needs neither REPO nor KEYS')
    .argument('<change set>')
    .requiredOption('--key <file>', 'an approval key')
    .action(async (file: string, { key }: { readonly key: string }) => {
      const { publishApprove } = await import('./publish-list.ts');
      done(await publishApprove(file, key));
    });
  add(publish, 'commit', 'publish a change set that has its approvals beside it')
    .argument('<change set>')
    .action(async (file: string, { repo, keys }: FolderOptions) => {
      const { publishCommit } = await import('./publish-list.ts');
      done(await publishCommit({ repo, keys }, file));
    });
  add(publish, 'withdraw', 'take entries off every node at once')
    .argument('<address...>', 'as the list has them; - alone: from standard input, one a line')
    .option(
      '--mass',
      'also more than a tenth of the list (20 entries or more), or 1,000 entries; the log tells that it was asked for',
    )
    .action(async (addresses: string[], { repo, keys, mass }: FolderOptions & { readonly mass?: boolean }) => {
      const { publishWithdraw } = await import('./publish-list.ts');
      done(await publishWithdraw({ repo, keys }, addresses, mass === true));
    });
}

function addState(publish: Command, done: Done): void {
  add(publish, 'refresh', 'renew the timestamps; for cron, at least daily').action(
    async ({ repo, keys }: FolderOptions) => {
      const { publishRefresh } = await import('./publish-state.ts');
      done(await publishRefresh({ repo, keys }));
    },
  );
  add(publish, 'inspect', 'show recipients, versions, expiries and sizes')
    .option('--json', 'print JSON')
    .action(async ({ json, ...folders }: FolderOptions & { json?: true }) => {
      const { publishInspect } = await import('./publish-state.ts');
      done(await publishInspect(folders, { json: json === true }));
    });
  add(publish, 'why', 'show which entry an id of a recipient stands for; the question is logged')
    .argument('<id>')
    .requiredOption('--recipient <name>', 'whose id it is')
    .action(async (id: string, { recipient, ...folders }: FolderOptions & { recipient: string }) => {
      const { publishWhy } = await import('./publish-state.ts');
      done(await publishWhy(folders, recipient, id));
    });
}

function count(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('a number from 1 to 9.');
  return Number(text);
}

function duration(text: string): number {
  const [, digits = '', unit = ''] = DURATION.exec(text) ?? [];
  if (unit !== 'd' && unit !== 'h') throw new InvalidArgumentError('like 14d or 12h; 0d for none.');
  return Number(digits) * MS_OF[unit];
}
