/**
 * Files that are there whole or not at all: written beside, synced, renamed, and the directory synced, so that neither
 * `kill -9` nor a power cut leaves half a file under the final name. It must not be used for logs or anything appended, and takes the
 * place of files only: root could rename over /dev/null, and every program of the machine would write into a file.
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, unless, unlessOfSystem } from './errors.ts';

export interface AtomicFileOptions {
  /** Permission bits of the new file, whatever the umask is; 0o600 unless told: what we keep is nobody else's business. */
  readonly mode?: number;
}

/** Of the name of a file that is being written. */
const RANDOM_BYTES = 6;
const TEMPORARY = '.tmp';

/** Pieces are written one after the other; where they end with an error, nothing is. */
export type FileData = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Replaces `path` or creates it. Throws the system's error, which names `path`, and EFTYPE where that is no file; then it is as it was, but for an error
 * that `isInPlace` knows.
 */
export async function writeFileAtomic(path: string, data: FileData, options: AtomicFileOptions = {}): Promise<void> {
  await placed(path, async () => {
    await refuseWhatIsNoFile(path);
    const temporary = await writeBeside(path, data, options.mode ?? 0o600);
    try {
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolderOf(path);
  });
}

/** Creates `path` unless it exists; of several processes that try at once exactly one gets `true`. Throws the system's error, which names `path`. */
export async function createFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicFileOptions = {},
): Promise<boolean> {
  return await placed(path, async () => {
    const temporary = await writeBeside(path, data, options.mode ?? 0o600);
    try {
      // link() refuses an existing name, rename() would replace it.
      await link(temporary, path);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolderOf(path);
    return true;
  });
}

/**
 * Removes what processes that were killed have left beside `path` when they wrote it, where that can be done: whoever writes anew must be able to,
 * beside what is somebody else's, too. It never rejects for what the system says.
 * @param now milliseconds since the epoch, and @param ageMs what is younger may still be written.
 */
export async function removeStrays(
  path: string,
  { now, ageMs }: { readonly now: number; readonly ageMs: number },
): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(unlessOfSystem);
  for (const name of names ?? []) {
    if (!isBeside(name, basename(path))) continue;
    const stray = join(folder, name);
    const found = await lstat(stray).catch(unlessOfSystem);
    if (found?.isFile() === true && now - found.mtimeMs > ageMs) await rm(stray, { force: true }).catch(unlessOfSystem);
  }
}

/** Whether it is a name that `writeBeside` makes for a file: others have files that begin and end so, too. */
function isBeside(name: string, file: string): boolean {
  const start = `.${file}.`;
  const random = name.slice(start.length, -TEMPORARY.length);
  return name === `${start}${random}${TEMPORARY}` && random.length === 2 * RANDOM_BYTES && /^[0-9a-f]+$/.test(random);
}

/** Whether what was to be written is there all the same: only its folder could not be synced, so that a power cut may take it away. */
export function isInPlace(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'isInPlace' in error;
}

async function syncFolderOf(path: string): Promise<void> {
  try {
    await syncToDisk(dirname(path));
  } catch (error) {
    throw typeof error === 'object' && error !== null ? Object.assign(error, { isInPlace: true }) : error;
  }
}

/** An error of the system names the file that was asked for, and not the one beside it. */
async function placed<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
    throw isOfSystem ? Object.assign(error, { path, dest: undefined }) : error;
  }
}

/** A folder, a device, a pipe, a socket, or a link to one; /dev/stdout, which is a link to whatever this process has there, a file too. */
async function refuseWhatIsNoFile(path: string): Promise<void> {
  const there = await stat(path).catch(unless('ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'));
  const link = await readlink(path).catch(unlessOfSystem);
  const isOfProcess = link?.startsWith('/proc/') === true;
  if (!isOfProcess && (there === undefined || there.isFile())) return;
  const code = there?.isDirectory() === true ? 'EISDIR' : 'EFTYPE';
  throw Object.assign(new Error(`${code}: not a regular file, rename '${path}'`), { code, syscall: 'rename' });
}

async function writeBeside(path: string, data: FileData, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(RANDOM_BYTES).toString('hex')}${TEMPORARY}`);
  const file = await open(temporary, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(data);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

/** What was written to a file, or which names a folder has, outlasts a power cut. Throws the system's error. */
export async function syncToDisk(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
