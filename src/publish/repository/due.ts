/**
 * What a repository lacks: the withdrawn set after a removal, heads of the log, signatures of rotated keys or past half their life.
 * It must not sign anything: repository.ts does.
 */
import { createHash } from 'node:crypto';
import { encodeWithdrawn } from '../../list/protected/withdrawn.ts';
import { encryptTo } from '../age.ts';
import { writeTarget } from '../emit/emit-job.ts';
import { idsOf } from '../emit/entry-ids.ts';
import { targetsPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { ageRecipients, digestKeys, namesRecipients, ownersOf } from '../state/recipients.ts';
import type { Recipient } from '../state/recipients.ts';
import type { Settings } from '../state/settings.ts';
import type { NamedTarget } from './metadata.ts';
import type { NamedFile, StoredRole } from './named-files.ts';
import type { Published } from './published.ts';
import type { RepositoryChange } from './repository.ts';

/** A target of the role `log`, whole. */
export interface Head {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Given {
  /** New targets of the list; null: they stay. */
  readonly targets: readonly NamedTarget[] | null;
  /** Null: they stay. */
  readonly heads: readonly Head[] | null;
  /** Rotated keys come into force: whoever brings targets has their keys. */
  readonly isRotated: boolean;
  /** Signatures are renewed, whether anything else is due or not. */
  readonly isRefresh: boolean;
  /** Roles that can sign now. Of those that do without a person, the ones past half their life do, with whatever is published. */
  readonly renewable: readonly StoredRole[];
}

export interface DueTerms extends Given {
  readonly recipient: Recipient;
  readonly settings: Settings;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How many entries are withdrawn. */
  readonly withdrawn: number;
  /** Of the list. */
  readonly version: number;
  /** What the metadata of before names and REPO has not: it is made again where that can be signed. */
  readonly lacking: readonly NamedFile[];
}

interface Due {
  readonly isWithdrawnDue: boolean;
  readonly heads: readonly Head[] | null;
  readonly resign: NonNullable<RepositoryChange['resign']>;
}

/** Roles that sign without a person, beside the timestamp, which is signed each time. */
export const ONLINE_ROLES = ['withdrawn', 'log', 'snapshot'] as const;

/** @returns null if nothing is due. */
export function dueFor(before: Published | null, terms: DueTerms): Due | null {
  const { targets, heads, isRefresh, renewable, recipient, settings, now, withdrawn, version, lacking } = terms;
  if (before === null) return { isWithdrawnDue: true, heads, resign: [] };
  // Others may read it than before, though the owners are the same: another recipient of names.
  const isRekeyed = targets !== null && recipient.since === version;
  const isForOthers = isRekeyed || ownersOf(recipient, now).join() !== before.owners.join();
  const lacks = (role: StoredRole, kind: NamedFile['kind']): boolean =>
    lacking.some((file) => file.role === role && file.kind === kind);
  const isWithdrawnDue = before.withdrawn !== withdrawn || isForOthers || lacks('withdrawn', 'target');
  const isHeadThere = heads === null || (isPublished(heads, before.targets.log) && !lacks('log', 'target'));
  const lost = renewable.filter((role) => lacks(role, 'metadata'));
  // Targets that are signed again name the keys of the roles below them: these sign with them.
  const isRotated = (terms.isRotated || lost.includes('targets')) && before.rotation < settings.rotation;
  // A node refuses all that is published where one role has expired, a removal too.
  const old = ONLINE_ROLES.filter((role) => renewable.includes(role) && isPastHalf(before.roles[role], now));
  const resign = isRotated ? (['targets', ...ONLINE_ROLES] as const) : [...new Set([...old, ...lost])];
  const isDue = targets !== null || isWithdrawnDue || !isHeadThere || isRotated || isRefresh || lost.length > 0;
  return isDue ? { isWithdrawnDue, heads: isHeadThere ? null : heads, resign } : null;
}

export function isPastHalf(
  { signed, expires }: { readonly signed: number; readonly expires: number },
  now: number,
): boolean {
  return now - signed > (expires - signed) / 2;
}

/** The cumulative set, encrypted, below REPO/NAME/targets. */
export async function writeWithdrawn(
  folders: Folders,
  recipient: Recipient,
  { uids, serial, now }: { readonly uids: readonly number[]; readonly serial: number; readonly now: number },
): Promise<readonly NamedTarget[]> {
  const ids = BigUint64Array.from(uids, idsOf(digestKeys(recipient).id)).sort();
  const set = encodeWithdrawn({ serial, time: Math.floor(now / 1000), ids });
  // Whoever is told names is told what is withdrawn of them.
  const readers = [...ageRecipients(recipient, now), ...namesRecipients(recipient, now)];
  const bytes = await encryptTo([...new Set(readers)], set);
  return [await writeTarget(targetsPath(folders, recipient.name), 'withdrawn/1.set', bytes)];
}

export async function writeHeads(
  folders: Folders,
  { name }: Recipient,
  heads: readonly Head[],
): Promise<readonly NamedTarget[]> {
  const written: NamedTarget[] = [];
  for (const { path, bytes } of heads) written.push(await writeTarget(targetsPath(folders, name), path, bytes));
  return written;
}

function isPublished(heads: readonly Head[], log: readonly NamedTarget[]): boolean {
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  return (
    heads.length === log.length &&
    heads.every(({ path, bytes }, i) => log[i]?.path === path && log[i].sha256 === digest(bytes))
  );
}
