/**
 * Write-ahead of one version (KEYS/state/pending.json): what was made for each recipient, written before the events that make it a version.
 * If these are there, an interrupted command is finished from it; if not, it is dropped. It must not outlive the version.
 */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { EmitResult } from '../emit/emit-job.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readState, writeState } from './state-file.ts';

const pendingSchema = z.strictObject({
  version: z.int(),
  results: z.array(
    z.strictObject({
      recipient: z.string(),
      targets: z.array(
        z.strictObject({
          path: z.string(),
          length: z.int(),
          sha256: z.string(),
          custom: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
        }),
      ),
      digests: z.record(z.string(), z.string()),
    }),
  ),
});

/** @returns null if no publication was interrupted. @throws CleanfeedError `publisher_state` for a damaged file. */
export async function readPending(
  folders: Folders,
): Promise<{ readonly version: number; readonly results: readonly EmitResult[] } | null> {
  return await readState(path(folders), pendingSchema);
}

/** @param version that is being published. @param results one for each recipient whose payloads are written. */
export async function writePending(folders: Folders, version: number, results: readonly EmitResult[]): Promise<void> {
  await writeState(path(folders), { version, results });
}

export async function dropPending(folders: Folders): Promise<void> {
  await rm(path(folders), { force: true });
}

function path(folders: Folders): string {
  return statePath(folders, 'pending.json');
}
