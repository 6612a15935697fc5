/**
 * A repository that moves to another address: what was remembered under the former one, which is named as a mirror now, goes with it: versions that are too
 * old, what is pinned, what was withdrawn, the list itself where the new address does not answer yet.
 *
 *   NAME-FORMER.tuf/  state.json, files/ ──▶ NAME-NEW.tuf/     files as links, then the state by rename
 *
 * It must not change the former folder: an instance may be working with it until the new configuration is in force, which removes it.
 */
import { copyFile, link, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncToDisk, writeFileAtomic } from '../../../lib/atomic-file.ts';
import { unless, unlessOfSystem } from '../../../lib/errors.ts';
import { makeDirectories } from '../../../lib/make-directories.ts';
import { filesIn, parsedState } from './stored-state.ts';
import type { WrittenState } from './stored-state.ts';

const STATE = 'state.json';

/**
 * Where one of the former folders has heard its publisher later than `folder`, its state comes into `folder`. What cannot be read or written is left:
 * the repository is then followed as one that is new here.
 * @param owner whose state may be taken.
 */
export async function adoptFormer(folder: string, former: readonly string[], owner: string): Promise<void> {
  let newest = { from: folder, heardAt: (await stateIn(folder))?.heardAt ?? -1 };
  for (const from of former) {
    const state = await stateIn(from);
    if (state?.owner === owner && state.heardAt > newest.heardAt) newest = { from, heardAt: state.heardAt };
  }
  if (newest.from !== folder) await copied(newest.from, folder).catch(unlessOfSystem);
}

async function copied(from: string, folder: string): Promise<void> {
  const text = await readFile(join(from, STATE), 'utf8');
  const parsed = parsedState(text);
  if (!parsed.ok) return;
  await makeDirectories(join(folder, 'files'), 0o700);
  for (const { sha256 } of filesIn(parsed.value)) await linked(from, folder, sha256);
  const { withdrawn } = parsed.value;
  if (withdrawn !== null) await linked(from, folder, `${withdrawn.sha256}.copy`).catch(unless('ENOENT'));
  await syncToDisk(join(folder, 'files'));
  await writeFileAtomic(join(folder, STATE), text);
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
async function stateIn(folder: string): Promise<WrittenState | null> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(unlessOfSystem);
  const parsed = text === undefined ? null : parsedState(text);
  return parsed?.ok === true ? parsed.value : null;
}
