/**
 * What of a recipient's repository is published (KEYS/state/published/NAME.json): versions, digests and targets of each role, and the signed
 * timestamp itself. What lies in REPO is never read back: who may write there must not be able to tell the publisher anything.
 */
import { z } from 'zod';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readState, writeState } from '../state/state-file.ts';

const targetSchema = z.strictObject({
  path: z.string(),
  length: z.int(),
  sha256: z.string(),
  custom: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
});

/** `expires`: milliseconds since the epoch. */
const roleSchema = z.strictObject({
  version: z.int(),
  length: z.int(),
  sha256: z.string(),
  signed: z.number(),
  expires: z.number(),
});

const publishedSchema = z.strictObject({
  /** Of the list; 0: none yet. */
  version: z.int(),
  /** How many withdrawn entries the set names, and its serial number. */
  withdrawn: z.int(),
  serial: z.int(),
  /** As in the settings: whether keys have been rotated since. */
  rotation: z.int(),
  root: z.int(),
  /** Whom its payloads are encrypted to, as the timestamp says it. */
  owners: z.array(z.string()),
  targets: z.strictObject({
    targets: z.array(targetSchema),
    withdrawn: z.array(targetSchema),
    log: z.array(targetSchema),
  }),
  roles: z.strictObject({ targets: roleSchema, withdrawn: roleSchema, log: roleSchema, snapshot: roleSchema }),
  timestamp: z.strictObject({ version: z.int(), signed: z.number(), expires: z.number(), text: z.string() }),
});

export type Published = z.infer<typeof publishedSchema>;
export type PublishedRole = z.infer<typeof roleSchema>;

/** @returns null if nothing was published to it yet. */
export async function readPublished(folders: Folders, recipient: string): Promise<Published | null> {
  return await readState(statePath(folders, 'published', `${recipient}.json`), publishedSchema);
}

/** Mode 0600, replaced whole. */
export async function writePublished(folders: Folders, recipient: string, published: Published): Promise<void> {
  await writeState(statePath(folders, 'published', `${recipient}.json`), published);
}
