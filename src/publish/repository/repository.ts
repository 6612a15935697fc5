/**
 * One recipient's TUF repository: what changed is signed anew, and written in an order in which every moment is a valid repository.
 *
 *   targets/… (written before) ─▶ N.targets N.withdrawn N.log N.snapshot ─▶ published/NAME.json ─▶ timestamp.json
 *                                 new names: nobody asks for them yet        it is decided          by rename: it is public
 *
 * After a crash before the decision, the same names are written again; after it, the timestamp is. It must not delete what a slow node may
 * still fetch: old files stay for 30 days.
 */
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { unlessOfSystem } from '../../lib/errors.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { metadataPath, statePath, targetsPath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { SignedRole } from '../state/roles.ts';
import type { Settings } from '../state/settings.ts';
import { delegatedText, namedFile, snapshotText, targetsText, timestampText } from './metadata.ts';
import type { NamedTarget, RoleKeys, Terms } from './metadata.ts';
import { namedFiles, TARGET_ROLES } from './named-files.ts';
import type { StoredRole, TargetRole } from './named-files.ts';
import { writePublished } from './published.ts';
import type { Published, PublishedRole } from './published.ts';

const MS_PER_DAY = 86_400_000;
const KEPT_MS = 30 * MS_PER_DAY;

/** What a repository is made with. */
export interface Signing {
  readonly folders: Folders;
  readonly settings: Settings;
  readonly ring: KeyRing;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface RepositoryChange {
  /** New targets of a role; those it had are replaced. */
  readonly targets?: readonly NamedTarget[];
  readonly withdrawn?: readonly NamedTarget[];
  readonly log?: readonly NamedTarget[];
  /** Roles that are signed again although nothing of theirs has changed. */
  readonly resign?: readonly StoredRole[];
  /** The timestamp expires at once: nothing will follow. */
  readonly isLast?: boolean;
  readonly state: Pick<Published, 'version' | 'withdrawn' | 'serial'>;
}

/** @param owners as metadata names them; `before`: null for a new repository. */
export async function publishRepository(
  signing: Signing,
  { recipient, owners }: { readonly recipient: string; readonly owners: readonly string[] },
  before: Published | null,
  change: RepositoryChange,
): Promise<Published> {
  const { folders, settings, now } = signing;
  const signer = new RepositorySigner(signing, owners, before);
  const targets = {
    targets: [...(change.targets ?? before?.targets.targets ?? [])],
    withdrawn: [...(change.withdrawn ?? before?.targets.withdrawn ?? [])],
    log: [...(change.log ?? before?.targets.log ?? [])],
  };
  for (const role of TARGET_ROLES) {
    if (change[role] !== undefined || change.resign?.includes(role) === true || before === null)
      await signer.signTargets(role, targets[role]);
  }
  const roles = await signer.signSnapshot(change.resign?.includes('snapshot') === true);
  const timestamp = await signer.signTimestamp(change.isLast === true ? now : null);
  await makeDirectories(metadataPath(folders, recipient), 0o755);
  await copyRoots(folders, recipient, settings.root);
  for (const [file, text] of signer.files)
    await writeFileAtomic(metadataPath(folders, recipient, file), text, { mode: 0o644 });
  const published: Published = {
    ...change.state,
    rotation: before === null || change.resign?.includes('targets') === true ? settings.rotation : before.rotation,
    root: settings.root,
    owners: [...owners],
    targets,
    roles,
    timestamp,
  };
  await writePublished(folders, recipient, published);
  await publishTimestamp(folders, recipient, published);
  await retire(folders, recipient, { before, published, now });
  return published;
}

/**
 * The version of the timestamp that REPO has, where it is higher than that of `published`: KEYS is an older copy, and nodes take nothing that it signs; null: it
 * is not. What it says is told to people and used for nothing else.
 */
export async function newerTimestamp(
  folders: Folders,
  recipient: string,
  { timestamp }: Published,
): Promise<number | null> {
  const text = await readFile(metadataPath(folders, recipient, 'timestamp.json'), 'utf8').catch(() => null);
  // As it is written: the timestamp names one version of its own, and one of the snapshot that is deeper.
  const version = Number(/^ {2}"version": (\d{1,15})/m.exec(text ?? '')?.[1] ?? 0);
  return version > timestamp.version ? version : null;
}

/** Writes the timestamp that was decided, unless it is there. @returns whether it was not. */
export async function publishTimestamp(
  folders: Folders,
  recipient: string,
  { timestamp }: Published,
): Promise<boolean> {
  const path = metadataPath(folders, recipient, 'timestamp.json');
  if ((await readFile(path, 'utf8').catch(() => null)) === timestamp.text) return false;
  await writeFileAtomic(path, timestamp.text, { mode: 0o644 });
  return true;
}

class RepositorySigner {
  /** Name → text of each file that is new. */
  readonly files = new Map<string, string>();
  readonly #signing: Signing;
  readonly #owners: readonly string[];
  readonly #before: Published | null;
  readonly #roles: Partial<Record<StoredRole, PublishedRole>>;

