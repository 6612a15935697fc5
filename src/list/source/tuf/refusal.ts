/**
 * Why metadata was refused. tuf-js says so of root and timestamp; of the others it keeps no more than a text, so what was received is looked
 * at once more, as far as tuf-js came. It must not decide whether it is refused.
 */
import { UnsignedMetadataError } from '@tufjs/models/dist/error.js';
import { BadVersionError, ExpiredMetadataError } from 'tuf-js/dist/error.js';
import { ListError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';
import { trustedRoles } from './trusted-metadata.ts';
import type { MetadataFiles, RoleName, TrustedMetadata, TrustedRole } from './trusted-metadata.ts';

export interface RefusedMetadata {
  readonly received: MetadataFiles;
  /** What was received last; null: nothing. */
  readonly last: RoleName | null;
  /** What was trusted before. */
  readonly stored: MetadataFiles;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @param error of tuf-js. */
export function refusalOf(error: unknown, refused: RefusedMetadata): ListError {
  if (error instanceof ListError) return error;
  if (error instanceof ExpiredMetadataError) return expired('the metadata of the repository has expired', error);
  if (error instanceof BadVersionError) return rolledBack(error);
  if (error instanceof UnsignedMetadataError)
    return listError('signature', 'the metadata of the repository is not signed by as many keys as it takes', error);
  return reasonIn(refused) ?? listError('inconsistent', 'the metadata of the repository does not fit together', error);
}

/** @throws ListError `expired`: somebody may be keeping newer metadata from us (a freeze attack, section 5.4.4). */
export function inTime(trusted: TrustedMetadata, now: number): TrustedMetadata {
  if (trusted.expiresAt > now) return trusted;
  throw expired(`the metadata of the repository has expired on ${new Date(trusted.expiresAt).toISOString()}`);
}

/** @returns null if nothing is wrong with it by itself. */
function reasonIn({ received, last, stored, now }: RefusedMetadata): ListError | null {
  const before = rolesOf(stored);
  try {
    for (const role of trustedRoles({ ...stored, ...received })) {
      if (isOlder(role, before)) return rolledBack();
      if (Date.parse(role.metadata.signed.expires) <= now) return expired(`the metadata (${role.role}) has expired`);
      if (role.role === last) return null;
    }
    return null;
  } catch (error) {
    return error instanceof ListError ? error : null;
  }
}

/** Section 5.4.3, 5.5.5. */
function isOlder(now: TrustedRole, before: readonly TrustedRole[]): boolean {
  const same = before.find(({ role }) => role === now.role);
  if (same === undefined) return false;
  if (now.metadata.signed.version < same.metadata.signed.version) return true;
  if (now.role !== 'snapshot' || same.role !== 'snapshot') return false;
  const { meta } = now.metadata.signed;
  return Object.entries(same.metadata.signed.meta).some(([name, { version }]) => (meta[name]?.version ?? 0) < version);
}

/** What was fetched before; of a root alone nothing. */
function rolesOf(stored: MetadataFiles): readonly TrustedRole[] {
  return stored.timestamp === undefined ? [] : [...trustedRoles(stored)];
}

function rolledBack(cause?: unknown): ListError {
  return listError('rollback', 'the versions of the metadata do not go forward', cause);
}

function expired(message: string, cause?: unknown): ListError {
  return listError('expired', message, cause);
}
