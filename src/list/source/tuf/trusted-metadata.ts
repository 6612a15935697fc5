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
import type { Key, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { ListError, listError } from '../../list-error.ts';

/** Roles that our targets role may delegate to; others are not read. */
export const DELEGATED_ROLES = ['withdrawn', 'log'] as const;
type DelegatedRoleName = (typeof DELEGATED_ROLES)[number];
/** Nothing gets a date without them. */
const DATING_ROLES = ['timestamp', 'snapshot', 'targets'] as const;
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
  /** Whose repository it is (protected/owner.ts); null: it does not say. */
  readonly owners: readonly string[] | null;
  /** By path. */
  readonly targets: ReadonlyMap<string, SignedTarget>;
  /** Of the role `log`: 32 bytes each, Ed25519. */
  readonly logKeys: readonly Uint8Array[];
  /** All roles are here that the targets role delegates to and the snapshot names: what an earlier release has stored, or is damaged, may lack one. */
  readonly isWhole: boolean;
}

/**
 * Of each object and array in a root, and how deep they lie in each other. @tufjs/models copies an object once for each of its members, and what is deep once
 * for each level, before it looks at any signature: that takes the square of the bytes, and whoever can write in a mirror sends them. A publisher's
 * root has some ten keys and is six deep.
 */
const MAX_ROOT_MEMBERS = 256;
const MAX_ROOT_DEPTH = 16;

type AnyRole = Root | Timestamp | Snapshot | Targets;

const SHA256 = /^[0-9a-f]{64}$/;

/** @throws ListError `signature`, `inconsistent`. That it has expired is said by `expiresAt`. */
export function verifyMetadata(files: MetadataFiles): TrustedMetadata {
  const versions: Partial<Record<RoleName, number>> = {};
  const targets = new Map<string, SignedTarget>();
  let expiresAt = Infinity;
  let owners: readonly string[] | null = null;
  let delegator: Metadata<Targets> | null = null;
  let named: Snapshot['meta'] = {};
  for (const trusted of trustedRoles(files)) {
    const { version, expires } = trusted.metadata.signed;
    versions[trusted.role] = version;
    expiresAt = Math.min(expiresAt, Date.parse(expires));
    if (trusted.role === 'timestamp') owners = ownersIn(trusted.metadata.signed);
    if (trusted.role === 'snapshot') named = trusted.metadata.signed.meta;
    if (!('targets' in trusted.metadata.signed)) continue;
    const own = Object.values(trusted.metadata.signed.targets).filter(mayName(trusted.role, delegator));
    // What the targets role says itself goes before what it has others say (section 5.6.7), and it comes first.
    for (const target of own) if (!targets.has(target.path)) targets.set(target.path, signedTarget(target));
    if (trusted.role === 'targets') delegator = trusted.metadata;
  }
  const delegations = delegator?.signed.delegations;
  const isWhole = DELEGATED_ROLES.every(
    (role) => delegations?.roles?.[role] === undefined || named[`${role}.json`] === undefined || role in versions,
  );
  return { versions, expiresAt, owners, targets, logKeys: logKeysOf(delegations), isWhole };
}

function logKeysOf(delegations: Targets['delegations']): readonly Uint8Array[] {
  const ids = delegations?.roles?.['log']?.keyIDs ?? [];
  return ids.flatMap((id) => {
    const key = delegations?.keys[id];
    return key?.keyType === 'ed25519' ? [Buffer.from(key.keyVal['public'] ?? '', 'hex')] : [];
  });
}

/** A role that is signed as it should be, and of the version and digest that is signed for. */
export type TrustedRole =
  | { readonly role: 'root'; readonly metadata: Metadata<Root> }
  | { readonly role: 'timestamp'; readonly metadata: Metadata<Timestamp> }
  | { readonly role: 'snapshot'; readonly metadata: Metadata<Snapshot> }
  | { readonly role: 'targets' | DelegatedRoleName; readonly metadata: Metadata<Targets> };

/**
 * What of stored metadata an update may begin with: tuf-js takes a stored snapshot or targets role that is signed, whatever digest is signed for it, and does
 * not fetch it again. A digit of a signature in the other case is signed, and has another digest.
 */
export function soundIn(files: MetadataFiles): MetadataFiles {
  const sound = new Set<string>(['root', 'timestamp']);
  try {
    for (const { role } of trustedRoles(files)) sound.add(role);
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
  }
  return Object.fromEntries(Object.entries(files).filter(([role]) => sound.has(role)));
}

/** In the order in which each is verified by those before it. @throws ListError at the first that is not. */
export function* trustedRoles(files: MetadataFiles): Generator<TrustedRole, void> {
  const root = rootOf(needed(files, 'root'));
  yield { role: 'root', metadata: root };
  const timestamp = signedBy(root, 'timestamp', timestampOf(needed(files, 'timestamp')));
  yield { role: 'timestamp', metadata: timestamp };
  const { snapshotMeta } = timestamp.signed;
  const snapshot = ofVersion(
    snapshotMeta,
    'snapshot',
    signedBy(root, 'snapshot', snapshotOf(listed(snapshotMeta, 'snapshot', files))),
  );
  yield { role: 'snapshot', metadata: snapshot };
  const { meta } = snapshot.signed;
  const own = meta['targets.json'];
  const targets = ofVersion(
    own,
    'targets',
    signedBy(root, 'targets', targetsOf(listed(own, 'targets', files), 'targets')),
  );
  yield { role: 'targets', metadata: targets };
  for (const role of DELEGATED_ROLES) {
    const named = meta[`${role}.json`];
    if (targets.signed.delegations?.roles?.[role] === undefined || files[role] === undefined) continue;
    yield {
      role,
      metadata: ofVersion(named, role, signedBy(targets, role, targetsOf(listed(named, role, files), role))),
    };
  }
}

