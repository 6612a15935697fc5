/**
 * `cleanfeed publish init`, `recipient add`, `rekey`, `rotate`, `revoke`: who signs, and who receives.
 * It must not hold a rule of publishing: `publish` has them.
 */
import { createPublisher } from '../publish/create.ts';
import type { Folders } from '../publish/folders.ts';
import { addRecipient, rekeyRecipient, revokeRecipient } from '../publish/recipient-changes.ts';
import { rootFingerprint, rootPath } from '../publish/root.ts';
import { rotate } from '../publish/rotate.ts';
import { recipientNamed } from '../publish/state/recipients.ts';
import type { Role } from '../publish/state/roles.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { reportingFaults, withPublisher } from './publish-run.ts';
import { counted, print, printError } from './terminal.ts';

export async function publishInit(
  folders: Folders,
  options: { readonly threshold: number; readonly approvals: number },
): Promise<ExitCode> {
  return await reportingFaults(async () => {
    const { roles } = await createPublisher(folders, { ...options, now: Date.now() });
    print(`keys in ${folders.keys}; of each role, how many of them sign:`);
    for (const [role, { threshold, keys }] of Object.entries(roles))
      print(`  ${role.padEnd(10)}${threshold} of ${keys.map(({ file }) => file).join(', ')}`);
    print('Take root-*.pem, and approval-*.pem where somebody else approves, off this machine.');
    print(`root: ${rootPath(folders, 1)}`);
    await printFingerprint(folders, 1);
    return EXIT.ok;
  });
}

export async function publishRecipientAdd(
  folders: Folders,
  name: string,
  keys: { readonly age: string; readonly names: string | null },
): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    await addRecipient(publisher, name, keys);
    const { version } = publisher.state;
    print(`${name}: ${version === 0 ? 'no version of the list yet' : `version ${version} of the list`}`);
    print(`Give its operator ${rootPath(folders, publisher.settings.root)}, and compare its fingerprint by voice:`);
    await printFingerprint(folders, publisher.settings.root);
    return EXIT.ok;
  });
}

/** @param overlap milliseconds. */
export async function publishRekey(
  folders: Folders,
  name: string,
  keys: { readonly age: string; readonly names?: string; readonly overlap: number },
): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    const before = recipientNamed(publisher.recipients, name);
    const version = await rekeyRecipient(publisher, name, keys);
    // Not what is asked for: one that was interrupted goes on with its own overlap.
    const { former } = recipientNamed(publisher.recipients, name);
    const reads =
      former !== null && former.until > publisher.now
        ? `the former identity reads what is published until ${new Date(former.until).toISOString()}`
        : before.age === keys.age
          ? 'no former identity reads it'
          : 'the former identity reads no more';
    print(`${name}: version ${version} under new keys; ${reads}`);
    if (keys.names !== undefined) print(`${name}: host names are encrypted to the recipient of --names`);
    else if (before.names !== null) printError(namesWarning(name, before.age === keys.age ? before.names : null));
    return EXIT.ok;
  });
}

/** @param names where an interrupted command went on, which may have been given --names itself: whom they are encrypted to now. */
function namesWarning(name: string, names: string | null): string {
  const [whom, condition] =
    names === null
      ? ['still encrypted to the recipient before', 'if']
      : [`encrypted to ${names}`, 'if that is the recipient before, and'];
  return `warning: ${name}: host names are ${whom}; ${condition} its identity was stolen too: rekey again, with --names and --overlap 0d`;
}

export async function publishRotate(folders: Folders, role: Role): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    const { added, former } = await rotate(publisher, role);
    print(`${role}: signs with ${added.join(', ')} from now on; ${former.join(', ')} may be destroyed`);
    await printFingerprint(folders, publisher.settings.root);
    return EXIT.ok;
  });
}

export async function publishRevoke(folders: Folders, name: string): Promise<ExitCode> {
  return await withPublisher(folders, async (publisher) => {
    await revokeRecipient(publisher, name);
    print(
      `${name}: nothing more is published to it, and its metadata has expired; ${counted(publisher.active.length, 'recipient')} left`,
    );
    return EXIT.ok;
  });
}

async function printFingerprint(folders: Folders, version: number): Promise<void> {
  print(`root version ${version}, SHA-256: ${await rootFingerprint(folders, version)}`);
}
