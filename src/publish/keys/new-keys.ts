/** Fresh keys of a role, each in a file of its own in KEYS. It must not use a number twice: what was signed with a key stays told apart. */
import { createFileAtomic } from '../../lib/atomic-file.ts';
import { keyPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { Role } from '../state/roles.ts';
import type { RoleSettings } from '../state/settings.ts';
import { newKeyFile } from './signing-key.ts';

/** @param from lowest number of the first; those that an interrupted command has left are skipped. */
export async function makeKeys(
  folders: Folders,
  role: Role,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<RoleSettings['keys']> {
  const keys: RoleSettings['keys'][number][] = [];
  for (let number = from; keys.length < count; number += 1) {
    const file = `${role}-${number}.pem`;
    const { pem, hex } = newKeyFile();
    if (await createFileAtomic(keyPath(folders, file), pem, { mode: 0o600 })) keys.push({ file, public: hex });
  }
  return keys;
}

/** The highest number that a key of the role has had. */
export function lastNumber({ keys }: RoleSettings): number {
  return Math.max(0, ...keys.map(numberOf));
}

/**
 * How many keys the role is to have. A rotation that was interrupted has left the former ones behind the new ones: a lower number behind a higher one is one
 * of these.
 */
export function keyCount({ keys }: RoleSettings): number {
  const former = keys.findIndex((key, i) => numberOf(key) < numberOf(keys[i - 1] ?? key));
  return former === -1 ? keys.length : former;
}

function numberOf({ file }: Pick<RoleSettings['keys'][number], 'file'>): number {
  return Number(/-(\d+)\.pem$/.exec(file)?.[1] ?? 0);
}