/** @throws ListError `signature`, `inconsistent`: it is no root that is signed by its own keys. */
export function rootVersion(text: string): number {
  return rootOf(text).signed.version;
}

/** Whether the roles that say what is new are signed by the same keys under both roots. */
export function haveSameKeys(root: string, next: string): boolean {
  const [before, after] = [rootOf(root), rootOf(next)];
  const keysOf = ({ signed }: Metadata<Root>, role: string): string =>
    (signed.roles[role]?.keyIDs ?? []).toSorted().join();
  return DATING_ROLES.every((role) => keysOf(before, role) === keysOf(after, role));
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

/** Whether it is read quickly, whatever is wrong with it. @param text of metadata (`isMetadata`). */
export function isShortRoot(text: string): boolean {
  return isShort(JSON.parse(text), 0);
}

function isShort(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_ROOT_DEPTH) return false;
  const members: readonly unknown[] = Object.values(value);
  return members.length <= MAX_ROOT_MEMBERS && members.every((member) => isShort(member, depth + 1));
}

/** Whose repository a timestamp by itself says it is. @throws ListError `inconsistent`; nothing of it is verified here. */
export function ownersOf(timestamp: string): readonly string[] | null {
  return ownersIn(timestampOf(timestamp).signed);
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
  } catch (error) {
    throw notSigned(role, error);
  }
  if (!isSignedByDistinctKeys(delegator, role, metadata)) throw notSigned(role);
  return metadata;
}

function notSigned(role: RoleName, cause?: unknown): ListError {
  return listError('signature', `${role}.json is not signed by as many of its keys as it takes`, cause);
}

/** The TUF models count ids of keys: one key under two of them is one signer. */
function isSignedByDistinctKeys<T extends AnyRole>(
  delegator: Metadata<Root> | Metadata<Targets>,
  name: RoleName,
  metadata: Metadata<T>,
): boolean {
  const { keys, role } = signersOf(delegator.signed, name);
  const signers = new Set<string>();
  for (const id of role?.keyIDs ?? []) {
    const key = keys[id];
    const publicKey = key?.keyVal['public'];
    if (publicKey !== undefined && hasSigned(key, metadata)) signers.add(publicKey.toLowerCase());
  }
  return signers.size >= (role?.threshold ?? 1);
}

function signersOf(
  signed: Root | Targets,
  name: RoleName,
): {
  readonly keys: Readonly<Record<string, Key>>;
  readonly role: { readonly keyIDs: readonly string[]; readonly threshold: number } | undefined;
} {
  if ('keys' in signed) return { keys: signed.keys, role: signed.roles[name] };
  return { keys: signed.delegations?.keys ?? {}, role: signed.delegations?.roles?.[name] };
}

function hasSigned<T extends AnyRole>(key: Key | undefined, metadata: Metadata<T>): boolean {
  try {
    key?.verifySignature(metadata);
    return key !== undefined;
  } catch {
    return false;
  }
}

/** Whether a root is signed by as many keys of the one before as it takes. @throws ListError `signature`, `inconsistent`. */
export function checkNextRoot(before: string, next: string): void {
  signedBy(rootOf(before), 'root', rootOf(next));
}

/** Section 5.5.2, 5.6.2: before anything of it is read. @returns its text. */
function listed(named: MetaFile | undefined, role: RoleName, files: MetadataFiles): string {
  const text = needed(files, role);
  if (named === undefined) throw inconsistent(`no version of ${role}.json is signed for`);
  try {
    named.verify(Buffer.from(text));
    return text;
  } catch (error) {
    throw listError('inconsistent', `${role}.json has not the length and the digest that are signed`, error);
  }
}

/** Section 5.5.4, 5.6.4. */
function ofVersion<T extends AnyRole>(named: MetaFile | undefined, role: RoleName, metadata: Metadata<T>): Metadata<T> {
  const { version } = metadata.signed;
  if (named?.version === version) return metadata;
  throw inconsistent(`${role}.json has version ${version}, and version ${named?.version ?? 'none'} is signed for`);
}

/** Only below the paths that were delegated: the key of `withdrawn` must not be able to put anything on the list. */
function mayName(role: RoleName, delegator: Metadata<Targets> | null): (target: TargetFile) => boolean {
  const delegation = delegator?.signed.delegations?.roles?.[role];
  return ({ path }) => role === 'targets' || delegation?.isDelegatedPath(path) === true;
}

function ownersIn({ unrecognizedFields }: Timestamp): readonly string[] | null {
  const owners: unknown = unrecognizedFields?.['owners'];
  return Array.isArray(owners) ? owners.filter((owner) => typeof owner === 'string') : null;
}

function signedTarget({ path, length, hashes, custom }: TargetFile): SignedTarget {
  const sha256 = hashes['sha256'] ?? '';
  if (!SHA256.test(sha256)) throw inconsistent(`the target ${path} has no SHA-256 digest`);
  return { path, bytes: length, sha256, custom };
}

function needed(files: MetadataFiles, role: RoleName): string {
  const text = files[role];
  if (text === undefined) throw inconsistent(`there is no ${role}.json`);
  return text;
}

function inconsistent(message: string): ListError {
  return listError('inconsistent', message);
}
