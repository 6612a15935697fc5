/** A new publisher: keys of every role, the first root, an empty log of events. It must not touch one that is there. */
import { stat } from 'node:fs/promises';
import { createFileAtomic } from '../lib/atomic-file.ts';
import { CleanfeedError, unless } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import { overlap, statePath } from './folders.ts';
import type { Folders } from './folders.ts';
import { makeKeys } from './keys/new-keys.ts';
import { KeyRing } from './keys/key-ring.ts';
import { writeRoot } from './root.ts';
import { eventsPath } from './state/events.ts';
import { DAYS, findSettings, writeSettings } from './state/settings.ts';
import type { Role } from './state/roles.ts';
import type { RoleSettings, Settings } from './state/settings.ts';

export interface CreateOptions {
  /** Signatures that root and targets need; there is one key more of each, so that one may be lost. */
  readonly threshold: number;
  /** Approvals that a change set needs. */
  readonly approvals: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const STATE_FOLDERS = ['root', 'recipients', 'published', 'records', 'cosignatures'] as const;

/** Throws CleanfeedError `publisher_state`, `publisher_keys`; system errors where a folder cannot be made. */
export async function createPublisher(folders: Folders, options: CreateOptions): Promise<Settings> {
  checkApart(folders);
  await makeDirectories(folders.repo, 0o755);
  await makeDirectories(folders.keys, 0o700);
  if ((await findSettings(folders)) !== null)
    throw new CleanfeedError('config', 'publisher_state', `${folders.keys}: there is a publisher already`);
  for (const folder of STATE_FOLDERS) await makeDirectories(statePath(folders, folder), 0o700);
  const settings: Settings = {
    format: 1,
    root: 1,
    rotation: 0,
    roles: {
      root: await newRole(folders, 'root', options),
      targets: await newRole(folders, 'targets', options),
      snapshot: await newRole(folders, 'snapshot', options),
      timestamp: await newRole(folders, 'timestamp', options),
      withdrawn: await newRole(folders, 'withdrawn', options),
      log: await newRole(folders, 'log', options),
      approval: await newRole(folders, 'approval', options),
    },
    days: DAYS,
  };
  await writeRoot(folders, settings, await new KeyRing(folders, settings).signers('root'), options.now);
  await createFileAtomic(eventsPath(folders), '');
  // Last: whoever finds it finds all of it.
  await writeSettings(folders, settings);
  return settings;
}

/** What is secret must not be served. */
export function checkApart(folders: Folders): void {
  if (overlap(folders))
    throw new CleanfeedError(
      'config',
      'publisher_state',
      `${folders.keys} and ${folders.repo}: KEYS and REPO must not lie in each other, REPO is public`,
    );
}

/** A folder that a slip in `-r` names is not there: what is published into it, a removal above all, reaches nobody. Throws CleanfeedError `publisher_state`. */
export async function checkRepoIsThere({ repo }: Folders): Promise<void> {
  const there = await stat(repo).catch(unless('ENOENT', 'ENOTDIR'));
  if (there?.isDirectory() === true) return;
  throw new CleanfeedError(
    'config',
    'publisher_state',
    `${repo}: there is no such folder, and nothing was done: is it the REPO that nodes are served from? One that was lost is made by 'mkdir', then published into again (docs/runbooks.md, REPO lost)`,
  );
}

async function newRole(folders: Folders, role: Role, options: CreateOptions): Promise<RoleSettings> {
  const { threshold, count } = sizeOf(role, options);
  return { threshold, keys: await makeKeys(folders, role, { from: 1, count }) };
}

function sizeOf(
  role: Role,
  { threshold, approvals }: CreateOptions,
): { readonly threshold: number; readonly count: number } {
  switch (role) {
    case 'root':
    case 'targets':
      return { threshold, count: threshold + 1 };
    case 'approval':
      return { threshold: approvals, count: approvals };
    case 'snapshot':
    case 'timestamp':
    case 'withdrawn':
    case 'log':
      return { threshold: 1, count: 1 };
  }
}
