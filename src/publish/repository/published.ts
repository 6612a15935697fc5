/**
 * What of a recipient's repository is published (KEYS/state/published/NAME.json): versions, digests and targets of each role, and the signed
 * timestamp itself. What lies in REPO is never read back: who may write there must not be able to tell the publisher anything.
 */
import { NUMBER, TEXT } from '../../lib/json-shapes.ts';
import { listOf, mapping, recordOf } from '../../lib/shape.ts';
import type { Output } from '../../lib/shape.ts';
import { integer, TEXT_OR_NUMBER } from '../state/state-values.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readState, writeState } from '../state/state-file.ts';

const targetSchema = mapping({ path: TEXT, length: integer(), sha256: TEXT }, { custom: recordOf(TEXT_OR_NUMBER) });

/** `expires`: milliseconds since the epoch. */
const roleSchema = mapping({
  version: integer(),
  length: integer(),
  sha256: TEXT,
  signed: NUMBER,
  expires: NUMBER,
});

const publishedSchema = mapping({
  /** Of the list; 0: none yet. */
  version: integer(),
  /** How many withdrawn entries the set names, and its serial number. */
  withdrawn: integer(),
  serial: integer(),
  /** As in the settings: whether keys have been rotated since. */
  rotation: integer(),
  root: integer(),
  /** Whom its payloads are encrypted to, as the timestamp says it. */
  owners: listOf(TEXT),
  targets: mapping({
    targets: listOf(targetSchema),
    withdrawn: listOf(targetSchema),
    log: listOf(targetSchema),
  }),
  roles: mapping({ targets: roleSchema, withdrawn: roleSchema, log: roleSchema, snapshot: roleSchema }),
  timestamp: mapping({ version: integer(), signed: NUMBER, expires: NUMBER, text: TEXT }),
});

export type Published = Output<typeof publishedSchema>;
export type PublishedRole = Output<typeof roleSchema>;

/** @returns null if nothing was published to it yet. */
export async function readPublished(folders: Folders, recipient: string): Promise<Published | null> {
  return await readState(statePath(folders, 'published', `${recipient}.json`), publishedSchema);
}

/** Mode 0600, replaced whole. */
export async function writePublished(folders: Folders, recipient: string, published: Published): Promise<void> {
  await writeState(statePath(folders, 'published', `${recipient}.json`), published);
}
