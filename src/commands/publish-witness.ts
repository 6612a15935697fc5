/**
 * `cleanfeed publish witness`: what an outside party runs, on a machine of its own, for each new head of the log. What was cosigned is kept
 * before it is handed out: a witness that forgets could cosign two histories. It must not cosign a head that it has not checked.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { createFileAtomic, writeFileAtomic } from '../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason, systemErrnoOf } from '../lib/errors.ts';
import { isSameFile, writeOutput } from '../lib/output-file.ts';
import { keyText } from '../list/transparency/signed-note.ts';
import type { NoteKey } from '../list/transparency/signed-note.ts';
import { newKeyFile, readSigningKey } from '../publish/keys/signing-key.ts';
import { cosign } from '../publish/log/witness.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { keyOf } from './publish-verify-proof.ts';
import { print, printError } from './terminal.ts';

export interface WitnessOptions {
  /** Of the witness: a URL without its scheme, as `witness.example/1`. */
  readonly name: string;
  /** File of its key. */
  readonly key: string;
  /** Key of the log that is watched. */
  readonly log: string;
  /** File that keeps what was cosigned last. */
  readonly seen: string;
  readonly output: string;
}

/** Makes a key, and prints what publishers and nodes are told of it. */
export async function publishWitnessKey({ name, key: path }: Pick<WitnessOptions, 'name' | 'key'>): Promise<ExitCode> {
  if (/[\s+]/.test(name)) {
    printError(`'${name}' is no name of a witness: it has no space and no '+'`);
    return EXIT.usage;
  }
  return await outcome(path, async () => {
    const { pem, hex } = newKeyFile();
    if (!(await createFileAtomic(path, pem))) {
      printError(`${path} exists; it is not replaced`);
      return EXIT.usage;
    }
    print(keyText(witnessKey(name, hex)));
    return EXIT.ok;
  });
}

/** @param head a path, or `-` for standard input. */
export async function publishWitness(head: string, options: WitnessOptions): Promise<ExitCode> {
  const log = keyOf(options.log, 'log');
  if (log === null) return EXIT.usage;
  const { key, seen, output } = options;
  for (const [option, path, other, words] of [
    ['--seen', seen, key, 'the key'],
    ['-o', output, key, 'the key'],
    ['-o', output, seen, 'what --seen keeps'],
  ] as const)
    if (await isSameFile(other, path)) {
      printError(`${option} names ${words}: ${path}; write to another file`);
      return EXIT.usage;
    }
  return await outcome(head, async () => {
    const signer = await readSigningKey(options.key);
    const bytes = head === '-' ? await buffer(process.stdin) : await readFile(head);
    const note = cosign(await noteIn(options.seen), bytes, {
      log,
      key: witnessKey(options.name, signer.hex),
      sign: (text) => Buffer.from(signer.sign(text), 'hex'),
      now: Date.now(),
    });
    await writeFileAtomic(options.seen, note);
    await writeOutput(options.output, note, { mode: 0o644 });
    print(`${options.output}: cosigned, ${note.split('\n', 2).join(', ')} leaves`);
    return EXIT.ok;
  });
}

function witnessKey(name: string, hex: string): NoteKey {
  return { name, kind: 'cosignature', key: Buffer.from(hex, 'hex') };
}

async function noteIn(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What does not hold ends with 1, a file that cannot be used with 65. */
async function outcome(path: string, run: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CleanfeedError) {
      printError(error.message);
      return error.side === 'list' || error.code.startsWith('witness_') ? EXIT.refused : EXIT.badList;
    }
    const errno = systemErrnoOf(error);
    if (errno === null) throw error;
    printError(`${path} cannot be used: ${fileReason(errno)}`);
    return EXIT.badList;
  }
}
