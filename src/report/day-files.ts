/**
 * The days on disk: one small file a day, `report-<digits>/YYYY-MM-DD.json` in the state directory, readable by its owner only. The
 * digits are of the configuration's path, so that instances that share a state directory keep their days apart.
 *
 * A file is replaced as a whole: neither a kill nor a power cut leaves half of one. It must not repair what does not fit.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import { decodeDay, encodeDay, type DayTotals } from './day-totals.ts';

const NAME = /^(\d{4}-\d{2}-\d{2})\.json$/;

/** @param file of the configuration. */
export function reportFolder(stateDirectory: string, file: string): string {
  const digits = createHash('sha256').update(resolve(file)).digest('hex').slice(0, 12);
  return join(stateDirectory, `report-${digits}`);
}

/** Throws the system's error. */
export async function writeDay(folder: string, totals: DayTotals): Promise<void> {
  await makeDirectories(folder, 0o700);
  await writeFileAtomic(join(folder, `${totals.day}.json`), encodeDay(totals));
}

/**
 * @returns null if nothing was kept of that day.
 * @throws CleanfeedError `report_unreadable` if it cannot be read.
 */
export async function readDay(folder: string, day: string): Promise<DayTotals | null> {
  const path = join(folder, `${day}.json`);
  try {
    return decodeDay(await readFile(path, 'utf8'), day);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (error instanceof CleanfeedError) throw error;
    const reason = `${path}: ${fileReason(errnoOf(error))}`;
    throw new CleanfeedError('internal', 'report_unreadable', reason, { cause: error });
  }
}

/** The days of which something was kept, the earliest first; none if there is no such folder. */
async function keptDays(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).toSorted();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw new CleanfeedError('internal', 'report_unreadable', `${folder}: ${fileReason(errnoOf(error))}`, {
      cause: error,
    });
  }
}

/** The days from one to the other, both included, of which something was kept. @throws CleanfeedError `report_unreadable`. */
export async function daysBetween(
  folder: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly DayTotals[]> {
  const days: DayTotals[] = [];
  for (const day of await keptDays(folder)) {
    const totals = day >= from && day <= to ? await readDay(folder, day) : null;
    if (totals !== null) days.push(totals);
  }
  return days;
}

/** Removes the days before `day`. Throws the system's error. */
export async function forgetBefore(folder: string, day: string): Promise<void> {
  for (const kept of await keptDays(folder)) if (kept < day) await rm(join(folder, `${kept}.json`), { force: true });
}
