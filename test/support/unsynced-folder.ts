/** A folder that takes files and cannot be opened, so that what is written there is in place and cannot be synced. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { temporaryDirectory } from './temporary-directory.ts';

const NOBODY = 65_534;

/** Root may open everything: meanwhile this process is nobody. The folder is removed afterwards. */
export async function inUnsyncedFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  // Below what everybody may enter.
  using directory = temporaryDirectory('/dev/shm');
  const folder = directory.file('folder');
  mkdirSync(folder);
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  chmodSync(directory.path, 0o711);
  chmodSync(folder, 0o300);
  if (isRoot) process.seteuid!(NOBODY);
  try {
    await act(folder);
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(folder, 0o700);
  }
}
