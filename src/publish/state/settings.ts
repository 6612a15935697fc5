/**
 * What a publisher decided once and changes rarely: which keys hold which role, how many must sign, how long metadata lives
 * (KEYS/state/publisher.json). It holds public halves only. It must not hold a private key.
 */
import { TEXT } from '../../lib/json-shapes.ts';
import { eachOf, listOf, mapping } from '../../lib/shape.ts';
import type { Output } from '../../lib/shape.ts';
import { FORMAT_ONE, integer, POSITIVE } from './state-values.ts';
import { CleanfeedError } from '../../lib/errors.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { ROLES, SIGNED_ROLES } from './roles.ts';
import { readState, writeState } from './state-file.ts';

const roleSchema = mapping({
  threshold: integer(1),
  keys: listOf(mapping({ file: TEXT, public: TEXT })).min(1),
});

const settingsSchema = mapping({
  format: FORMAT_ONE,
  /** Version of the root metadata in force. */
  root: integer(1),
  /** One more with each rotation of any role: repositories with a lower number are signed anew. */
  rotation: integer(),
  roles: eachOf(ROLES, roleSchema),
  /** For how many days metadata of a role is signed. */
  days: eachOf(SIGNED_ROLES, POSITIVE),
});

export type Settings = Output<typeof settingsSchema>;
export type RoleSettings = Output<typeof roleSchema>;

/** A timestamp lives as long as a stolen mirror may show an old list; `refresh` renews it, and what else is signed without a person. */
export const DAYS: Settings['days'] = { root: 365, targets: 92, snapshot: 31, withdrawn: 31, log: 31, timestamp: 7 };

const FILE = 'publisher.json';

/** Throws CleanfeedError `publisher_state` where `publish init` has not been run. */
export async function readSettings(folders: Folders): Promise<Settings> {
  const settings = await findSettings(folders);
  if (settings !== null) return settings;
  throw new CleanfeedError(
    'config',
    'publisher_state',
    `${statePath(folders, FILE)}: there is no publisher yet; cleanfeed publish init makes one`,
  );
}

/** @returns null where `publish init` has not been run. @throws CleanfeedError `publisher_state` for a damaged file. */
export async function findSettings(folders: Folders): Promise<Settings | null> {
  return await readState(statePath(folders, FILE), settingsSchema);
}

export async function writeSettings(folders: Folders, settings: Settings): Promise<void> {
  await writeState(statePath(folders, FILE), settings);
}
