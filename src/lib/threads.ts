/**
 * Threads that start from the text of their first module and all that it imports. The process holds that text from its own start: a release whose folder has
 * been moved, removed or replaced goes on as it began (ADR 0028). Every thread is started so, the first as well as the one that replaces it after a month.
 *
 *   what is installed: NAME-thread.mjs ──read─────────────────────▶ text ──▶ new Worker(text)
 *   a checkout:        NAME-thread.ts ──bundled (bundled-sources.ts)─▶ text
 *
 * It must not read anything for a thread that is held.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';
import { CleanfeedError, messageOf } from './errors.ts';

const texts = new Map<string, string>();
const beingRead = new Map<string, Promise<void>>();

/** Whether this process runs the sources of a checkout. */
export const RUNS_SOURCES = import.meta.url.endsWith('.ts');

/** @param entries first modules of threads. Throws CleanfeedError `modules_unreadable`; the next call reads them again then. */
export async function holdThreads(entries: readonly URL[]): Promise<void> {
  const missing = entries.filter(({ href }) => !beingRead.has(href));
  if (missing.length > 0) {
    const reading = readOrForget(missing);
    for (const { href } of missing) beingRead.set(href, reading);
  }
  await Promise.all(entries.map(async ({ href }) => await beingRead.get(href)));
}

/** A thread whose first module, and name, is `entry`, which must be held. @param input its `workerData`. */
export function startThread(entry: URL, input: unknown, options: WorkerOptions = {}): Worker {
  const text = texts.get(entry.href);
  if (text === undefined)
    throw new CleanfeedError('internal', 'worker_start', `the modules of ${entry.href} are not held`);
  return new Worker(text, { name: parse(entry.pathname).name, ...options, eval: true, workerData: input });
}

async function readOrForget(entries: readonly URL[]): Promise<void> {
  try {
    for (const [entry, text] of await textsOf(entries)) texts.set(entry, text);
  } catch (error) {
    // Somebody may mend it.
    for (const { href } of entries) beingRead.delete(href);
    const reason = messageOf(error);
    throw new CleanfeedError('internal', 'modules_unreadable', `the modules of the threads cannot be read: ${reason}`, {
      cause: error,
    });
  }
}

async function textsOf(entries: readonly URL[]): Promise<Iterable<readonly [href: string, text: string]>> {
  if (!RUNS_SOURCES)
    return await Promise.all(entries.map(async (entry) => [entry.href, await readFile(entry, 'utf8')] as const));
  const { bundledSources } = await import('./bundled-sources.ts');
  return await bundledSources(entries);
}
