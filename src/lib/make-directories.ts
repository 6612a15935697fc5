/**
 * Folders that may be there already, with those above them, each with its mode: Node's own way (`recursive`) leaves that to the umask.
 * One that others may read is made beside its place and renamed: a crash leaves none that has the mode of the umask, which nobody would mend.
 * It must not change a folder that is there.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, unlessOfSystem } from './errors.ts';

const PERMISSIONS = 0o777;
const ALL_BITS = 0o7777;
/** What a umask takes away. */
const OTHERS = 0o077;
/** A folder that somebody else makes at the same time, and that is empty yet, may be replaced by its equal while one is made in it. */
const MOST_ATTEMPTS = 16;

/** `mode`: of each folder that is made, whatever the umask is; what a folder gives on to those in it (set-group-ID) stays. Throws the system's error. */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  const above = dirname(path);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ((mode & OTHERS) === 0 ? makeInPlace(path, mode) : makeBeside(path, mode));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || above === path || attempt === MOST_ATTEMPTS) throw error;
      await makeDirectories(above, mode);
    }
  }
}

/** A file system that is not writable, or a folder that another process has just made, refuses what is there already. */
async function makeInPlace(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode);
    await setMode(path, mode);
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

async function makeBeside(path: string, mode: number): Promise<void> {
  if (await isFolder(path)) return;
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // What is there and is no folder says why.
    if (await isThere(path)) await mkdir(path, mode);
    await mkdir(beside, mode);
    await setMode(beside, mode);
    await rename(beside, path);
  } catch (error) {
    await rmdir(beside).catch(unlessOfSystem);
    if (!(await isFolder(path))) throw error;
  }
}

async function setMode(path: string, mode: number): Promise<void> {
  const made = (await stat(path)).mode;
  if ((made & PERMISSIONS) !== mode) await chmod(path, (made & ~PERMISSIONS & ALL_BITS) | mode);
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
