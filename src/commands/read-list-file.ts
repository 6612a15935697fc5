/**
 * A list file named on the command line, or standard input (`-`): read as the running instance would, its faults for people.
 * It must not judge what it has read.
 */
import { redacted } from '../config/redact.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { FileSource } from '../list/source/file.ts';
import { listError } from '../list/list-error.ts';
import { MAX_LIST_BYTES } from '../list/source/source.ts';
import { printError } from './terminal.ts';

/** As the name of a file. */
const STANDARD_INPUT = '-';

/**
 * It says why, if the file cannot be read or used.
 * @returns what `use` makes of the file's bytes; null if that cannot be had.
 */
export async function readListFile<T>(file: string, use: (bytes: Uint8Array) => Promise<T>): Promise<T | null> {
  // A fault of reading names the file; one of its content does not know where the bytes came from.
  const bytes = await unlessFault(async () => await readWhole(file), '');
  return bytes === null ? null : await unlessFault(async () => await use(bytes), `${file}: `);
}

async function readWhole(file: string): Promise<Uint8Array | null> {
  if (file === STANDARD_INPUT) return await readStandardInput();
  // The fault of a file that is not there would show a password in it.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file))
    throw listError('unreadable', `${redacted(file)} is a URL; fetch it, and name the file by its path`);
  const source = new FileSource(file);
  try {
    const read = await source.read();
    return read.kind === 'list' ? read.bytes : null;
  } finally {
    source.close();
  }
}

/** @throws ListError `too_large`, as a file would be. */
async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Buffers, as long as nobody sets an encoding.
  const input: AsyncIterable<Buffer> = process.stdin;
  for await (const chunk of input) {
    length += chunk.length;
    if (length > MAX_LIST_BYTES) throw listError('too_large', `standard input is larger than ${MAX_LIST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns null if it fails, after saying why. */
async function unlessFault<T>(act: () => Promise<T>, prefix: string): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(`${prefix}${error.message}`);
    return null;
  }
}
