/**
 * A socket in the folder of a lock, which whoever holds the lock listens on: that it is answered the kernel says, whatever namespace its process is
 * numbered in, and it is answered no more when the process has ended, however it did. Nothing is sent on it.
 */
import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { basename, join } from 'node:path';
import { errnoOf } from '../../lib/errors.ts';

export interface LockSocket {
  readonly name: string;
  close(): Promise<void>;
}

const PREFIX = 'lock-';
/** Nobody listens there, or nobody can: what a process leaves that has died. */
const ABANDONED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);

/** @returns null where there can be none, as on some network file systems. */
export async function openLockSocket(folder: string): Promise<LockSocket | null> {
  const name = `${PREFIX}${randomBytes(8).toString('hex')}`;
  let handle: FileHandle | null = null;
  try {
    handle = await open(folder);
    const server = await listening(shortPath(handle, name));
    const opened = handle;
    return { name, close: async () => await close(server, opened) };
  } catch {
    await handle?.close();
    return null;
  }
}

/** Whether the process lives that holds the lock. What cannot be told is held. */
export async function isAnswered(folder: string, name: string): Promise<boolean> {
  if (!isName(name)) return false;
  let handle: FileHandle | null = null;
  try {
    handle = await open(folder);
    return await answers(shortPath(handle, name));
  } finally {
    await handle?.close();
  }
}

/** @param name as a lock file has it: null, and what is no name of such a socket, removes nothing. */
export async function removeLockSocket(folder: string, name: string | null): Promise<void> {
  if (name !== null && isName(name)) await rm(join(folder, name), { force: true });
}

/** Of a file that anybody may have written. */
function isName(name: string): boolean {
  return name.startsWith(PREFIX) && basename(name) === name;
}

/** An address has room for a hundred bytes, and a folder may be longer (unix(7)). */
function shortPath({ fd }: FileHandle, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

function listening(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

/** It removes its file. */
async function close(server: Server, handle: FileHandle): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
  await handle.close();
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isHeld: boolean): void => {
      socket.destroy();
      resolve(isHeld);
    };
    socket.once('connect', () => end(true));
    socket.once('error', (error) => end(!ABANDONED.has(errnoOf(error))));
  });
}
