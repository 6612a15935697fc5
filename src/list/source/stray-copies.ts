/**
 * Removes cached copies of lists that are in the configuration no more, or under another URL. Other instances may share the directory: of each
 * file only its own writer is sure, and nobody else's is touched. It must not fail: a file that stays takes nothing but its space on the disk.
 */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListConfig } from '../../config/types.ts';
import { CACHE_SUFFIX, cachedCopyPath, ownerOfCopy } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';

/** @param lists those of the configuration in force. */
export async function removeStrayCopies(
  { stateDirectory, owner }: CacheOptions,
  lists: readonly ListConfig[],
): Promise<void> {
  const used = new Set(
    lists.flatMap(({ name, source }) =>
      source.kind === 'https' ? [cachedCopyPath(stateDirectory, name, source.url)] : [],
    ),
  );
  for (const path of await copiesIn(join(stateDirectory, 'lists'))) {
    if (used.has(path) || (await ownerOfCopy(path)) !== owner) continue;
    // Somebody else may have removed it.
    await unlink(path).catch(() => {});
  }
}

async function copiesIn(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(CACHE_SUFFIX)).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
