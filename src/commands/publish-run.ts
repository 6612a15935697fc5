/**
 * What every `cleanfeed publish` command begins and ends with: the publisher opened and locked, faults in words, the exit code they mean.
 * It must not know any single command.
 */
import { ProgressBar } from './progress-bar.ts';
import { CleanfeedError, systemErrnoOf } from '../lib/errors.ts';
import { checkApart } from '../publish/create.ts';
import type { Folders } from '../publish/folders.ts';
import { Publisher } from '../publish/publisher.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { printError } from './terminal.ts';

/** Runs `act` with the publisher of these folders. */
export async function withPublisher(
  folders: Folders,
  act: (publisher: Publisher) => Promise<ExitCode>,
): Promise<ExitCode> {
  return await reportingFaults(async () => {
    checkApart(folders);
    const bar: { shown: ProgressBar | null } = { shown: null };
    const progress = (done: number, of: number): void => (bar.shown ??= new ProgressBar('recipients', of)).update(done);
    const publisher = await Publisher.open(folders, { now: Date.now(), progress });
    try {
      return await act(publisher);
    } finally {
      bar.shown?.end();
      await publisher[Symbol.asyncDispose]();
    }
  });
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
    if (systemErrnoOf(error) === null || !(error instanceof Error)) throw error;
    // The system's error: its message names call and path.
    printError(error.message);
    return EXIT.badConfig;
  }
}
