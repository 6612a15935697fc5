/**
 * The state of a store on disk, twice, each with its own digest: a bit that a disk has turned is found out by itself, and the other file then says what
 * was remembered.
 *
 *   state.json        written first: the commit
 *   state.copy.json   the same, written behind it; after a crash between the two it is one commit older
 *
 * A program of an earlier release reads both, and writes the first one without a digest: then that one counts as it stands. It must not know what the
 * state means.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../lib/atomic-file.ts';
import { errnoOf, fileReason, unlessOfSystem } from '../../../lib/errors.ts';
import type { Parsed } from '../../../lib/types.ts';
import { listError } from '../../list-error.ts';
import { parsedState } from './stored-state.ts';
import type { WrittenState } from './stored-state.ts';

export const STATE = 'state.json';
const COPY = 'state.copy.json';

/** The digest comes first, and is of all that follows it. */
const DIGEST = /^\{"sha256":"([0-9a-f]{64})",/;
/** Of an earlier release. */
const EARLIER = '{"format":';

/** A file that cannot be used, and why. */
export interface Damage {
  readonly file: string;
  readonly reason: string;
}

export interface FoundState {
  /** Null: neither of the two can be used. */
  readonly state: WrittenState | null;
  /** Of the file that it was read from. */
  readonly text: string;
  /** Of the first file; null: it is as it was written, or there never was one. */
  readonly damage: Damage | null;
  /** Both say the same. */
  readonly isWhole: boolean;
}

type FoundFile =
  | { readonly kind: 'state'; readonly text: string; readonly state: WrittenState }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged' | 'unreadable'; readonly reason: string };

/** @throws ListError `state`: the first cannot be read now, and the other is of no use. Without it nothing would keep an older version out. */
export async function readStateFiles(folder: string): Promise<FoundState> {
  const file = join(folder, STATE);
  const [first, second] = [await found(file), await found(join(folder, COPY))];
  if (first.kind === 'state') {
    const isWhole = second.kind === 'state' && second.text === first.text;
    return { state: first.state, text: first.text, damage: null, isWhole };
  }
  if (second.kind === 'state')
    return { state: second.state, text: second.text, damage: { file, reason: why(first) }, isWhole: false };
  if (first.kind === 'unreadable') throw listError('state', `${file} cannot be read: ${first.reason}`);
  const isNew = first.kind === 'absent' && second.kind === 'absent';
  return { state: null, text: '', damage: isNew ? null : { file, reason: why(first) }, isWhole: isNew };
}

/** Throws the system's error where the first cannot be written; without the second it goes on. */
export async function writeStateFiles(folder: string, text: string): Promise<void> {
  await writeFileAtomic(join(folder, STATE), text);
  await writeFileAtomic(join(folder, COPY), text).catch(unlessOfSystem);
}

/** With its digest. */
export function stateText(state: WrittenState): string {
  const rest = `${JSON.stringify(state).slice(1)}\n`;
  return `{"sha256":"${digestOf(rest)}",${rest}`;
}

async function found(path: string): Promise<FoundFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' ? { kind: 'absent' } : { kind: 'unreadable', reason: fileReason(errno) };
  }
  const parsed = stateIn(text);
  return parsed.ok ? { kind: 'state', text, state: parsed.value } : { kind: 'damaged', reason: parsed.reason };
}

/** @returns a reason where it is not what was written. */
export function stateIn(text: string): Parsed<WrittenState> {
  if (text.startsWith(EARLIER)) return parsedState(text);
  const [head = '', digest] = DIGEST.exec(text) ?? [];
  const rest = text.slice(head.length);
  return digestOf(rest) === digest ? parsedState(`{${rest}`) : { ok: false, reason: 'it is not what was written' };
}

function why(file: FoundFile): string {
  return file.kind === 'damaged' || file.kind === 'unreadable' ? file.reason : 'it is gone';
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
