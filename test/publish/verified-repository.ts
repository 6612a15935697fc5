/**
 * A recipient's repository as a strict reader sees it: every signature, threshold, version, length and digest is checked from a
 * given root on, and every file that metadata names is there. Throws where anything is not so.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata } from '@tufjs/models';
import type { MetadataKind, Targets } from '@tufjs/models';
import { Decrypter } from 'age-encryption';

interface VerifiedTarget {
  readonly path: string;
  readonly length: number;
  readonly custom: Readonly<Record<string, unknown>>;
  /** As it lies there. */
  readonly bytes: Buffer;
}

export interface VerifiedRepository {
  readonly versions: Readonly<Record<'root' | 'timestamp' | 'snapshot' | 'targets' | 'withdrawn' | 'log', number>>;
  readonly owners: unknown;
  /** ISO time of the timestamp. */
  readonly expires: string;
  /** By path. */
  readonly targets: ReadonlyMap<string, VerifiedTarget>;
}

/** @param root the pinned one, whole. */
export function verifiedRepository(folder: string, root: string): VerifiedRepository {
  const file = (name: string): Buffer => readFileSync(join(folder, 'metadata', name));
  let trusted = Metadata.fromJSON(kind('root'), JSON.parse(root));
  trusted.verifyDelegate('root', trusted);
  for (let next = trusted.signed.version + 1; existsSync(join(folder, 'metadata', `${next}.root.json`)); next += 1) {
    const after = Metadata.fromJSON(kind('root'), JSON.parse(file(`${next}.root.json`).toString()));
    trusted.verifyDelegate('root', after);
    after.verifyDelegate('root', after);
    if (after.signed.version !== next) throw new Error(`root ${next} says it is ${after.signed.version}`);
    trusted = after;
  }
  const timestamp = Metadata.fromJSON(kind('timestamp'), JSON.parse(file('timestamp.json').toString()));
  trusted.verifyDelegate('timestamp', timestamp);
  const { snapshotMeta } = timestamp.signed;
  const snapshotBytes = file(`${snapshotMeta.version}.snapshot.json`);
  snapshotMeta.verify(snapshotBytes);
  const snapshot = Metadata.fromJSON(kind('snapshot'), JSON.parse(snapshotBytes.toString()));
  trusted.verifyDelegate('snapshot', snapshot);
  const { meta } = snapshot.signed;
  const targetsOf = (role: string): Metadata<Targets> => {
    const stated = meta[`${role}.json`]!;
    const bytes = file(`${stated.version}.${role}.json`);
    stated.verify(bytes);
    return Metadata.fromJSON(kind('targets'), JSON.parse(bytes.toString()));
  };
  const targets = targetsOf('targets');
  trusted.verifyDelegate('targets', targets);
  const [withdrawn, log] = [targetsOf('withdrawn'), targetsOf('log')];
  targets.verifyDelegate('withdrawn', withdrawn);
  targets.verifyDelegate('log', log);
  const all = [targets, withdrawn, log].flatMap(({ signed }) => Object.values(signed.targets));
  const found = all.map(({ path, length, hashes, custom }): [string, VerifiedTarget] => {
    const slash = path.lastIndexOf('/') + 1;
    const bytes = readFileSync(
      join(folder, 'targets', path.slice(0, slash), `${hashes['sha256']}.${path.slice(slash)}`),
    );
    if (bytes.length !== length || createHash('sha256').update(bytes).digest('hex') !== hashes['sha256'])
      throw new Error(`${path} is not what metadata says`);
    return [path, { path, length, custom, bytes }];
  });
  return {
    versions: {
      root: trusted.signed.version,
      timestamp: timestamp.signed.version,
      snapshot: snapshot.signed.version,
      targets: targets.signed.version,
      withdrawn: withdrawn.signed.version,
      log: log.signed.version,
    },
    owners: timestamp.signed.unrecognizedFields?.['owners'],
    expires: timestamp.signed.expires,
    targets: new Map(found),
  };
}

export async function decrypted(identity: string, bytes: Uint8Array): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return await decrypter.decrypt(bytes);
}

/** The enumeration is declared and not exported as a value that stripped types could import. */
function kind<T extends `${MetadataKind}`>(name: T): Extract<MetadataKind, T> {
  return name as unknown as Extract<MetadataKind, T>;
}
