/**
 * Folders that may be there already, with those above them. Node's own way (`recursive`) never returns where a folder is
 * seen and making one in it says ENOENT, as below /proc: it takes the folder above for missing again and again.
 * It must not change a folder that is there.
 */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errors.ts';

const PERMISSIONS = 0o777;
const ALL_BITS = 0o7777;

/** `mode`: of each folder that is made, whatever the umask is; what a folder gives on to those in it (set-group-ID) stays. Throws the system's error. */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  const above = dirname(path);
  try {
    await makeOne(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || above === path) throw error;
    await makeDirectories(above, mode);
    await makeOne(path, mode);
  }
}

/** A file system that is not writable, or a folder that another process has just made, refuses what is there already. */
async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode);
    const made = (await stat(path)).mode;
    if ((made & PERMISSIONS) !== mode) await chmod(path, (made & ~PERMISSIONS & ALL_BITS) | mode);
  } catch (error) {
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
  }
}
