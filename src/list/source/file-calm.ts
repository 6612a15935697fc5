/**
 * Waits until a file has been unchanged for `settleMs` (0.3 s): two looks, so far apart, find the same file in the same state. Where the file system
 * dates changes by whole seconds (FAT, by two; old ext4), they are further apart than that: what is written behind the second look has another time.
 *
 *   look ─▶ settleMs ─▶ look ─▶ the same: calm │ another: once more, until `restlessMs` are over
 *
 * Only the file itself is looked at: what else happens in its folder, and how often, does not matter. A file that is
 * always changing is told as a fault and never read in the middle: half a list refuses too little, and a line that is cut refuses
 * too much. A writer that pauses for longer than `settleMs` in the middle of an in-place edit cannot be told from one that
 * is done: replace by rename. It must not read the file: it looks at its state.
 */
import { DEADLINES } from '../../lib/deadlines.ts';
import { systemTime, type Time } from '../../lib/time.ts';
import { lookAt } from './file-identity.ts';
import type { FileIdentity, FileLook } from './file-identity.ts';
import { listError } from '../list-error.ts';

export interface CalmOptions {
  /** Milliseconds between the two looks. */
  readonly settleMs: number;
  /** Milliseconds after which a file that goes on changing is given up for this time. */
  readonly restlessMs: number;
  /** Milliseconds between the two where changes are dated by whole seconds: more than the longest step by which a file system does. */
  readonly stepMs?: number;
  readonly time?: Time;
}

/** Tells what stands at a path; a parameter so that a test can say how a file changes, look by look. */
type Look = (path: string) => Promise<FileLook>;

/**
 * @param known the state that was read last, which needs no second look; null: none yet.
 * @param options `signal` ends the wait; then it throws an AbortError.
 * @throws ListError `file_changing`.
 */
export async function calmIdentity(
  path: string,
  known: FileIdentity | null,
  options: CalmOptions & { readonly signal: AbortSignal },
  look: Look = lookAt,
): Promise<FileIdentity> {
  const { settleMs, restlessMs, stepMs = DEADLINES.file.stepMs, signal, time = systemTime } = options;
  const first = await look(path);
  const apartMs = first.isDatedBySeconds ? Math.max(settleMs, stepMs) : settleMs;
  if (first.identity === known || (known === null && isLongUnchanged(first, time.wall() - apartMs)))
    return first.identity;
  const looks = Math.max(1, Math.ceil(restlessMs / apartMs));
  let { identity } = first;
  for (let i = 0; i < looks; i++) {
    await time.pause(apartMs, { signal });
    const next = await look(path);
    if (next.identity === identity) return identity;
    identity = next.identity;
  }
  throw listError(
    'file_changing',
    `${path} has been changing all the time for ${(looks * apartMs) / 1000} s; write the list beside it and rename it over`,
  );
}

/**
 * So that a command or a start need not wait where the file has lain there for long. Only before the first read: later the
 * change has been seen, and the clock of a file server, which may be behind, is not asked.
 */
function isLongUnchanged({ changedAt }: FileLook, since: number): boolean {
  return changedAt === null || (changedAt < since && changedAt > 0);
}
