/**
 * Files that somebody names for what is to be written (`-o`): as a shell's `>` does it, what is written goes to what a symbolic link names, and the link
 * stays. It must not be used for state, keys and whatever else is ours: there a link that somebody has put in place of the file is replaced.
 */
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';
import type { AtomicFileOptions, FileData } from './atomic-file.ts';
import { errnoOf, unlessOfSystem } from './errors.ts';

/** As the system counts them. */
const MAX_LINKS = 40;
const STICKY = 0o1000;
const WRITABLE_BY_ALL = 0o002;

/** As `writeFileAtomic`, for the file that a link names. Its error names `path`, and is ELOOP, or EACCES for a link that may not be followed. */
export async function writeOutput(path: string, data: FileData, options: AtomicFileOptions = {}): Promise<void> {
  try {
    await writeFileAtomic(await placeOfOutput(path), data, options);
  } catch (error) {
    const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
    throw isOfSystem ? Object.assign(error, { path, dest: undefined }) : error;
  }
}

/** @returns the path of the file, which need not be there. Throws the system's error, and those that `writeOutput` names. */
export async function placeOfOutput(path: string): Promise<string> {
  let place = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const next = await targetOf(place);
    if (next === null) return place;
    place = next;
  }
  throw refused('ELOOP', 'too many symbolic links', path);
}

/** Whether what is written to `output` takes the place of `input`, whatever the two are called. Where either cannot be had, whoever uses it says so. */
export async function isSameFile(input: string, output: string): Promise<boolean> {
  try {
    return (await realPlaceOf(input)) === (await realPlaceOf(output));
  } catch (error) {
    unlessOfSystem(error);
    return false;
  }
}

/** Whatever the folders on the way are called. Throws as `placeOfOutput`, and the system's error where there is no such folder. */
export async function realPlaceOf(path: string): Promise<string> {
  const place = await placeOfOutput(path);
  return join(await realpath(dirname(place)), basename(place));
}

/** @returns null: it is no link. */
async function targetOf(path: string): Promise<string | null> {
  const found = await lstat(path).catch(absent);
  if (found?.isSymbolicLink() !== true) return null;
  const folder = await realpath(dirname(path));
  // What this process has open: to write beside it would be another file.
  if (folder === '/proc' || folder.startsWith('/proc/')) throw refused('EFTYPE', 'not a regular file', path);
  // As the system has it with fs.protected_symlinks: in /tmp anybody may have put it there.
  const { mode, uid } = await stat(folder);
  const isPublic = (mode & STICKY) !== 0 && (mode & WRITABLE_BY_ALL) !== 0;
  if (isPublic && found.uid !== process.geteuid?.() && found.uid !== uid)
    throw refused('EACCES', 'a link of somebody else', path);
  return resolve(folder, await readlink(path));
}

/** What is missing, or not to be seen, is told of by whoever writes. */
function absent(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errnoOf(error))) return null;
  throw error;
}

function refused(code: string, reason: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, open '${path}'`), { code, syscall: 'open', path });
}
