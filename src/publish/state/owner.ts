/**
 * One user writes all of the publisher's state. What another one writes, as root in an incident, has a mode that keeps the first from reading it: every
 * command of his fails from then on, and a relay as a service publishes nothing more. It must not change an owner.
 */
import { stat } from 'node:fs/promises';
import { CleanfeedError } from '../../lib/errors.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';

/**
 * While the lock is held: its file has the owner that whatever is written now gets, also where a file server or a container gives another one.
 * Throws CleanfeedError `publisher_state` where that is not who has written the rest.
 */
export async function checkOwner(folders: Folders): Promise<void> {
  const { uid } = await stat(statePath(folders, 'lock'));
  const { uid: owner } = await stat(statePath(folders, 'publisher.json'));
  if (uid === owner) return;
  const path = statePath(folders);
  throw new CleanfeedError(
    'config',
    'publisher_state',
    `${path} belongs to user ${owner}, who could not read what user ${uid} writes there: type the command as that user (runuser -u NAME -- cleanfeed …; stat -c %U ${path} says the name)`,
  );
}
