/**
 * The root of trust: which keys hold which role, signed by the offline root keys, the same for every recipient. What people compare by voice
 * is the SHA-256 of its file. Versions of it are kept in KEYS/state/root and never change. It must not read a private key.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { fileReason } from '../lib/errors.ts';
import { mapping } from '../lib/shape.ts';
import { statePath } from './folders.ts';
import type { Folders } from './folders.ts';
import type { SigningKey } from './keys/signing-key.ts';
import { rootText } from './repository/metadata.ts';
import type { RoleKeys } from './repository/metadata.ts';
import type { Settings } from './state/settings.ts';
import { damaged, readState } from './state/state-file.ts';
import { TIME } from './state/state-values.ts';

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

/** What is read of it here. */
const ROOT = mapping({ signed: mapping({ expires: TIME }).open() }).open();

/** Milliseconds since the epoch. Throws CleanfeedError `publisher_state`, which names file and key. */
export async function rootExpires(folders: Folders, version: number): Promise<number> {
  const path = rootPath(folders, version);
  const root = await readState(path, ROOT);
  if (root === null) throw damaged(path, fileReason('ENOENT'));
  return root.signed.expires;
}

function roleKeys(settings: Settings, role: 'root' | 'targets' | 'snapshot' | 'timestamp'): RoleKeys {
  const { threshold, keys } = settings.roles[role];
  return { threshold, keys: keys.map((key) => key.public) };
}
