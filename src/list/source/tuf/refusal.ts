/**
 * Why metadata was refused. tuf-js says so of root and timestamp; of the others it keeps no more than a text, so what was received is looked
 * at once more, as far as tuf-js came. It must not decide whether it is refused.
 */
import { UnsignedMetadataError } from '@tufjs/models/dist/error.js';
import { BadVersionError, ExpiredMetadataError } from 'tuf-js/dist/error.js';
import { ListError, listError } from '../../list-error.ts';
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
  if (error instanceof UnsignedMetadataError)
    return listError('signature', 'the metadata of the repository is not signed by as many keys as it takes', error);
  const reason = reasonIn(refused, error);
  if (error instanceof ExpiredMetadataError)
    return reason?.code === 'expired' ? reason : expired('the metadata of the repository has expired', error);
  if (error instanceof BadVersionError) return reason?.code === 'rollback' ? reason : rolledBack('', error);
  return reason ?? listError('inconsistent', 'the metadata of the repository does not fit together', error);
}

/** @throws ListError `expired`: somebody may be keeping newer metadata from us (a freeze attack, section 5.4.4). */
export function inTime(trusted: TrustedMetadata, now: number): TrustedMetadata {
  if (trusted.expiresAt > now) return trusted;
  throw expired(`the metadata of the repository has expired on ${new Date(trusted.expiresAt).toISOString()}`);
}

/** @returns null if nothing is wrong with it by itself. */
function reasonIn({ received, last, stored, now }: RefusedMetadata, cause: unknown): ListError | null {
  const before = rolesOf(stored);
  try {
    for (const role of trustedRoles({ ...stored, ...received })) {
      const older = stepBack(role, before);
      if (older !== null) return rolledBack(`: ${older}`, cause);
      const { expires } = role.metadata.signed;
      if (Date.parse(expires) <= now)
        return expired(`the metadata of the repository (${role.role}) has expired on ${expires}`, cause);
      if (role.role === last) return null;
    }
    return null;
  } catch (error) {
    return error instanceof ListError ? error : null;
  }
}

/** Section 5.4.3, 5.5.5. @returns which version is below the one before, in words; null: none is. */
function stepBack(now: TrustedRole, before: readonly TrustedRole[]): string | null {
  const same = before.find(({ role }) => role === now.role);
  if (same === undefined) return null;
  const { version } = now.metadata.signed;
  if (version < same.metadata.signed.version)
    return `${now.role} has version ${version}, and ${same.metadata.signed.version} was there before`;
  const named = versionsIn(now);
  const behind = [...versionsIn(same)].find(([name, former]) => (named.get(name) ?? 0) < former);
  if (behind === undefined) return null;
  const [name, former] = behind;
  return `${now.role} names version ${named.get(name) ?? 'none'} of ${name}, and ${former} was there before`;
}

/** Of the roles to its right that it names. */
function versionsIn(named: TrustedRole): ReadonlyMap<string, number> {
  if (named.role === 'timestamp') return new Map([['snapshot.json', named.metadata.signed.snapshotMeta.version]]);
  if (named.role !== 'snapshot') return new Map();
  return new Map(Object.entries(named.metadata.signed.meta).map(([name, { version }]) => [name, version]));
}

/** What was fetched before; of a root alone nothing. */
function rolesOf(stored: MetadataFiles): readonly TrustedRole[] {
  return stored.timestamp === undefined ? [] : [...trustedRoles(stored)];
}

/** @param detail which, behind a colon; empty: nobody knows. */
function rolledBack(detail: string, cause: unknown): ListError {
  return listError('rollback', `the versions of the metadata do not go forward${detail}`, cause);
}

function expired(message: string, cause?: unknown): ListError {
  return listError('expired', message, cause);
}
