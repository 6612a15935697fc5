/**
 * What is not over, from one process of an instance to the next: in a file of the machine's memory (RuntimeDirectory= of the unit), from the end of
 * one to the start of the other. It must not be written to a disk, where a backup would have it: where the folder is on one, nothing is.
 */
import { hash } from 'node:crypto';
import { readFile, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { OpenCounts } from './open-counts.ts';

/** statfs(2): TMPFS_MAGIC, RAMFS_MAGIC. */
const IN_MEMORY = new Set([0x0102_1994, 0x8584_58f6]);

/** @param key of the tokens. @returns false if there is no such folder, or it is not in memory. Throws the system's error. */
export async function carry(file: string, open: OpenCounts, key: string): Promise<boolean> {
  const { type } = await statfs(dirname(file)).catch(() => ({ type: 0 }));
  if (!IN_MEMORY.has(type)) return false;
  await writeFileAtomic(file, open.encode(ownerOf(key)));
  return true;
}

/**
 * It is there once: what a process that is killed has counted must not be taken for complete.
 * @returns null if there is nothing, or nothing that is of this key.
 */
export async function takeCarried(file: string, key: string): Promise<OpenCounts | null> {
  try {
    const text = await readFile(file, 'utf8');
    await rm(file);
    return OpenCounts.decode(text, ownerOf(key));
  } catch {
    return null;
  }
}

function ownerOf(key: string): string {
  return hash('sha256', `carried ${key}`, 'hex').slice(0, 16);
}
