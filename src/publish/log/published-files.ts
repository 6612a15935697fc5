/**
 * A recipient's repository as it is published, for the audit: read from REPO as a node reads it, from the root that KEYS holds, every
 * signature and digest checked. It must not ask what the publisher remembers of it (published/).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { unless } from '../../lib/errors.ts';
import { readObject, isObject } from '../../list/transparency/leaf.ts';
import { targetFile } from '../../list/source/tuf/target-file.ts';
import { verifyMetadata } from '../../list/source/tuf/trusted-metadata.ts';
import type { SignedTarget } from '../../list/source/tuf/trusted-metadata.ts';
import { metadataPath, statePath, targetsPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { TARGET_ROLES } from '../repository/named-files.ts';
import type { Settings } from '../state/settings.ts';

export class PublishedFiles {
  readonly #folder: string;
  readonly #targets: ReadonlyMap<string, SignedTarget>;

  /** @throws ListError `signature`, `inconsistent`; system errors where a file is missing. */
  static async read(folders: Folders, recipient: string, { root }: Settings): Promise<PublishedFiles> {
    const file = async (name: string): Promise<string> =>
      await readFile(metadataPath(folders, recipient, name), 'utf8');
    const timestamp = await file('timestamp.json');
    const snapshot = await file(`${versionIn(timestamp, 'snapshot')}.snapshot.json`);
    const roles = await Promise.all(
      TARGET_ROLES.map(async (role) => [role, await file(`${versionIn(snapshot, role)}.${role}.json`)] as const),
    );
    const trusted = verifyMetadata({
      root: await readFile(statePath(folders, 'root', `${root}.root.json`), 'utf8'),
      timestamp,
      snapshot,
      ...Object.fromEntries(roles),
    });
    return new PublishedFiles(targetsPath(folders, recipient), trusted.targets);
  }

  private constructor(folder: string, targets: ReadonlyMap<string, SignedTarget>) {
    this.#folder = folder;
    this.#targets = targets;
  }

  /** What the metadata says of the set of records, hex; null: there is no such version. @param form `FORMAT/FORM` */
  digestOf(form: string, version: number): string | null {
    const found = ['full', 'delta'].map(
      (kind) => this.#targets.get(`match/${form}/${version}.${kind}`)?.custom['digest'],
    );
    return found.find((digest) => typeof digest === 'string') ?? null;
  }

  /** Each file that the metadata names is there, as long as it was signed and with the same digest. @returns paths of those that are not. */
  async damaged(): Promise<readonly string[]> {
    const damaged: string[] = [];
    for (const target of this.#targets.values()) if ((await this.#bytesOf(target)) === null) damaged.push(target.path);
    return damaged;
  }

  /** The file of the newest head; null: there is none, or not what was signed. */
  async head(): Promise<Buffer | null> {
    const heads = [...this.#targets.values()].filter(({ path }) => path.startsWith('log/'));
    const [newest] = heads.sort((one, other) => sizeIn(other) - sizeIn(one));
    return newest === undefined ? null : await this.#bytesOf(newest);
  }

  /** @returns null if it is not there, or not what was signed. */
  async #bytesOf(target: SignedTarget): Promise<Buffer | null> {
    const bytes = await readFile(join(this.#folder, targetFile(target))).catch(unless('ENOENT'));
    if (bytes === undefined) return null;
    return createHash('sha256').update(bytes).digest('hex') === target.sha256 ? bytes : null;
  }
}

function sizeIn({ path }: SignedTarget): number {
  return Number(posix.parse(path).name);
}

/** The version of a role that a snapshot, or the timestamp, names; 0: none, of which there is no file. */
function versionIn(text: string, role: string): number {
  const signed = readObject(text)?.['signed'];
  const meta = isObject(signed) ? signed['meta'] : undefined;
  const named = isObject(meta) ? meta[`${role}.json`] : undefined;
  const version = isObject(named) ? named['version'] : undefined;
  return typeof version === 'number' ? version : 0;
}
