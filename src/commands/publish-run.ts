/**
 * What every `cleanfeed publish` command begins and ends with: the publisher opened and locked, faults in words, the exit code they mean.
 * It must not know any single command.
 */
import { ProgressBar } from './progress-bar.ts';
import { CleanfeedError, fileFault } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { checkApart, checkRepoIsThere } from '../publish/create.ts';
import type { Folders } from '../publish/folders.ts';
import { signedAhead } from '../publish/inspect.ts';
import { Publisher } from '../publish/publisher.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { printError } from './terminal.ts';

/** Milliseconds between two looks whether another command has ended. */
const LOOK_MS = 500;

/**
 * Runs `act` with the publisher of these folders.
 * @param patienceMs for how long the end of another command is waited for.
 */
export async function withPublisher(
  folders: Folders,
  act: (publisher: Publisher) => Promise<ExitCode>,
  patienceMs = 0,
  time = systemTime,
): Promise<ExitCode> {
  return await reportingFaults(async () => {
    checkApart(folders);
    const bar: { shown: ProgressBar | null } = { shown: null };
    const progress = (done: number, of: number): void => (bar.shown ??= new ProgressBar('recipients', of)).update(done);
    const open = async (): Promise<Publisher> => await Publisher.open(folders, { now: time.wall(), progress });
    const publisher = await openedWithin(patienceMs, open, time);
    const ahead = signedAhead(publisher);
    if (ahead !== null)
      printError(
        `warning: something was signed at ${new Date(ahead).toISOString()}, and it is ${new Date(publisher.now).toISOString()} by the clock of this machine: where that is behind, nodes take what is signed now for expired`,
      );
    for (const [name, version] of publisher.repositories.outrun)
      printError(
        `warning: ${name}: REPO had a timestamp of version ${version}, and KEYS knows of none so high: KEYS is an older copy, or somebody else signs; nodes take nothing that is signed now (docs/runbooks.md, KEYS restored from an older copy)`,
      );
    try {
      await checkRepoIsThere(folders);
      return await act(publisher);
    } finally {
      bar.shown?.end();
      await publisher[Symbol.asyncDispose]();
    }
  });
}

async function openedWithin(patienceMs: number, open: () => Promise<Publisher>, time: Time): Promise<Publisher> {
  const end = time.now() + patienceMs;
  for (let isTold = false; ; isTold = true) {
    try {
      return await open();
    } catch (error) {
      const isBusy = error instanceof CleanfeedError && error.code === 'publisher_busy';
      if (!isBusy || time.now() >= end) throw error;
      if (!isTold) printError(`${error.message} (this command does)`);
      await time.pause(LOOK_MS);
    }
  }
}

/** 65: of a list, a change set or its approvals; 78: of keys, state, recipients, or files that cannot be written. */
export async function reportingFaults(act: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CleanfeedError) {
      printError(error.message);
      return error.side === 'list' ? EXIT.badList : EXIT.badConfig;
    }
    const fault = fileFault(error);
    if (fault === null) throw error;
    printError(fault);
    return EXIT.badConfig;
  }
}
