/**
 * New keys for a role. A role of the root, and the root itself, need the root keys: the next root is signed by the old threshold and, where the
 * root's own keys change, by the new one too (TUF specification, section 6.1). It must not delete the old keys' files: whoever rotates
 * says what becomes of them.
 */
import { lastNumber, makeKeys } from './keys/new-keys.ts';
import { KeyRing } from './keys/key-ring.ts';
import type { Publisher } from './publisher.ts';
import { writeRoot } from './root.ts';
import { writeSettings } from './state/settings.ts';
import type { Role, Settings } from './state/settings.ts';

export interface Rotated {
  /** Files in KEYS. */
  readonly added: readonly string[];
  readonly former: readonly string[];
}

/** Throws CleanfeedError `publisher_keys` where a key that has to sign is missing; then nothing has changed but for new key files. */
export async function rotate(publisher: Publisher, role: Role): Promise<Rotated> {
  const { folders, settings, now } = publisher;
  const before = settings.roles[role];
  // Both sign what follows; they are asked for before anything is made.
  const oldRoot = isOfRoot(role) ? await publisher.ring.signers('root') : [];
  if (role !== 'approval' && role !== 'targets') await publisher.ring.signers('targets');
  const keys = await makeKeys(folders, role, { from: lastNumber(before) + 1, count: before.keys.length });
  const next: Settings = {
    ...settings,
    root: settings.root + (isOfRoot(role) ? 1 : 0),
    rotation: settings.rotation + (role === 'approval' ? 0 : 1),
    roles: { ...settings.roles, [role]: { ...before, keys } },
  };
  if (isOfRoot(role)) {
    const newRoot = role === 'root' ? await new KeyRing(folders, next).signers('root') : [];
    await writeRoot(folders, next, [...oldRoot, ...newRoot], now);
  }
  await writeSettings(folders, next);
  publisher.use(next);
  publisher.append({ kind: 'rotated', role });
  await publisher.bringUpToDate();
  return { added: keys.map(({ file }) => file), former: before.keys.map(({ file }) => file) };
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
