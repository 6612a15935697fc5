/**
 * TUF metadata (specification 1.0, sections 4.3 to 4.6) made and signed: values in, the text of a file out. It must not read or write a
 * file: repository.ts decides what is signed anew and in which order it is written.
 *
 *   root ─▶ targets ─▶ delegations: withdrawn, log        snapshot ─▶ versions and digests of these three
 *        └▶ snapshot, timestamp ─▶ version and digest of the snapshot
 */
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { createHash } from 'node:crypto';
import { keyId } from '../keys/signing-key.ts';
import type { SigningKey } from '../keys/signing-key.ts';

const SPEC_VERSION = '1.0.31';

/**
 * nginx and others make an ETag of a file's length and the second it was written in. Of two timestamps in one second the second would be
 * "not modified" to a node that has the first, until the next one: each has another number of line ends, so another length.
 */
const TAILS = 16;

/** Roles that sign on their own: delegations of targets, each for the paths below its name. */
export const DELEGATED_ROLES = ['withdrawn', 'log'] as const;

export interface RoleKeys {
  readonly threshold: number;
  /** Public halves in hex. */
  readonly keys: readonly string[];
}

export interface Terms {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** A file that metadata of another role names. */
export interface NamedFile {
  readonly version: number;
  readonly length: number;
  readonly sha256: string;
}

/** A target: its path in the repository, what its bytes are, and what is said of it in the clear. */
export interface NamedTarget {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  readonly custom?: Readonly<Record<string, string | number>>;
}

type TopRole = 'root' | 'targets' | 'snapshot' | 'timestamp';

export function rootText(
  terms: Terms,
  roles: Readonly<Record<TopRole, RoleKeys>>,
  signers: readonly SigningKey[],
): string {
  const root = new Root({ ...signedOptions(terms), consistentSnapshot: true });
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    for (const hex of roles[role].keys) root.addKey(tufKey(hex), role);
  }
  const json = root.toJSON();
  const stated = Object.fromEntries(
    Object.entries(roles).map(([role, { threshold, keys }]) => [role, { keyids: keys.map(keyId), threshold }]),
  );
  return signedText(Root.fromJSON({ ...json, roles: stated }), signers);
}

export function targetsText(
  terms: Terms,
  targets: readonly NamedTarget[],
  delegated: Readonly<Record<(typeof DELEGATED_ROLES)[number], RoleKeys>>,
  signers: readonly SigningKey[],
): string {
  const keys = Object.fromEntries(
    DELEGATED_ROLES.flatMap((role) => delegated[role].keys.map((hex) => [keyId(hex), tufKey(hex).toJSON()])),
  );
  const roles = DELEGATED_ROLES.map((name) => ({
    name,
    keyids: delegated[name].keys.map(keyId),
    threshold: delegated[name].threshold,
    terminating: true,
    paths: [`${name}/*`],
  }));
  const json = new Targets({ ...signedOptions(terms), targets: targetFiles(targets) }).toJSON();
  return signedText(Targets.fromJSON({ ...json, delegations: { keys, roles } }), signers);
}

/** Metadata of a delegated role. */
export function delegatedText(terms: Terms, targets: readonly NamedTarget[], signers: readonly SigningKey[]): string {
  return signedText(new Targets({ ...signedOptions(terms), targets: targetFiles(targets) }), signers);
}

/** @param files by the name of the role. */
export function snapshotText(
  terms: Terms,
  files: Readonly<Record<string, NamedFile>>,
  signers: readonly SigningKey[],
): string {
  const meta = Object.fromEntries(Object.entries(files).map(([role, file]) => [`${role}.json`, metaFile(file)]));
  return signedText(new Snapshot({ ...signedOptions(terms), meta }), signers);
}

/** @param owners whose repository it is, in a form that says nothing to those who do not know the recipient (docs/list-distribution.md). */
export function timestampText(
  terms: Terms,
  snapshot: NamedFile,
  owners: readonly string[],
  signers: readonly SigningKey[],
): string {
  const options = { ...signedOptions(terms), unrecognizedFields: { owners: [...owners] } };
  const text = signedText(new Timestamp({ ...options, snapshotMeta: metaFile(snapshot) }), signers);
  return text + '\n'.repeat(terms.version % TAILS);
}

/** What other metadata says of a file with this content. */
export function namedFile(version: number, text: string): NamedFile {
  return { version, length: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** `2027-03-31T12:00:00Z`: whole seconds, as the specification writes dates. */
export function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function signedOptions({ version, expires }: Terms): { version: number; specVersion: string; expires: string } {
  return { version, specVersion: SPEC_VERSION, expires: isoSeconds(expires) };
}

function tufKey(hex: string): Key {
  return new Key({ keyID: keyId(hex), keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: hex } });
}

function metaFile({ version, length, sha256 }: NamedFile): MetaFile {
  return new MetaFile({ version, length, hashes: { sha256 } });
}

function targetFiles(targets: readonly NamedTarget[]): Record<string, TargetFile> {
  return Object.fromEntries(
    targets.map(({ path, length, sha256, custom }) => [
      path,
      new TargetFile({
        path,
        length,
        hashes: { sha256 },
        ...(custom === undefined ? {} : { unrecognizedFields: { custom: { ...custom } } }),
      }),
    ]),
  );
}

function signedText(signed: Root | Targets | Snapshot | Timestamp, signers: readonly SigningKey[]): string {
  const metadata = new Metadata(signed);
  for (const signer of signers)
    metadata.sign((bytes) => new Signature({ keyID: keyId(signer.hex), sig: signer.sign(bytes) }));
  return `${JSON.stringify(metadata.toJSON(), null, 1)}\n`;
}
