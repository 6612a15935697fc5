/**
 * Folders that may be there already, with those above them. Node's own way (`recursive`) never returns where a folder is
 * seen and making one in it says ENOENT, as below /proc: it takes the folder above for missing again and again.
 * Each is made beside its place and renamed: a crash leaves none that has the mode of the umask, which nobody would mend.
 * It must not change a folder that is there.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, unlessOfSystem } from './errors.ts';

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
  if (await isFolder(path)) return;
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // What is there and is no folder says why.
    if (await isThere(path)) await mkdir(path, mode);
    await mkdir(beside, mode);
    const made = (await stat(beside)).mode;
    if ((made & PERMISSIONS) !== mode) await chmod(beside, (made & ~PERMISSIONS & ALL_BITS) | mode);
    await rename(beside, path);
  } catch (error) {
    await rmdir(beside).catch(unlessOfSystem);
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
