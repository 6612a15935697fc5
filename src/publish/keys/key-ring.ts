/** The signing keys that a command has at hand: read when a role has to sign, checked against the settings. It must not write a key. */
import { CleanfeedError } from '../../lib/errors.ts';
import { keyPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { Role } from '../state/roles.ts';
import type { RoleSettings, Settings } from '../state/settings.ts';
import { readSigningKey } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

export class KeyRing {
  readonly #folders: Folders;
  readonly #settings: Settings;
  readonly #found = new Map<Role, readonly SigningKey[]>();

  constructor(folders: Folders, settings: Settings) {
    this.#folders = folders;
    this.#settings = settings;
  }

  /** Those of the roles for which enough keys are at hand. */
  async signable<R extends Role>(roles: readonly R[]): Promise<readonly R[]> {
    const found: R[] = [];
    for (const role of roles) {
      const keys = await this.atHand(role).catch(unlessMissing);
      if (keys !== null) found.push(role);
    }
    return found;
  }

  /** As many keys as the role needs. Throws CleanfeedError `publisher_keys`, which names the files that are missing. */
  async signers(role: Role): Promise<readonly SigningKey[]> {
    return (await this.atHand(role)).slice(0, this.#settings.roles[role].threshold);
  }

  /** Every key of the role that can be used, and no fewer than it needs. Throws as `signers` does. */
  async atHand(role: Role): Promise<readonly SigningKey[]> {
    const known = this.#found.get(role);
    if (known !== undefined) return known;
    const signers = await readSigners(this.#folders, role, this.#settings.roles[role]);
    this.#found.set(role, signers);
    return signers;
  }
}

/** @returns null where keys are missing. */
function unlessMissing(error: unknown): null {
  if (error instanceof CleanfeedError && error.code === 'publisher_keys') return null;
  throw error;
}

async function readSigners(folders: Folders, role: Role, { threshold, keys }: RoleSettings): Promise<SigningKey[]> {
  const signers: SigningKey[] = [];
  const faults: CleanfeedError[] = [];
  for (const { file, public: hex } of keys) {
    try {
      const key = await readSigningKey(keyPath(folders, file));
      if (key.hex !== hex) throw otherKey(keyPath(folders, file), role);
      signers.push(key);
    } catch (error) {
      if (!(error instanceof CleanfeedError)) throw error;
      faults.push(error);
    }
  }
  if (signers.length >= threshold) return signers;
  throw new CleanfeedError(
    'config',
    'publisher_keys',
    `role ${role} needs ${threshold} of ${keys.length} keys, and ${signers.length} can be used: ${faults.map(({ message }) => message).join('; ')}`,
  );
}

function otherKey(path: string, role: Role): CleanfeedError {
  return new CleanfeedError('config', 'publisher_keys', `key ${path}: not the key that role ${role} has`);
}
