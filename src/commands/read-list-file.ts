/** A list file named on the command line: read as the running instance would, its faults for people. */
import { CleanfeedError } from '../lib/errors.ts';
import { FileSource } from '../list/source/file.ts';
import { printError } from './terminal.ts';

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
  const source = new FileSource(file);
  try {
    const read = await source.read();
    return read.kind === 'list' ? read.bytes : null;
  } finally {
    source.close();
  }
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
