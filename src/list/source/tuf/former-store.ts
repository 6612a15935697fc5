/**
 * A repository that moves to another address: what was remembered under the former one, which is named as a mirror now, goes with it: versions that are too
 * old, what is pinned, what was withdrawn, the list itself where the new address does not answer yet.
 *
 *   NAME-FORMER.tuf/  state.json, files/ ──▶ NAME-NEW.tuf/     files as links, then the state by rename
 *
 * It must not change the former folder: an instance may be working with it until the new configuration is in force, which removes it.
 */
import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import { syncToDisk } from '../../../lib/atomic-file.ts';
import { unless, unlessOfSystem } from '../../../lib/errors.ts';
import { ListError } from '../../list-error.ts';
import { makeDirectories } from '../../../lib/make-directories.ts';
import { orFault } from './fault-of.ts';
import { readStateFiles, writeStateFiles } from './state-files.ts';
import { filesIn } from './stored-state.ts';
import type { WrittenState } from './stored-state.ts';

/**
 * Where one of the former folders has heard its publisher later than `folder`, its state comes into `folder`. What cannot be read or written is left:
 * the repository is then followed as one that is new here.
 * @param owner whose state may be taken.
 */
export async function adoptFormer(folder: string, former: readonly string[], owner: string): Promise<void> {
  let newest = await formerIn(folder);
  for (const from of former) {
    const found = await formerIn(from);
    if (found?.state.owner === owner && found.state.heardAt > (newest?.state.heardAt ?? -1)) newest = found;
  }
  if (newest !== null && newest.from !== folder) await copied(newest, folder).catch(unlessOfSystem);
}

interface Former {
  readonly from: string;
  readonly text: string;
  readonly state: WrittenState;
}

async function copied({ from, text, state }: Former, folder: string): Promise<void> {
  await makeDirectories(join(folder, 'files'), 0o700);
  for (const { sha256 } of filesIn(state)) {
    await linked(from, folder, sha256);
    await linked(from, folder, `${sha256}.copy`).catch(unless('ENOENT'));
  }
  await syncToDisk(join(folder, 'files'));
  await writeStateFiles(folder, text);
}

/** Files are written once and never changed: two names may stand for one. */
async function linked(from: string, folder: string, name: string): Promise<void> {
  const [source, target] = [join(from, 'files', name), join(folder, 'files', name)];
  try {
    await link(source, target);
  } catch (error) {
    unless('EEXIST', 'EPERM', 'EMLINK', 'ENOTSUP', 'EXDEV')(error);
    await copyFile(source, target);
    await syncToDisk(target);
  }
}

/** @returns null if there is none that can be read. */
async function formerIn(from: string): Promise<Former | null> {
  const found = await orFault(readStateFiles(from));
  return found instanceof ListError || found.state === null ? null : { from, text: found.text, state: found.state };
}
