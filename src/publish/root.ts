/**
 * The root of trust: which keys hold which role, signed by the offline root keys, the same for every recipient. What people compare by voice
 * is the SHA-256 of its file. Versions of it are kept in KEYS/state/root and never change. It must not read a private key.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { statePath } from './folders.ts';
import type { Folders } from './folders.ts';
import type { SigningKey } from './keys/signing-key.ts';
import { rootText } from './repository/metadata.ts';
import type { RoleKeys } from './repository/metadata.ts';
import type { Settings } from './state/settings.ts';

const MS_PER_DAY = 86_400_000;

/** @param signers of the root before and of this one. */
export async function writeRoot(
  folders: Folders,
  settings: Settings,
  signers: readonly SigningKey[],
  now: number,
): Promise<void> {
  const text = rootText(
    { version: settings.root, expires: now + settings.days.root * MS_PER_DAY },
    {
      root: roleKeys(settings, 'root'),
      targets: roleKeys(settings, 'targets'),
      snapshot: roleKeys(settings, 'snapshot'),
      timestamp: roleKeys(settings, 'timestamp'),
    },
    signers,
  );
  // One of that version that is there already was never published: the settings did not follow.
  await writeFileAtomic(rootPath(folders, settings.root), text);
}

export function rootPath(folders: Folders, version: number): string {
  return statePath(folders, 'root', `${version}.root.json`);
}

/** 64 hex digits in groups of four; `sha256sum` of the file shows the same. */
export async function rootFingerprint(folders: Folders, version: number): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(rootPath(folders, version)))
    .digest('hex');
  return digest.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

/** Milliseconds since the epoch. */
export async function rootExpires(folders: Folders, version: number): Promise<number> {
  const root: { readonly signed: { readonly expires: string } } = JSON.parse(
    await readFile(rootPath(folders, version), 'utf8'),
  );
  return Date.parse(root.signed.expires);
}

function roleKeys(settings: Settings, role: 'root' | 'targets' | 'snapshot' | 'timestamp'): RoleKeys {
  const { threshold, keys } = settings.roles[role];
  return { threshold, keys: keys.map((key) => key.public) };
}
