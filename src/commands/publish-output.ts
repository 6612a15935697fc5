/**
 * Where a publisher's command may not write what it makes, though it is told to: over the keys and the state that it works with, and into what everybody may
 * read. It must not write anything.
 */
import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { unlessOfSystem } from '../lib/errors.ts';
import { realPlaceOf } from '../lib/output-file.ts';
import { statePath } from '../publish/folders.ts';
import type { Folders } from '../publish/folders.ts';

/** @returns why nothing may be written there, in words; null: it may. What cannot be had is told by whoever writes. */
export async function publishOutputFault(folders: Folders, output: string): Promise<string | null> {
  const place = await realPlaceOf(output).catch(unlessOfSystem);
  if (place === undefined) return null;
  if (await isWithin(place, folders.repo))
    return `-o ${output} lies in REPO, which everybody may read; what is written has addresses in the clear`;
  if (await isWithin(place, statePath(folders)))
    return `-o ${output} lies in the state of the publisher, which it would take the place of`;
  return place.endsWith('.pem') && (await isWithin(place, folders.keys))
    ? `-o ${output} would take the place of a key`
    : null;
}

async function isWithin(place: string, folder: string): Promise<boolean> {
  const real = await realpath(folder).catch(unlessOfSystem);
  if (real === undefined) return false;
  const path = relative(real, place);
  return path !== '..' && !path.startsWith(`..${sep}`);
}
