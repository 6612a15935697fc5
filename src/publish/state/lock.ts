/**
 * One publisher at a time: a file that names who holds it, and a socket (lock-socket.ts) that answers for as long as he lives, in whatever container he is.
 * One that died without a word leaves a lock that the next takes over. Where there can be no socket, it is told by the number of the
 * process and by when it began. It must not be relied on between machines: KEYS belongs to one.
 */
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, unless } from '../../lib/errors.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { isAnswered, openLockSocket, removeLockSocket } from './lock-socket.ts';
import { readSettings } from './settings.ts';

/** Paths that this process holds: its own number in any other lock is that of one before it. */
const held = new Set<string>();

/** Throws CleanfeedError `publisher_busy` where another holds it, `publisher_state` where there is no publisher. */
export async function lockState(folders: Folders): Promise<AsyncDisposable> {
  const path = statePath(folders, 'lock');
  if (held.has(path)) throw busy(path, `${process.pid}`);
  held.add(path);
  const socket = await openLockSocket(dirname(path));
  const mine = `${process.pid} ${startOf(process.pid) ?? ''} ${socket?.name ?? ''}`.trimEnd();
  try {
    if (!(await createFileAtomic(path, `${mine}\n`))) await takeOver(path, `${mine}\n`);
  } catch (error) {
    held.delete(path);
    await socket?.close();
    // Where there is no publisher, or it may not be read, that is what to say.
    if (!(error instanceof CleanfeedError)) await readSettings(folders);
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      held.delete(path);
      try {
        await rm(path, { force: true });
      } finally {
        await socket?.close();
      }
    },
  };
}

async function takeOver(path: string, mine: string): Promise<void> {
  const found = await textOf(path);
  if (await isHeld(path, found)) throw busy(path, found);
  const moved = `${path}.${process.pid}`;
  // Of two that find it abandoned one moves it away; both then compete for the new one.
  await rename(path, moved).catch(unless('ENOENT'));
  const text = await textOf(moved);
  // The other was quicker, and what was moved is its new lock.
  if (text !== '' && text !== found) {
    await link(moved, path).catch(unless('EEXIST'));
    await rm(moved, { force: true });
    throw busy(path, text);
  }
  await rm(moved, { force: true });
  await removeLockSocket(dirname(path), socketIn(found));
  if (!(await createFileAtomic(path, mine))) throw busy(path, await textOf(path));
}

async function isHeld(path: string, text: string): Promise<boolean> {
  const socket = socketIn(text);
  return socket === null ? isRunning(text) : await isAnswered(dirname(path), socket);
}

/** @returns null if the lock names none. */
function socketIn(text: string): string | null {
  return text.trim().split(' ')[2] ?? null;
}

function isRunning(text: string): boolean {
  const [number = '', start = ''] = text.trim().split(' ');
  const pid = Number(number);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return false;
  return start === '' || start === (startOf(pid) ?? start);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** In ticks since the machine's start (proc(5), field 22 of `stat`: the name before it may hold anything); null: not to be had. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}

function busy(path: string, text: string): CleanfeedError {
  const pid = Number.parseInt(text, 10);
  const holder = Number.isNaN(pid) ? 'another process' : `process ${pid}`;
  return new CleanfeedError('config', 'publisher_busy', `${holder} is publishing (${path}); wait for its end`);
}