  constructor(signing: Signing, owners: readonly string[], before: Published | null) {
    this.#signing = signing;
    this.#owners = owners;
    this.#before = before;
    this.#roles = { ...before?.roles };
  }

  async signTargets(role: TargetRole, targets: readonly NamedTarget[]): Promise<void> {
    const { settings, ring } = this.#signing;
    const terms = this.#terms(role, this.#roles[role]?.version ?? 0);
    // While keys are rotated, targets that are not signed anew yet still delegate to the old ones alone.
    const signers = await (role === 'targets' ? ring.signers(role) : ring.atHand(role));
    const text =
      role === 'targets'
        ? targetsText(
            terms,
            targets,
            { withdrawn: roleKeys(settings, 'withdrawn'), log: roleKeys(settings, 'log') },
            signers,
          )
        : delegatedText(terms, targets, signers);
    this.#add(role, terms, text);
  }

  /** Where a role has changed, or it is to be signed again. @returns all roles. */
  async signSnapshot(isForced: boolean): Promise<Published['roles']> {
    const { targets, withdrawn, log, snapshot } = this.#roles;
    if (targets === undefined || withdrawn === undefined || log === undefined)
      throw new Error('a repository without all of its roles');
    if (snapshot !== undefined && this.files.size === 0 && !isForced) return { targets, withdrawn, log, snapshot };
    const terms = this.#terms('snapshot', snapshot?.version ?? 0);
    const text = snapshotText(terms, { targets, withdrawn, log }, await this.#signing.ring.signers('snapshot'));
    return { targets, withdrawn, log, snapshot: this.#add('snapshot', terms, text) };
  }

  /** @param expires milliseconds since the epoch; null: as the settings say. */
  async signTimestamp(expires: number | null): Promise<Published['timestamp']> {
    const { snapshot } = this.#roles;
    if (snapshot === undefined) throw new Error('a timestamp without a snapshot');
    const stated = this.#terms('timestamp', this.#before?.timestamp.version ?? 0);
    const terms = { ...stated, expires: expires ?? stated.expires };
    const text = timestampText(terms, snapshot, this.#owners, await this.#signing.ring.signers('timestamp'));
    return { version: terms.version, signed: this.#signing.now, expires: terms.expires, text };
  }

  #terms(role: SignedRole, version: number): Terms {
    const { settings, now } = this.#signing;
    return { version: version + 1, expires: now + settings.days[role] * MS_PER_DAY };
  }

  #add(role: StoredRole, { version, expires }: Terms, text: string): PublishedRole {
    this.files.set(`${version}.${role}.json`, text);
    const added = { ...namedFile(version, text), signed: this.#signing.now, expires };
    this.#roles[role] = added;
    return added;
  }
}

function roleKeys(settings: Settings, role: SignedRole): RoleKeys {
  const { threshold, keys } = settings.roles[role];
  return { threshold, keys: keys.map((key) => key.public) };
}

/** The chain of roots: a node that was away follows it from the one it has. */
async function copyRoots(folders: Folders, recipient: string, newest: number): Promise<void> {
  for (let version = newest; version > 0; version -= 1) {
    const path = metadataPath(folders, recipient, `${version}.root.json`);
    const text = await readFile(statePath(folders, 'root', `${version}.root.json`), 'utf8');
    if ((await readFile(path, 'utf8').catch(() => null)) !== text) await writeFileAtomic(path, text, { mode: 0o644 });
  }
}

/** What no metadata names any more is kept for 30 days from now; what has been kept for so long goes. */
async function retire(
  folders: Folders,
  recipient: string,
  {
    before,
    published,
    now,
  }: { readonly before: Published | null; readonly published: Published; readonly now: number },
): Promise<void> {
  if (before !== null) {
    const still = new Set(namesOf(published));
    // It is published by now. What cannot be dated, as a file of another user, goes by the time that it has.
    for (const file of namesOf(before).filter((name) => !still.has(name)))
      await utimes(join(folders.repo, recipient, file), now / 1000, now / 1000).catch(unlessOfSystem);
  }
  const inForce = new Set(namesOf(published));
  for (const folder of [metadataPath(folders, recipient), targetsPath(folders, recipient)]) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(join(folders.repo, recipient).length + 1);
      if (!entry.isFile() || inForce.has(name) || /^metadata\/(?:timestamp|\d+\.root)\.json$/.test(name)) continue;
      if ((await stat(path)).mtimeMs < now - KEPT_MS) await rm(path, { force: true });
    }
  }
}

/** Files below the repository that metadata names. */
function namesOf(published: Published): readonly string[] {
  return namedFiles(published).map(({ name }) => name);
}
