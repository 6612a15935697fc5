/**
 * One publisher at a time: a file with the number of the process that holds it. A process that died without a word leaves a lock that
 * the next one takes over. It must not be relied on between machines: KEYS belongs on one.
 */
import { readFile, rename, rm } from 'node:fs/promises';
import { createFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf } from '../../lib/errors.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';

/** Throws CleanfeedError `publisher_busy` where another process holds it. */
export async function lockState(folders: Folders): Promise<AsyncDisposable> {
  const path = statePath(folders, 'lock');
  const mine = `${process.pid}\n`;
  if (!(await createFileAtomic(path, mine))) {
    const holder = await holderOf(path);
    if (holder !== null && isAlive(holder)) throw busy(path, holder);
    // Of two that find it abandoned one moves it away; both then compete for the new one.
    await rename(path, `${path}.${process.pid}`).catch(() => {});
    await rm(`${path}.${process.pid}`, { force: true });
    if (!(await createFileAtomic(path, mine))) throw busy(path, await holderOf(path));
  }
  return { [Symbol.asyncDispose]: async () => await rm(path, { force: true }) };
}

async function holderOf(path: string): Promise<number | null> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function busy(path: string, pid: number | null): CleanfeedError {
  const holder = pid === null ? 'another process' : `process ${pid}`;
  return new CleanfeedError('config', 'publisher_busy', `${holder} is publishing (${path}); wait for its end`);
}
