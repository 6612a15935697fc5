/**
 * The weeks of entries on disk, one file a week, `entries-<digits>/YYYY-MM-DD.json` in the state directory, and the key of their tokens
 * beside them; readable by their owner only. As day-files.ts has it for totals: a file is replaced as a whole.
 * It must not hold the text of an entry.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import { newEntryKey } from './entry-token.ts';
import { decodeWeek, encodeWeek, endOfWeek, type EntryWeek } from './entry-weeks.ts';

const NAME = /^(\d{4}-\d{2}-\d{2})\.json$/;
const KEY = /^[0-9a-f]{32}$/;

/** @param file of the configuration. */
export function entryFolder(stateDirectory: string, file: string): string {
  const digits = createHash('sha256').update(resolve(file)).digest('hex').slice(0, 12);
  return join(stateDirectory, `entries-${digits}`);
}

/** Throws the system's error. */
export async function writeWeek(folder: string, week: EntryWeek): Promise<void> {
  await makeDirectories(folder, 0o700);
  await writeFileAtomic(join(folder, `${week.week}.json`), encodeWeek(week));
}

/** @returns null if nothing was kept of that week. @throws CleanfeedError `report_unreadable` if it cannot be read. */
export async function readWeek(folder: string, week: string): Promise<EntryWeek | null> {
  const text = await contentOf(join(folder, `${week}.json`));
  return text === null ? null : decodeWeek(text, week);
}

/** Of the tokens; made where there is none, or none that can be used. Throws the system's error, or CleanfeedError `report_unreadable`. */
export async function entryKeyIn(folder: string): Promise<string> {
  const kept = await keptEntryKey(folder);
  if (kept !== null) return kept;
  const key = newEntryKey();
  await makeDirectories(folder, 0o700);
  await writeFileAtomic(join(folder, 'key'), `${key}\n`);
  return key;
}

/** @returns null if there is none. @throws CleanfeedError `report_unreadable`. */
export async function keptEntryKey(folder: string): Promise<string | null> {
  const key = (await contentOf(join(folder, 'key')))?.trim() ?? '';
  return KEY.test(key) ? key : null;
}

/** The weeks that have a day between these two, both included, the earliest first. @throws CleanfeedError `report_unreadable`. */
export async function weeksBetween(
  folder: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly EntryWeek[]> {
  const weeks: EntryWeek[] = [];
  for (const week of await keptWeeks(folder)) {
    const read = week <= to && endOfWeek(week) > from ? await readWeek(folder, week) : null;
    if (read !== null) weeks.push(read);
  }
  return weeks;
}

/** Removes the weeks that ended before `day`. Throws the system's error. */
export async function forgetWeeksBefore(folder: string, day: string): Promise<void> {
  for (const week of await keptWeeks(folder))
    if (endOfWeek(week) <= day) await rm(join(folder, `${week}.json`), { force: true });
}

async function keptWeeks(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).toSorted();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
}

/** @returns null if there is no such file. */
async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CleanfeedError {
  return new CleanfeedError('internal', 'report_unreadable', `${path}: ${fileReason(errnoOf(error))}`, {
    cause: error,
  });
}
