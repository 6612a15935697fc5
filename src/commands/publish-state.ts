/** `cleanfeed publish refresh`, `inspect`, `why`: what there is, and that it goes on. It must not change what is on the list. */
import type { Folders } from '../publish/folders.ts';
import { inspect, lost, overdue } from '../publish/inspect.ts';
import type { PublisherReport, RoleReport } from '../publish/inspect.ts';
import { why } from '../publish/why.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { withPublisher } from './publish-run.ts';
import { counted, print, printError, printJson } from './terminal.ts';

const GOES_ON =
  "the next 'publish build LIST --commit' or 'publish commit' goes on, also with the change set that was committed last";

/** Ends with 78, and says why, where people have to sign: something expires, or a version has not reached somebody. */
export async function publishRefresh(folders: Folders): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    await publisher.bringOnlineRolesUpToDate({ isRefresh: true });
    print(`timestamps of ${counted(publisher.active.length, 'recipient')} renewed`);
    const { late, state } = publisher;
    const gone = lost(publisher);
    for (const [name, what] of gone) printError(`${name}: ${what}; ${GOES_ON}`);
    for (const name of late.filter((one) => !gone.has(one)))
      printError(`${name}: version ${state.version} has not reached it; ${GOES_ON}`);
    const old = await overdue(publisher);
    for (const line of old) printError(`past half its life: ${line}`);
    return old.length + late.length + gone.size + publisher.repositories.outrun.size === 0 ? EXIT.ok : EXIT.badConfig;
  });
}

export async function publishInspect(folders: Folders, options: { readonly json: boolean }): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    const report = await inspect(publisher);
    if (options.json) printJson(report);
    else for (const line of inWords(report)) print(line);
    return EXIT.ok;
  });
}

export async function publishWhy(folders: Folders, recipient: string, id: string): Promise<ExitCode> {
  return await withPublisher(folders, (publisher) => {
    const { uid, line, added, removed, withdrawn } = why(publisher, recipient, id);
    print(line);
    print(`  event      ${uid}`);
    print(`  added      ${added}`);
    if (withdrawn !== null) print(`  withdrawn  ${withdrawn}`);
    if (removed !== null) print(`  removed    ${removed}`);
    return Promise.resolve(EXIT.ok);
  });
}

function lifeOf({ expires, isPastHalf, isExpired }: RoleReport): string {
  if (isExpired) return `EXPIRED on ${expires}`;
  return `expires ${expires}${isPastHalf ? ', past half its life' : ''}`;
}

function inWords({
  root,
  log,
  version,
  entries,
  withdrawn,
  approvals,
  recipients,
}: PublisherReport): readonly string[] {
  return [
    `root version ${root.version}, ${lifeOf(root)}, SHA-256: ${root.fingerprint}`,
    `log of ${log.size} events, key: ${log.key}`,
    `list version ${version}, ${counted(entries, 'entry', 'entries')}, ${withdrawn} withdrawn; ${counted(approvals, 'approval')} for a change`,
    ...recipients.flatMap(({ name, version: has, lacking, revoked, roles, fullBytes, targetBytes }) => [
      `${name}: version ${has}${has < version && revoked === null ? `, which version ${version} has not reached` : ''}${revoked === null ? '' : `, revoked ${revoked}`}, ${fullBytes} bytes for a new node, ${targetBytes} in all`,
      ...Object.entries(roles ?? {}).map(
        ([role, report]) => `  ${role.padEnd(10)}version ${report.version}, ${lifeOf(report)}`,
      ),
      ...(revoked === null ? lacking.map((file) => `  MISSING   ${file}`) : []),
    ]),
  ];
}
