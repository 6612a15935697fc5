/**
 * Removes cached copies of lists that are in the configuration no more, or under another URL. Other instances may share the directory: of each
 * file only its own writer is sure, and nobody else's is touched. It must not fail: a file that stays takes nothing but its space on the disk.
 */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListConfig } from '../../config/types.ts';
import { copyPaths, ownerOf } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';

/** @param lists those of the configuration in force. */
export async function removeStrayCopies(options: CacheOptions, lists: readonly ListConfig[]): Promise<void> {
  const used = new Set(
    lists.flatMap(({ name, source }) =>
      source.kind === 'https' ? Object.values<string>({ ...copyPaths(options, name, source.url) }) : [],
    ),
  );
  for (const path of await filesIn(join(options.stateDirectory, 'lists'))) {
    if (used.has(path) || (await ownerOf(path)) !== options.owner) continue;
    // Somebody else may have removed it.
    await unlink(path).catch(() => {});
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
