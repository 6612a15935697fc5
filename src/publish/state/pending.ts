/**
 * Write-ahead of one version (KEYS/state/pending.json): what was made for each recipient, written before the events that make it a version.
 * If these are there, an interrupted command is finished from it; if not, it is dropped. It must not outlive the version.
 */
import { rm } from 'node:fs/promises';
import { TEXT } from '../../lib/json-shapes.ts';
import { listOf, mapping, recordOf } from '../../lib/shape.ts';
import { integer, TEXT_OR_NUMBER } from './state-values.ts';
import type { EmitResult } from '../emit/emit-job.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readState, writeState } from './state-file.ts';

const pendingSchema = mapping({
  version: integer(),
  results: listOf(
    mapping({
      recipient: TEXT,
      targets: listOf(mapping({ path: TEXT, length: integer(), sha256: TEXT }, { custom: recordOf(TEXT_OR_NUMBER) })),
      digests: recordOf(TEXT),
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
