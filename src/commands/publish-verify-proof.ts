/**
 * `cleanfeed publish verify-proof`: checks a file that `publish prove` wrote, with the key of the log and nothing else.
 * It must not need anything of the publisher's machine.
 */
import { readFile } from 'node:fs/promises';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { checkProof } from '../list/transparency/check-proof.ts';
import { readKey } from '../list/transparency/signed-note.ts';
import type { NoteKey, SignatureKind } from '../list/transparency/signed-note.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { print, printError } from './terminal.ts';

export interface VerifyProofOptions {
  /** Keys in the form `name+id+base64`. */
  readonly log: string;
  readonly witness: readonly string[];
}

export async function publishVerifyProof(path: string, options: VerifyProofOptions): Promise<ExitCode> {
  const log = keyOf(options.log, 'log');
  const witnesses = options.witness.map((text) => keyOf(text, 'cosignature'));
  if (log === null || witnesses.includes(null)) return EXIT.usage;
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    printError(`${path} cannot be read: ${fileReason(errnoOf(error))}`);
    return EXIT.badList;
  }
  const { facts, fault } = checkProof(bytes, { log, witnesses: witnesses.filter((key) => key !== null) });
  for (const fact of facts) print(fact);
  if (fault === null) return EXIT.ok;
  printError(`${path} proves nothing: ${fault}`);
  return EXIT.refused;
}

/** @returns null where it is none of that kind, which is said. */
export function keyOf(text: string, kind: SignatureKind): NoteKey | null {
  const key = readKey(text.trim());
  if (key?.kind === kind) return key;
  const whose = kind === 'log' ? 'a log' : 'a witness';
  printError(
    `'${text}' is no key of ${whose}; it has the form name+8 hex digits+base64, and the publisher's is shown by cleanfeed publish inspect`,
  );
  return null;
}
