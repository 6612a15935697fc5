/**
 * One publisher at a time: a file with the number of the process that holds it, and when that process began. One that died without a word leaves
 * a lock that the next takes over, also where the number was given out again: in a container it is always the same. It must not be relied on
 * between machines, nor between containers that number their processes themselves: KEYS belongs to one.
 */
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { createFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf } from '../../lib/errors.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readSettings } from './settings.ts';

/** Paths that this process holds: its own number in any other lock is that of one before it. */
const held = new Set<string>();

/** Throws CleanfeedError `publisher_busy` where another holds it, `publisher_state` where there is no publisher. */
export async function lockState(folders: Folders): Promise<AsyncDisposable> {
  const path = statePath(folders, 'lock');
  if (held.has(path)) throw busy(path, `${process.pid}`);
  held.add(path);
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  try {
    if (!(await createFileAtomic(path, mine))) await takeOver(path, mine);
  } catch (error) {
    held.delete(path);
    // Where there is no publisher, or it may not be read, that is what to say.
    if (!(error instanceof CleanfeedError)) await readSettings(folders);
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      held.delete(path);
      await rm(path, { force: true });
    },
  };
}

async function takeOver(path: string, mine: string): Promise<void> {
  const found = await textOf(path);
  if (isHeld(found)) throw busy(path, found);
  const moved = `${path}.${process.pid}`;
  // Of two that find it abandoned one moves it away; both then compete for the new one.
  await rename(path, moved).catch(() => {});
  const text = await textOf(moved);
  // The other was quicker, and what was moved is its new lock.
  if (text !== '' && text !== found) {
    await link(moved, path).catch(() => {});
    await rm(moved, { force: true });
    throw busy(path, text);
  }
  await rm(moved, { force: true });
  if (!(await createFileAtomic(path, mine))) throw busy(path, await textOf(path));
}

function isHeld(text: string): boolean {
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
