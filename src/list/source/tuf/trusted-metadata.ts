/**
 * Verifies the metadata of a TUF repository as it lies on this node (TUF specification 1.0, section 5), and gives what it says:
 *
 *   root ─▶ timestamp ─▶ snapshot ─▶ targets ─▶ withdrawn, log      each signed by the one to its left, each of the version and digest
 *                                                                  that the snapshot (of the snapshot: the timestamp) names
 *
 * tuf-js verifies what comes over the network and asks the network again where stored metadata fails: a start without the network needs
 * this. It must not fetch, and it trusts the root that it is given: whoever calls has checked the chain from the pinned one.
 */
import { Metadata, MetadataKind } from '@tufjs/models';
import type { MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import type { ListError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';

/** Roles that our targets role may delegate to; others are not read. */
export const DELEGATED_ROLES = ['withdrawn', 'log'] as const;
type DelegatedRoleName = (typeof DELEGATED_ROLES)[number];
export const ROLES = ['root', 'timestamp', 'snapshot', 'targets', ...DELEGATED_ROLES] as const;
export type RoleName = (typeof ROLES)[number];

/** JSON text, byte for byte as it was received, by role; a delegated role that does not exist is missing. */
export type MetadataFiles = Readonly<Partial<Record<RoleName, string>>>;

/** A file that the repository vouches for. */
export interface SignedTarget {
  /** Below `targets/`, without the digest that a consistent snapshot puts before its name. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly custom: Readonly<Record<string, unknown>>;
}

export interface TrustedMetadata {
  readonly versions: Readonly<Partial<Record<RoleName, number>>>;
  /** The first moment at which any of it is expired; milliseconds since the epoch. */
  readonly expiresAt: number;
  /** By path. */
  readonly targets: ReadonlyMap<string, SignedTarget>;
}

type AnyRole = Root | Timestamp | Snapshot | Targets;

const SHA256 = /^[0-9a-f]{64}$/;

/** @throws ListError `signature`, `inconsistent`. That it has expired is said by `expiresAt`. */
export function verifyMetadata(files: MetadataFiles): TrustedMetadata {
  const root = rootOf(needed(files, 'root'));
  const timestamp = signedBy(root, 'timestamp', timestampOf(needed(files, 'timestamp')));
  const snapshot = signedBy(root, 'snapshot', snapshotOf(needed(files, 'snapshot')));
  mustBeListed(timestamp.signed.snapshotMeta, 'snapshot', files, snapshot);
  const { meta } = snapshot.signed;
  const targets = signedBy(root, 'targets', targetsOf(needed(files, 'targets'), 'targets'));
  mustBeListed(meta['targets.json'], 'targets', files, targets);
  const delegated = DELEGATED_ROLES.flatMap((role) => {
    if (targets.signed.delegations?.roles?.[role] === undefined || files[role] === undefined) return [];
    const metadata = signedBy(targets, role, targetsOf(files[role], role));
    mustBeListed(meta[`${role}.json`], role, files, metadata);
    return [{ role, metadata }];
  });
  const all = [root, timestamp, snapshot, targets, ...delegated.map(({ metadata }) => metadata)];
  return {
    versions: {
      root: root.signed.version,
      timestamp: timestamp.signed.version,
      snapshot: snapshot.signed.version,
      targets: targets.signed.version,
      ...Object.fromEntries(delegated.map(({ role, metadata }) => [role, metadata.signed.version])),
    },
    expiresAt: Math.min(...all.map(({ signed }) => Date.parse(signed.expires))),
    // What the targets role says itself goes before what it has others say (section 5.6.7).
    targets: new Map([
      ...delegated.flatMap(({ role, metadata }) => delegatedTargets(targets, role, metadata)),
      ...Object.values(targets.signed.targets).map(signedTarget),
    ]),
  };
}

/** @throws ListError `signature`, `inconsistent`: it is no root that is signed by its own keys. */
export function rootVersion(text: string): number {
  return rootOf(text).signed.version;
}

/** What the server of a mirror or a proxy says in place of a file is no metadata, whatever its status. */
export function isMetadata(text: string): boolean {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && 'signed' in data;
  } catch {
    return false;
  }
}

function rootOf(text: string): Metadata<Root> {
  const root = parsed('root', () => Metadata.fromJSON(MetadataKind.Root, JSON.parse(text)));
  return signedBy(root, 'root', root);
}

function timestampOf(text: string): Metadata<Timestamp> {
  return parsed('timestamp', () => Metadata.fromJSON(MetadataKind.Timestamp, JSON.parse(text)));
}

function snapshotOf(text: string): Metadata<Snapshot> {
  return parsed('snapshot', () => Metadata.fromJSON(MetadataKind.Snapshot, JSON.parse(text)));
}

function targetsOf(text: string, role: RoleName): Metadata<Targets> {
  return parsed(role, () => Metadata.fromJSON(MetadataKind.Targets, JSON.parse(text)));
}

function parsed<T>(role: RoleName, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw listError('inconsistent', `${role}.json is no TUF metadata of this kind`, error);
  }
}

function signedBy<T extends AnyRole>(
  delegator: Metadata<Root> | Metadata<Targets>,
  role: RoleName,
  metadata: Metadata<T>,
): Metadata<T> {
  try {
    delegator.verifyDelegate(role, metadata);
    return metadata;
  } catch (error) {
    throw listError('signature', `${role}.json is not signed by as many of its keys as it takes`, error);
  }
}

/** Section 5.5.2, 5.5.4, 5.6.2, 5.6.4. */
function mustBeListed(
  named: MetaFile | undefined,
  role: RoleName,
  files: MetadataFiles,
  { signed }: Metadata<AnyRole>,
): void {
  if (named?.version !== signed.version)
    throw inconsistent(
      `${role}.json has version ${signed.version}, and version ${named?.version ?? 'none'} is signed for`,
    );
  try {
    named.verify(Buffer.from(needed(files, role)));
  } catch (error) {
    throw listError('inconsistent', `${role}.json has not the length and the digest that are signed`, error);
  }
}

/** Only below the paths that were delegated: the key of `withdrawn` must not be able to put anything on the list. */
function delegatedTargets(
  delegator: Metadata<Targets>,
  role: DelegatedRoleName,
  { signed }: Metadata<Targets>,
): (readonly [string, SignedTarget])[] {
  const delegation = delegator.signed.delegations?.roles?.[role];
  return Object.values(signed.targets)
    .filter(({ path }) => delegation?.isDelegatedPath(path) === true)
    .map(signedTarget);
}

function signedTarget({ path, length, hashes, custom }: TargetFile): readonly [string, SignedTarget] {
  const sha256 = hashes['sha256'] ?? '';
  if (!SHA256.test(sha256)) throw inconsistent(`the target ${path} has no SHA-256 digest`);
  return [path, { path, bytes: length, sha256, custom }];
}

function needed(files: MetadataFiles, role: RoleName): string {
  const text = files[role];
  if (text === undefined) throw inconsistent(`there is no ${role}.json`);
  return text;
}

function inconsistent(message: string): ListError {
  return listError('inconsistent', message);
}
