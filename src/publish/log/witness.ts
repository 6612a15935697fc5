/**
 * What a witness does: it sees every head of a log, and cosigns one only if it extends the one it cosigned before. It must know nothing
 * else of the publisher: it runs at somebody else's, with this and a key.
 */
import { CleanfeedError } from '../../lib/errors.ts';
import { checkHead } from '../../list/source/tuf/log-heads.ts';
import { readHeadFile } from '../../list/transparency/head-file.ts';
import { signatureLine } from '../../list/transparency/signed-note.ts';
import type { NoteKey, Signs } from '../../list/transparency/signed-note.ts';

export interface WitnessTerms {
  /** Of the log that is watched. */
  readonly log: NoteKey;
  readonly key: NoteKey;
  readonly sign: Signs;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * @param before the last note that it gave, or null.
 * @returns the note with the cosignature, to be kept before it is handed out.
 * @throws ListError `log_fork`, `log_head`; CleanfeedError `witness_gap`: the file has no proof from the head before.
 */
export function cosign(before: string | null, bytes: Uint8Array, { log, key, sign, now }: WitnessTerms): string {
  const { kind } = checkHead(before, bytes, { logKeys: [log.key], witnesses: [], served: null });
  const head = readHeadFile(bytes);
  if (head === null || head.checkpoint.origin !== log.name)
    throw new CleanfeedError('config', 'witness_log', `this is not the log ${log.name}`);
  if (kind === 'gap')
    throw new CleanfeedError(
      'config',
      'witness_gap',
      'the file has no proof from the head that was cosigned last; ask the publisher for one',
    );
  const { text } = head.note;
  return `${head.noteText}${signatureLine(text, key, sign, Math.floor(now / 1000))}`;
}
