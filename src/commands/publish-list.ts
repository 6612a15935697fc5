/**
 * `cleanfeed publish build`, `approve`, `commit`, `withdraw`: what is on the list.
 * It must not hold a rule of publishing: `publish` has them.
 */
import { readFile } from 'node:fs/promises';
import { CleanfeedError, errnoOf, fileReason } from '../lib/errors.ts';
import { isSameFile, writeOutput } from '../lib/output-file.ts';
import type { SuffixPolicy } from '../lib/types.ts';
import { noTextReason } from '../list/format/formats.ts';
import { listError } from '../list/list-error.ts';
import { protectedHosts } from '../list/sanity/read-guarded.ts';
import { ProtectedHosts } from '../list/sanity/protected-hosts.ts';
import { utcDay } from '../list/text/compile.ts';
import { approve, checkApprovals, readApprovals, writeApproval } from '../publish/approval.ts';
import { build } from '../publish/build.ts';
import { changeSetDigest, changeSetText, checkStandsOn, parseChangeSet } from '../publish/change-set.ts';
import type { ChangeSet } from '../publish/change-set.ts';
import type { Folders } from '../publish/folders.ts';
import { expired, isListOverdue, unreadable } from '../publish/inspect.ts';
import { readSigningKey } from '../publish/keys/signing-key.ts';
import { proposalsOf } from '../publish/proposals.ts';
import type { Publisher } from '../publish/publisher.ts';
import { NotListed, refusedStill, withdraw } from '../publish/withdraw.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { MANY } from './explain-many.ts';
import { ProgressBar } from './progress-bar.ts';
import { publishOutputFault } from './publish-output.ts';
import { reportingFaults, withPublisher } from './publish-run.ts';
import { readListFile } from './read-list-file.ts';
import { counted, print, printError } from './terminal.ts';
import { typedAddresses } from './typed-addresses.ts';

export interface BuildCommand {
  /** The change set's file; null: it is committed. */
  readonly output: string | null;
  readonly suffixes: SuffixPolicy;
  readonly relist: boolean;
  /** A file of further protected hosts, and of exceptions; null: those that are shipped. */
  readonly protected: string | null;
}

const MAX_SHOWN = 100;
/** Milliseconds: a relay that is publishing a long list must not keep a removal from being decided. */
const PATIENCE_MS = 300_000;

export async function publishBuild(folders: Folders, list: string, command: BuildCommand): Promise<ExitCode> {
  if (command.output !== null && (await isSameFile(list, command.output))) {
    printError(`-o names the list that is published: ${command.output}; the change set is another file`);
    return EXIT.usage;
  }
  const outputFault = command.output === null ? null : await publishOutputFault(folders, command.output);
  if (outputFault !== null) {
    printError(outputFault);
    return EXIT.usage;
  }
  return await withPublisher(folders, async (publisher) => {
    const { threshold } = publisher.settings.roles.approval;
    if (command.output === null && threshold > 1)
      throw new CleanfeedError(
        'list',
        'approvals',
        `--commit: the publisher asks for ${threshold} approvals; build with -o, approve, then commit`,
      );
    const guarded = new ProtectedHosts(await protectedHosts(command.protected, '--protected'));
    const build = (bytes: Uint8Array): ChangeSet => built(publisher, { list, bytes }, command, guarded);
    const changeSet = await readListFile(list, (bytes) => Promise.resolve(build(bytes)));
    if (changeSet === null) return EXIT.badList;
    const text = changeSetText(changeSet);
    printChange(changeSet, changeSetDigest(text));
    if (command.output !== null) {
      await writeOutput(command.output, text);
      print(`${command.output}: to be approved (cleanfeed publish approve), then committed`);
      return EXIT.ok;
    }
    // A list that does not change is signed again by a version without changes.
    if (isEmpty(changeSet) && !isListOverdue(publisher)) {
      await finish(publisher);
      print(`nothing to commit: the list is at version ${publisher.state.version}`);
      return EXIT.ok;
    }
    // Whoever runs it holds the one approval key there is.
    const [signer] = await publisher.ring.signers('approval');
    if (signer === undefined) throw new Error('a role without signers');
    const digest = changeSetDigest(text);
    return await committed(publisher, changeSet, digest, [approve(digest, signer)]);
  });
}

export async function publishApprove(file: string, key: string): Promise<ExitCode> {
  return await reportingFaults(async () => {
    const text = await readText(file);
    const digest = changeSetDigest(text);
    printChange(parseChangeSet(text, file), digest);
    print(`approved: ${await writeApproval(file, approve(digest, await readSigningKey(key)))}`);
    return EXIT.ok;
  });
}

export async function publishCommit(folders: Folders, file: string): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    const text = await readText(file);
    const changeSet = parseChangeSet(text, file);
    const digest = changeSetDigest(text);
    printChange(changeSet, digest);
    await finish(publisher);
    // Whoever commits it again after an interruption has what they asked for.
    if (publisher.state.changeSet === digest) {
      print(`${file}: it is version ${publisher.state.version} already`);
      return await exitUnlessTaken(publisher);
    }
    checkStandsOn(changeSet, publisher.state, file);
    return await committed(publisher, changeSet, digest, await readApprovals(file));
  });
}

