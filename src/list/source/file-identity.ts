/** Which file it is that stands at a path, and in which state: what is compared to tell a change. It must not read it. */
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Device, inode, size and both times; `absent` for a file that is not there or may not be looked at. */
export type FileIdentity = string;
export const ABSENT: FileIdentity = 'absent';

const SECOND_NS = 1_000_000_000n;

export interface FileLook {
  readonly identity: FileIdentity;
  /** Of the last change, by the clock of the file system: milliseconds since the epoch; null where it is absent. */
  readonly changedAt: number | null;
  /** Its file system dates changes by whole seconds: two within one have the same time. */
  readonly isDatedBySeconds: boolean;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Which folder stands at a path, whatever is in it. Throws the system's error. */
export async function folderAt(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** Follows symbolic links. Never throws. */
export async function lookAt(path: string): Promise<FileLook> {
  try {
    const stats = await stat(path, { bigint: true });
    const isDatedBySeconds = stats.mtimeNs % SECOND_NS === 0n && stats.ctimeNs % SECOND_NS === 0n;
    return { identity: identityOf(stats), changedAt: Number(stats.ctimeMs), isDatedBySeconds };
  } catch {
    return { identity: ABSENT, changedAt: null, isDatedBySeconds: false };
  }
}
