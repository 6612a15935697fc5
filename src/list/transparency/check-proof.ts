/** Checks a head file on its own, as whoever was handed one does: a court, an auditor. It must not trust a key that the file brings along. */
import { provesLeaf, readHeadFile } from './head-file.ts';
import { isSignedBy } from './signed-note.ts';
import type { NoteKey } from './signed-note.ts';

export interface ProofCheck {
  /** What holds, in words, one fact each. */
  readonly facts: readonly string[];
  /** What does not; null: all holds. */
  readonly fault: string | null;
}

/** @param keys the log's, and those of witnesses who are said to have cosigned. */
export function checkProof(
  bytes: Uint8Array,
  keys: { readonly log: NoteKey; readonly witnesses: readonly NoteKey[] },
): ProofCheck {
  const facts: string[] = [];
  const file = readHeadFile(bytes);
  if (file === null) return { facts, fault: 'the file is not of a form that is known' };
  const { checkpoint, note } = file;
  if (checkpoint.origin !== keys.log.name)
    return { facts, fault: `it is of the log ${checkpoint.origin}, not of ${keys.log.name}` };
  for (const key of [keys.log, ...keys.witnesses]) {
    const what = key.kind === 'log' ? 'signed' : 'cosigned';
    if (!isSignedBy(note, key))
      return { facts, fault: `the head of ${checkpoint.size} leaves is not ${what} by ${key.name}` };
    facts.push(`the head of ${checkpoint.size} leaves is ${what} by ${key.name}`);
  }
  for (const leaf of file.leaves) {
    if (!provesLeaf(file, leaf)) return { facts, fault: `leaf ${leaf.index} is not in the log: ${leaf.event}` };
    facts.push(`leaf ${leaf.index} is in the log: ${leaf.event}`);
  }
  return file.leaves.length === 0 ? { facts, fault: 'the file opens no leaf' } : { facts, fault: null };
}