/** @param words addresses; `-` alone: they come from standard input, one a line, and stand on no command line, which others can see. */
export async function publishWithdraw(folders: Folders, words: readonly string[], isMass: boolean): Promise<ExitCode> {
  return await reportingFaults(async () => {
    // Before the publisher is locked: somebody may type them.
    const typed = words.length === 1 && words[0] === MANY ? await typedAddresses() : null;
    return await withdrawAll(folders, {
      addresses: typed?.map(({ text }) => text) ?? words,
      places: typed?.map(({ place }) => place) ?? [],
      isMass,
    });
  });
}

interface ToWithdraw {
  readonly addresses: readonly string[];
  /** Of the addresses, where they have some. */
  readonly places: readonly string[];
  readonly isMass: boolean;
}

async function withdrawAll(folders: Folders, { addresses, places, isMass }: ToWithdraw): Promise<ExitCode> {
  const act = async (publisher: Publisher): Promise<ExitCode> => {
    const count = await withdraw(publisher, addresses, isMass);
    print(
      `${counted(count, 'entry', 'entries')} withdrawn${count === 0 ? ' (they were already)' : ''}, ${publisher.state.withdrawn.size} in all, for ${counted(publisher.active.length, 'recipient')}`,
    );
    const covers = refusedStill(addresses, publisher.state, utcDay(publisher.now));
    for (const [address, line] of covers)
      printError(`warning: ${address} is refused still: '${line}' covers it; withdraw that too if it is wrong`);
    return await exitUnlessTaken(publisher);
  };
  return await withPublisher(
    folders,
    async (publisher) => {
      try {
        return await act(publisher);
      } catch (error) {
        if (error instanceof NotListed) return notWithdrawn(error, places);
        throw error;
      }
    },
    PATIENCE_MS,
  );
}

function notWithdrawn({ faults }: NotListed, places: readonly string[]): ExitCode {
  for (const { index, reason } of faults.slice(0, MAX_SHOWN)) {
    const place = places[index];
    printError(place === undefined ? reason : `${place}: ${reason}`);
  }
  const more = faults.length - MAX_SHOWN;
  printError(
    `nothing was withdrawn${more > 0 ? `; ${counted(more, 'more address', 'more addresses')} cannot be` : ''}`,
  );
  return EXIT.badList;
}

/** Whoever published must not believe that it arrives. */
async function exitUnlessTaken(publisher: Publisher): Promise<ExitCode> {
  const found = [...(await expired(publisher)), ...unreadable(publisher)];
  for (const line of found) printError(`no node takes it: ${line}`);
  // Of what REPO had before, `withPublisher` has told.
  return found.length + publisher.repositories.outrun.size === 0 ? EXIT.ok : EXIT.badConfig;
}

function built(
  publisher: Publisher,
  { list, bytes }: { readonly list: string; readonly bytes: Uint8Array },
  { suffixes, relist }: BuildCommand,
  guarded: ProtectedHosts,
): ChangeSet {
  const noText = noTextReason(bytes, 'is no text list; build from the text it came from');
  if (noText !== null) throw listError('unsupported', noText);
  const bar = new ProgressBar('reading', bytes.length);
  try {
    const result = build(bytes, publisher.state, {
      today: utcDay(publisher.now),
      suffixes,
      protectedHosts: guarded,
      isRelisted: relist,
      progress: (read) => bar.update(read),
    });
    if (result.ok) return result.changeSet;
    for (const { line, column, message, rule } of result.errors.slice(0, MAX_SHOWN))
      print(`${list}:${line}:${column}: error: ${message} [${rule}]`);
    throw listError(
      'bad_lines',
      `${counted(result.errors.length, 'error')}; nothing was built (cleanfeed list lint names each)`,
    );
  } finally {
    bar.end();
  }
}

/** What an interrupted command has left comes first. */
async function finish(publisher: Publisher): Promise<void> {
  const { late, state } = publisher;
  await publisher.finishVersion();
  if (late.length > 0) print(`version ${state.version} published to ${late.join(', ')} too, which it had not reached`);
}

async function committed(
  publisher: Publisher,
  { additions, removals }: ChangeSet,
  digest: string,
  approvals: Awaited<ReturnType<typeof readApprovals>>,
): Promise<ExitCode> {
  const approvedBy = checkApprovals(digest, approvals, publisher.settings.roles.approval);
  const version = await publisher.commitVersion({ added: additions, removed: removals, changeSet: digest, approvedBy });
  print(`version ${version} published to ${counted(publisher.active.length, 'recipient')}`);
  return await exitUnlessTaken(publisher);
}

function printChange({ version, entries, additions, removals, leftOut }: ChangeSet, digest: string): void {
  print(
    `version ${version}: ${counted(additions.length, 'addition')}, ${counted(removals.length, 'removal')}, ${counted(entries, 'entry', 'entries')} then`,
  );
  print(`digest of the change set: ${digest}`);
  for (const note of proposalsOf(additions, (count) => counted(count, 'addition'))) printError(`note: ${note}`);
  if (leftOut.length > 0)
    printError(
      `warning: ${counted(leftOut.length, 'entry', 'entries')} of the list left out because ${leftOut.length === 1 ? 'it was' : 'they were'} withdrawn (--relist lists them again)`,
    );
}

function isEmpty({ additions, removals }: ChangeSet): boolean {
  return additions.length === 0 && removals.length === 0;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CleanfeedError('list', 'change_set', `${file}: ${fileReason(errnoOf(cause))}`, { cause });
  }
}
