/**
 * `cleanfeed publish prove`, `audit`: what the publisher shows to whoever oversees it.
 * It must not hold a rule of the log: `publish/log` has them.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { writeOutput } from '../lib/output-file.ts';
import type { Folders } from '../publish/folders.ts';
import { audit } from '../publish/log/audit.ts';
import type { Finding } from '../publish/log/audit.ts';
import { eventsOf } from '../publish/log/prove.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { publishOutputFault } from './publish-output.ts';
import { reportingFaults, withPublisher } from './publish-run.ts';
import { counted, print, printError, printJson } from './terminal.ts';

export interface ProveOptions {
  /** Whose id it is; null: an address, or the number of an event. */
  readonly recipient: string | null;
  /** Who asks, and why: it is logged. */
  readonly reason: string;
  readonly output: string;
}

/** Nobody is shown anything before it is logged that he was. */
export async function publishProve(folders: Folders, what: string, options: ProveOptions): Promise<ExitCode> {
  const { recipient, reason, output } = options;
  const outputFault = await publishOutputFault(folders, output);
  if (outputFault !== null) {
    printError(outputFault);
    return EXIT.usage;
  }
  return await withPublisher(folders, async (publisher) => {
    const { uids, leaves } = eventsOf(publisher, what, recipient);
    const head = await publisher.head();
    if (leaves.some(({ index }) => index >= head.size)) throw new Error('an event behind the head of the log');
    publisher.append([{ kind: 'proved', uids, reason }]);
    if (uids.length === 0)
      throw new CleanfeedError(
        'list',
        'not_listed',
        `${what}: no entry was ever listed under it; the question is logged`,
      );
    await writeOutput(output, head.fileWith(leaves));
    print(
      `${output}: ${counted(leaves.length, 'event')} of ${counted(uids.length, 'entry', 'entries')}, in the log of ${head.size} leaves`,
    );
    return EXIT.ok;
  });
}

export async function publishAudit(folders: Folders, options: { readonly json: boolean }): Promise<ExitCode> {
  return await reportingFaults(async () => {
    const time = new Date().toISOString();
    const findings: Finding[] = [];
    if (!options.json) print(`audit of ${folders.repo}, ${time}`);
    for await (const finding of audit(folders)) {
      findings.push(finding);
      if (!options.json) print(inWords(finding));
    }
    const differences = findings.filter(({ difference }) => difference !== null).length;
    if (options.json) printJson({ time, repository: folders.repo, differences, findings });
    if (differences > 0) printError(`${counted(differences, 'difference')} found`);
    return differences === 0 ? EXIT.ok : EXIT.refused;
  });
}

function inWords({ what, difference }: Finding): string {
  return difference === null ? `same       ${what}` : `DIFFERENT  ${what}: ${difference}`;
}
