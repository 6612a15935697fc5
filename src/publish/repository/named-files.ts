/**
 * The files that the metadata of a recipient's repository names, and which of them REPO has no more: it was brought back from an older copy, a disk has
 * lost some, somebody has tidied up. Nodes that need one take nothing, not even a removal, until it is made again.
 * It must not read a file of REPO: its length is all that is asked for.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, unlessOfSystem } from '../../lib/errors.ts';
import { targetFile } from '../../list/source/tuf/target-file.ts';
import type { Folders } from '../folders.ts';
import type { NamedTarget } from './metadata.ts';
import type { Published } from './published.ts';

export const TARGET_ROLES = ['targets', 'withdrawn', 'log'] as const;
export type TargetRole = (typeof TARGET_ROLES)[number];
export type StoredRole = TargetRole | 'snapshot';

export interface NamedFile {
  /** Below REPO/NAME. */
  readonly name: string;
  /** In bytes. */
  readonly length: number;
  /** That signs it, or what names it. */
  readonly role: StoredRole;
  readonly kind: 'metadata' | 'target';
}

export function namedFiles({ roles, targets }: Published): readonly NamedFile[] {
  const metadata = ([...TARGET_ROLES, 'snapshot'] as const).map((role): NamedFile => {
    const { version, length } = roles[role];
    return { name: `metadata/${version}.${role}.json`, length, role, kind: 'metadata' };
  });
  return [...metadata, ...TARGET_ROLES.flatMap((role) => targetFiles(role, targets[role]))];
}

export function targetFiles(role: TargetRole, targets: readonly NamedTarget[]): readonly NamedFile[] {
  return targets.map((target) => ({
    name: `targets/${targetFile(target)}`,
    length: target.length,
    role,
    kind: 'target',
  }));
}

/** @returns those that are not in REPO, or not as long as they were signed. One that cannot be looked at counts as there: writing will say why. */
export async function lackingOf(
  { repo }: Folders,
  recipient: string,
  files: readonly NamedFile[],
): Promise<readonly NamedFile[]> {
  const lacking: NamedFile[] = [];
  for (const file of files) {
    const found = await stat(join(repo, recipient, file.name)).catch(lengthUnknown);
    if (found === 'missing' || (found !== null && found.size !== file.length)) lacking.push(file);
  }
  return lacking;
}

function lengthUnknown(error: unknown): 'missing' | null {
  unlessOfSystem(error);
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error)) ? 'missing' : null;
}
