/**
 * A folder on a file server that is away, for processes that are started under `underAway`: a file system of FUSE that nobody serves. A call for anything in it
 * waits without an end, as on a mount whose server has gone. It lies in their own mount namespace: for all others it is an empty folder.
 */
import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import { noteSkipped } from './programs.ts';

/** The process itself keeps the connection to the kernel: when it ends, so do the calls. */
const MOUNT = 'exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 away "$0"; exec "$@"';

/** The command that others are put behind. @param folder must be there. */
export function underAway(folder: string): readonly string[] {
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', MOUNT, folder];
}

/** `describe` for root on a system that has FUSE; in CI everywhere. */
export function describeAway(): typeof describe | typeof describe.skip {
  const [program = '', ...words] = underAway('/mnt');
  if (process.env['CI'] === 'true' || spawnSync(program, [...words, 'true']).status === 0) return describe;
  noteSkipped({ what: 'a file server that is away', why: 'no FUSE is to be had here, or not root' });
  return describe.skip;
}
