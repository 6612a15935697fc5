/**
 * The modules that a thread may need as long as the process runs, held in memory from the start: a release whose folder has
 * been moved, removed or replaced goes on as it began (ADR 0010).
 *
 *   start ──entries──▶ module-recorder.ts (a thread, once) ──sources, what imports what──▶ here ──▶ every thread, from memory
 *                  └─▶ kept-record.ts, which has what an earlier start has recorded ──────┘
 *
 * Every thread is started this way, the first as well as the one that replaces it after a month: there is no other path that
 * could be out of order when it is needed. A dynamic import is not held; name what it imports among the entries. What it holds
 * it must not read again.
 */
import { registerHooks } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';
import { CleanfeedError, messageOf } from '../errors.ts';
import { FilesRead } from './files-read.ts';
import { keepRecord, keptRecord, packagePlace, recordPlace, removeLeftRecords, type Recording } from './kept-record.ts';
import { memoryHooks, runFromMemory } from './memory-hooks.ts';
import type { MemoryModule, MemoryModules, MemoryThreadData } from './memory-hooks.ts';
import type { RecorderInput } from './module-recorder.ts';
import { packageEntry, packageModules } from './package-modules.ts';

const THREAD_CODE = `${memoryHooks.toString()}\n${runFromMemory.toString()}\nvoid runFromMemory(memoryHooks);`;

/** By entry: the modules of a thread, of which there is one copy. */
const held = new Map<string, MemoryModules>();
const beingRead = new Map<string, Promise<void>>();

/** Reads in one go what these threads need. Throws CleanfeedError `modules_unreadable`; the next call reads them again then. */
export async function holdModules(entries: readonly URL[]): Promise<void> {
  const missing = entries.map(({ href }) => href).filter((href) => !beingRead.has(href));
  if (missing.length > 0) {
    const reading = readOrForget(missing);
    for (const href of missing) beingRead.set(href, reading);
  }
  await Promise.all(entries.map(async ({ href }) => await beingRead.get(href)));
}

/** Reads a CommonJS package that this thread itself imports only when it is needed; then it comes from here. */
export function holdPackage(name: string): void {
  const entry = packageEntry(name);
  const place = packagePlace(name);
  const kept = place === null ? null : keptRecord(place, [entry]);
  removeLeft(place);
  const modules = kept ?? packageAndKeep(name, place);
  registerHooks(memoryHooks(modules, new Map([[name, entry]]), false));
}

/** What this thread imports by this URL, only when it is needed, comes from here then. It must be held. */
export function importFromMemory(entry: URL): void {
  registerHooks(memoryHooks(heldOf(entry), new Map([[entry.href, entry.href]]), false));
}

/** A thread whose first module is `entry`, which must be held, and for which `workerData` is `input`. */
export function startThread(entry: URL, input: unknown, options: WorkerOptions = {}): Worker {
  const workerData: MemoryThreadData = { modules: heldOf(entry), entry: entry.href, input };
  return new Worker(THREAD_CODE, { ...options, eval: true, workerData });
}

function heldOf({ href }: URL): MemoryModules {
  const modules = held.get(href);
  if (modules === undefined)
    throw new CleanfeedError('internal', 'worker_start', `the modules of ${href} are not held`);
  return modules;
}

async function readOrForget(entries: readonly string[]): Promise<void> {
  try {
    await readModules(entries);
  } catch (error) {
    // Somebody may mend it.
    for (const entry of entries) beingRead.delete(entry);
    throw error;
  }
}

async function readModules(entries: readonly string[]): Promise<void> {
  const place = recordPlace(entries);
  const kept = place === null ? null : keptRecord(place, entries);
  removeLeft(place);
  const modules = kept ?? (await recordAndKeep(entries, place));
  for (const entry of entries) held.set(entry, reachable(modules, entry));
}

function packageAndKeep(name: string, place: string | null): MemoryModules {
  const read = new FilesRead();
  const { modules } = packageModules(name, (url) => read.note(url));
  if (place !== null) void keepRecord(place, { modules, files: read.states });
  return modules;
}

async function recordAndKeep(entries: RecorderInput, place: string | null): Promise<MemoryModules> {
  const recording = await record(entries);
  if (place !== null) void keepRecord(place, recording);
  return recording.modules;
}

async function record(entries: RecorderInput): Promise<Recording> {
  const thread = new Worker(new URL('./module-recorder.ts', import.meta.url), { workerData: entries });
  try {
    return await new Promise<Recording>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('it ended')));
    });
  } catch (error) {
    const reason = messageOf(error);
    throw new CleanfeedError('internal', 'modules_unreadable', `the modules of the threads cannot be read: ${reason}`, {
      cause: error,
    });
  } finally {
    void thread.terminate();
  }
}

function removeLeft(place: string | null): void {
  if (place !== null) void removeLeftRecords(place, Date.now());
}

/** Of all that was read, what this entry imports, itself among it. */
function reachable(modules: MemoryModules, entry: string): MemoryModules {
  const reached = new Map<string, MemoryModule>();
  const visit = (url: string): void => {
    const found = modules.get(url);
    if (found === undefined || reached.has(url)) return;
    reached.set(url, found);
    for (const imported of found.imports.values()) visit(imported);
  };
  visit(entry);
  return reached;
}
