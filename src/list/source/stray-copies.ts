/**
 * Removes cached copies of lists that are in the configuration no more, or under another URL. Other instances may share the directory: of each
 * file only its own writer is sure, and nobody else's is touched. It must not fail: a file that stays takes nothing but its space on the disk.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListConfig, ListSourceConfig } from '../../config/list-types.ts';
import { unlessOfSystem } from '../../lib/errors.ts';
import { copyPaths, ownerOf } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';
import { ownerOfStore, placeOf, STORE_SUFFIX, storeFolder } from './tuf/store.ts';

/** @param lists those of the configuration in force. */
export async function removeStrayCopies(options: CacheOptions, lists: readonly ListConfig[]): Promise<void> {
  const used = new Set(lists.flatMap(({ name, source }) => pathsOf(options, name, source)));
  for (const path of await filesIn(join(options.stateDirectory, 'lists'))) {
    const owner = await (path.endsWith(STORE_SUFFIX) ? ownerOfStore(path) : ownerOf(path));
    if (used.has(path) || owner !== options.owner) continue;
    // It takes nothing but its space on the disk.
    await rm(path, { recursive: true, force: true }).catch(unlessOfSystem);
  }
}

function pathsOf(options: CacheOptions, list: string, source: ListSourceConfig): readonly string[] {
  switch (source.kind) {
    case 'file':
      return [];
    case 'https':
      return Object.values<string>({ ...copyPaths(options, list, source.url) });
    case 'tuf':
      return [storeFolder(options.stateDirectory, list, placeOf(source.mirrors))];
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
