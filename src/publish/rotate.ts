/**
 * New keys for a role, in two steps, each of which is a valid repository at every moment:
 *
 *   old keys ─▶ root: new and old keys ─▶ all is signed with the new ones ─▶ root: new keys only
 *
 * The next root is seen as soon as it lies there, before what it makes valid (TUF specification, section 5.3): one that dropped the old keys at
 * once would refuse what is published until then. It must not delete the old keys' files: whoever rotates says what becomes of them.
 */
import { keyCount, lastNumber, makeKeys } from './keys/new-keys.ts';
import { KeyRing } from './keys/key-ring.ts';
import type { Publisher } from './publisher.ts';
import { writeRoot } from './root.ts';
import { writeSettings } from './state/settings.ts';
import type { Role } from './state/roles.ts';
import type { RoleSettings, Settings } from './state/settings.ts';

export interface Rotated {
  /** Files in KEYS. */
  readonly added: readonly string[];
  readonly former: readonly string[];
}

/** Throws CleanfeedError `publisher_keys` where a key that has to sign is missing; then nothing has changed but for new key files. */
export async function rotate(publisher: Publisher, role: Role): Promise<Rotated> {
  const { folders, settings } = publisher;
  const before = settings.roles[role];
  // They are asked for before anything is made. No root names the keys of approvals, but whoever could replace them alone would be all approvers.
  if (isOfRoot(role) || role === 'approval') await publisher.ring.signers('root');
  if (role !== 'approval') await publisher.ring.signers('targets');
  const keys = await makeKeys(folders, role, { from: lastNumber(before) + 1, count: keyCount(before) });
  if (role !== 'approval') await bringIntoForce(publisher, role, [...keys, ...before.keys]);
  await bringIntoForce(publisher, role, keys);
  publisher.append([{ kind: 'rotated', role }]);
  return { added: keys.map(({ file }) => file), former: before.keys.map(({ file }) => file) };
}

/** The first keys sign. */
async function bringIntoForce(publisher: Publisher, role: Role, keys: RoleSettings['keys']): Promise<void> {
  const { folders, settings, now } = publisher;
  const next: Settings = {
    ...settings,
    root: settings.root + (isOfRoot(role) ? 1 : 0),
    rotation: settings.rotation + (role === 'approval' ? 0 : 1),
    roles: { ...settings.roles, [role]: { ...settings.roles[role], keys } },
  };
  if (isOfRoot(role)) {
    // Section 6.1: signed as the root before demands it, and as it does itself.
    const signers = [...(await publisher.ring.signers('root')), ...(await new KeyRing(folders, next).signers('root'))];
    await writeRoot(folders, next, signers, now);
  }
  await writeSettings(folders, next);
  publisher.use(next);
  await publisher.bringUpToDate();
}

/** Whether the root names the role's keys. */
function isOfRoot(role: Role): boolean {
  switch (role) {
    case 'root':
    case 'targets':
    case 'snapshot':
    case 'timestamp':
      return true;
    case 'withdrawn':
    case 'log':
    case 'approval':
      return false;
  }
}
