/**
 * What a source remembers of its versions from one start to the next: which is pinned, which an operator has accepted, since when it has
 * known the one that is delayed. Values and what follows from them, and one small file in the state directory. It must not know where
 * versions come from.
 *
 *   held ──accept──▶ accepted ──in force──▶ (nothing)          rollback ──▶ pinned ──release──▶ (nothing)
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import { jsonAs, TEXT } from '../../lib/json-shapes.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { mapping } from '../../lib/shape.ts';
import { listError } from '../list-error.ts';
import type { ListVersion } from '../staged-list.ts';

/**
 * Versions by name: a label, and behind `@`, where the source numbers its versions, the digest of the one that is meant. An operator is shown
 * labels.
 */
export interface VersionNotes {
  /** Refused by a sanity rule of the gate, and nobody has accepted it yet. */
  readonly held: string | null;
  /** Held before, and to pass the gate, once. */
  readonly accepted: string | null;
  /** It stays in force until it is released. */
  readonly pinned: string | null;
}

export const NO_NOTES: VersionNotes = { held: null, accepted: null, pinned: null };

/** What a later program adds stays unread. */
const WRITTEN = mapping({ accepted: TEXT.nullable(), pinned: TEXT.nullable() }).open();

/** How the newest version goes to the gate; what was held and is not this one is forgotten. */
export function offered(notes: VersionNotes, label: string): readonly [ListVersion, VersionNotes] {
  const version: ListVersion = { label, gate: notes.accepted === label ? 'accepted' : 'ask' };
  return [version, notes.held === label || notes.held === null ? notes : { ...notes, held: null }];
}

export function held(notes: VersionNotes, label: string): VersionNotes {
  return { ...notes, held: label, accepted: null };
}

/** @throws ListError if that version is not held. */
export function accepted(notes: VersionNotes, label: string): VersionNotes {
  if (notes.pinned !== null)
    throw listError(
      'version_refused',
      `version ${labelOf(notes.pinned)} is pinned: 'ctl release' first, then see what is held`,
    );
  if (notes.held === null) throw listError('version_refused', 'no version of it is held: there is nothing to accept');
  const shown = labelOf(notes.held);
  if (shown !== label)
    throw listError('version_refused', `version ${label} is not held; ${shown} is: look at 'ctl status' again`);
  return { ...notes, held: null, accepted: notes.held };
}

/** An acceptance is used up with it. */
export function entered(notes: VersionNotes): VersionNotes {
  return { ...notes, held: null, accepted: null };
}

/** @param previous the version to go back to; null: there is none. @throws ListError */
export function pinned(notes: VersionNotes, previous: string | null): VersionNotes {
  if (notes.pinned !== null)
    throw listError('version_refused', `version ${labelOf(notes.pinned)} is pinned already; 'ctl release' ends that`);
  if (previous === null) throw listError('version_refused', 'there is no version before this one on disk');
  return { held: null, accepted: null, pinned: previous };
}

/** @throws ListError if no version is pinned. */
export function released(notes: VersionNotes): VersionNotes {
  if (notes.pinned === null) throw listError('version_refused', 'no version of it is pinned');
  return { ...notes, pinned: null };
}

export function labelOf(name: string): string {
  return name.split('@', 1)[0] ?? name;
}

/** Told of notes that are damaged, with the path and why: no version counts as pinned then. */
export type OnDamage = (path: string, reason: string) => void;

/**
 * None where there is no such file.
 * @param onDamage null: of whoever only looks (`check`, `explain`) and may not be permitted to read what is the service's own. What cannot be read
 *   counts as nothing there, as the copies beside it do.
 * @throws ListError `state`: there may be some, which cannot be read now. A version that an operator has gone back to would be left unasked.
 */
export async function readNotes(path: string, onDamage: OnDamage | null): Promise<VersionNotes> {
  const text = await textOf(path).catch((error: unknown) => {
    if (onDamage !== null) throw error;
    return null;
  });
  const read = text === null ? null : jsonAs(text, WRITTEN);
  if (read?.ok === true) return { held: null, accepted: read.value.accepted, pinned: read.value.pinned };
  if (read !== null) onDamage?.(path, read.reason);
  return NO_NOTES;
}

/** What is held is refused again at the next start, and is not written down. @throws ListError */
export async function writeNotes(
  { path, owner }: { readonly path: string; readonly owner: string },
  { accepted, pinned }: VersionNotes,
): Promise<void> {
  try {
    await makeDirectories(join(path, '..'), 0o700);
    await writeFileAtomic(path, `${JSON.stringify({ owner, accepted, pinned })}\n`);
  } catch (error) {
    throw listError('version_refused', `the decision cannot be kept in ${path}: ${fileReason(errnoOf(error))}`, error);
  }
}

/** @returns null if there is no such file. @throws ListError `state` */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return null;
    throw listError(
      'state',
      `what was decided about versions of the list cannot be read in ${path}: ${fileReason(errno)}`,
      error,
    );
  }
}
