/**
 * Writes a zone in a thread of its own, which ends with it: a million names neither delay the control side nor leave their heap behind.
 *
 *   control thread ──ZoneJob──▶ zone-thread.ts ──what was written, or which error of the system──▶ control thread
 *
 * It must not choose what stands in the zone.
 */
import type { Worker } from 'node:worker_threads';
import { CleanfeedError, writingReason } from '../../lib/errors.ts';
import { holdThreads, startThread } from '../../lib/threads.ts';
import type { WrittenZone, ZoneJob } from './zone-file.ts';

/** What its thread is given. */
export interface ZoneThreadJob {
  readonly job: ZoneJob;
  /** Nothing is added (`removeFromZone`). */
  readonly onlyRemovals: boolean;
}

/** Its first module. */
export const ZONE_THREAD = new URL('./zone-thread.ts', import.meta.url);

export type FromZoneThread =
  /** Null: there is no file from which anything could be removed. */
  | { readonly type: 'written'; readonly zone: WrittenZone | null }
  /** `errno` as the system has it, of `cause`, which loses it on the way. */
  | { readonly type: 'failed'; readonly errno: string; readonly cause: unknown };

/** A zone whose file cannot be written: the one before stays. */
export class ZoneError extends CleanfeedError<'zone_write'> {
  override readonly name = 'ZoneError';
  readonly errno: string;

  constructor(errno: string, options: { readonly cause: unknown }) {
    super('config', 'zone_write', `the zone was not written: ${writingReason(errno)}`, options);
    this.errno = errno;
  }
}

/** @throws ZoneError; what the thread died of otherwise. */
export async function runZoneJob(job: ZoneJob): Promise<WrittenZone> {
  const zone = await inThread({ job, onlyRemovals: false });
  if (zone === null) throw new Error('a zone is written where there is none');
  return zone;
}

/** As `removeFromZone`. @throws as `runZoneJob`. */
export async function runZoneRemovals(job: ZoneJob): Promise<WrittenZone | null> {
  return await inThread({ job, onlyRemovals: true });
}

async function inThread(job: ZoneThreadJob): Promise<WrittenZone | null> {
  await holdThreads([ZONE_THREAD]);
  const thread = startThread(ZONE_THREAD, job);
  try {
    const answer = await answerOf(thread);
    if (answer.type === 'written') return answer.zone;
    throw new ZoneError(answer.errno, { cause: answer.cause });
  } finally {
    await thread.terminate();
  }
}

function answerOf(thread: Worker): Promise<FromZoneThread> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the zone's thread ended: exit ${code}`)));
  });
}
