/**
 * What a node makes of a head of the publisher's log: it must be signed by the log, cosigned by a witness where the
 * configuration names any, extend the head that this node has seen before, and contain what is to be served. Pure: it must not
 * read, store or fetch; whoever calls it keeps the note that it gives back.
 *
 *   note of the head before ─┐
 *   file of the head now ────┼─▶ first, same, extends, gap ─▶ kept as the head before
 *   what is to be served ────┘   or a fault: the list in force stays
 */
import { type ListError, listError } from '../../list-error.ts';
import { extendsCheckpoint, provesLeaf, readHeadFile } from '../../transparency/head-file.ts';
import type { HeadFile } from '../../transparency/head-file.ts';
import { readObject } from '../../transparency/leaf.ts';
import { sameHash } from '../../transparency/merkle.ts';
import { isSignedBy, readCheckpoint, readNote } from '../../transparency/signed-note.ts';
import type { Checkpoint, NoteKey } from '../../transparency/signed-note.ts';

/** A version as its leaf in the log has it. */
export interface LoggedVersion {
  readonly version: number;
  readonly format: number;
  readonly form: number;
  /** Hex, of the set of records. */
  readonly digest: string;
}

export interface HeadTerms {
  /** Of the role `log`, 32 bytes each: one has signed. */
  readonly logKeys: readonly Uint8Array[];
  /** One of them has cosigned the head that something new is served by; none: no cosignature is demanded. */
  readonly witnesses: readonly NoteKey[];
  /** What the log must contain; null: nothing new is to be served. */
  readonly served: LoggedVersion | null;
}

export interface CheckedHead {
  /** `gap`: the publisher gives no proof for a head as old as the one before, which makes an operator ask. */
  readonly kind: 'first' | 'same' | 'extends' | 'gap';
  readonly checkpoint: Checkpoint;
  /** To be kept; with a head that contradicts it, it is the evidence. */
  readonly note: string;
}

/**
 * @param before the note that was kept, or null.
 * @throws ListError `log_fork`, the publisher has shown another history; `log_head`, the file proves nothing; `log_witness`,
 *   no known witness has cosigned (yet).
 */
export function checkHead(before: string | null, bytes: Uint8Array, terms: HeadTerms): CheckedHead {
  const head = readHeadFile(bytes);
  if (head === null) throw listError('log_head', 'the head of the log is not of a form that is known');
  const { checkpoint, noteText: note } = head;
  const { origin: name, size } = checkpoint;
  if (!terms.logKeys.some((key) => isSignedBy(head.note, { name, kind: 'log', key })))
    throw listError('log_head', `the head of the log (${size} leaves) is not signed by the log's key`);
  const kind = relation(before, head);
  if (terms.served !== null) checkServed(head, terms.served, terms.witnesses);
  return { kind, checkpoint, note };
}

function relation(before: string | null, head: HeadFile): CheckedHead['kind'] {
  const kept = before === null ? null : keptCheckpoint(before);
  // Of a log without leaves nothing can be said.
  if (kept === null || kept.size === 0) return 'first';
  const { checkpoint } = head;
  if (checkpoint.origin !== kept.origin) throw fork(kept, checkpoint, 'is the head of another log');
  if (checkpoint.size < kept.size) throw fork(kept, checkpoint, 'has fewer leaves');
  if (checkpoint.size === kept.size) {
    if (sameHash(checkpoint.root, kept.root)) return 'same';
    throw fork(kept, checkpoint, 'has other leaves');
  }
  switch (extendsCheckpoint(head, kept)) {
    case true:
      return 'extends';
    case false:
      throw fork(kept, checkpoint, 'does not extend it');
    case null:
      return 'gap';
  }
}

/** A kept note that has become unreadable is none: the disk is not the publisher's fault. */
function keptCheckpoint(note: string): Checkpoint | null {
  const read = readNote(note);
  return read === null ? null : readCheckpoint(read.text);
}

function fork(kept: Checkpoint, now: Checkpoint, how: string): ListError {
  return listError(
    'log_fork',
    `the publisher's log has two histories: its head (${now.origin}, ${now.size} leaves) ${how}, compared with the one seen before (${kept.origin}, ${kept.size} leaves)`,
  );
}

function checkServed(head: HeadFile, served: LoggedVersion, witnesses: readonly NoteKey[]): void {
  if (witnesses.length > 0 && !witnesses.some((witness) => isSignedBy(head.note, witness)))
    throw listError(
      'log_witness',
      `no known witness has cosigned the head of the log (${head.checkpoint.size} leaves) yet`,
    );
  if (head.leaves.some((leaf) => provesLeaf(head, leaf) && statesVersion(leaf.event, served))) return;
  throw listError('log_head', `the log does not contain version ${served.version} with the digest that is served`);
}

function statesVersion(event: string, { version, format, form, digest }: LoggedVersion): boolean {
  const stated = readObject(event);
  return (
    stated?.['kind'] === 'published' &&
    stated['version'] === version &&
    stated['format'] === format &&
    stated['form'] === form &&
    stated['digest'] === digest
  );
}
