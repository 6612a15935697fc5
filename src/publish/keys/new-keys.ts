/** Fresh keys of a role, each in a file of its own in KEYS. A number is never used twice: what was signed with a key stays told apart. */
import { createFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError } from '../../lib/errors.ts';
import { keyPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { Role, RoleSettings } from '../state/settings.ts';
import { newKeyFile } from './signing-key.ts';

/** @param from number of the first. Throws CleanfeedError `publisher_keys` where a file of that name is there already. */
export async function makeKeys(
  folders: Folders,
  role: Role,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<RoleSettings['keys']> {
  const keys: RoleSettings['keys'] = [];
  for (let number = from; number < from + count; number += 1) {
    const file = `${role}-${number}.pem`;
    const { pem, hex } = newKeyFile();
    if (!(await createFileAtomic(keyPath(folders, file), pem, { mode: 0o600 })))
      throw new CleanfeedError(
        'config',
        'publisher_keys',
        `key ${keyPath(folders, file)}: is there already; move it away`,
      );
    keys.push({ file, public: hex });
  }
  return keys;
}

/** The highest number that a key of the role has had. */
export function lastNumber({ keys }: RoleSettings): number {
  return Math.max(0, ...keys.map(({ file }) => Number(/-(\d+)\.pem$/.exec(file)?.[1] ?? 0)));
}
