/** A list file named on the command line: read as the running instance would, its faults for people. */
import { CleanfeedError } from '../lib/errors.ts';
import { FileSource } from '../list/source/file.ts';
import { printError } from './terminal.ts';

/** What `use` makes of the file's bytes; null where they cannot be read or used, after saying so. */
export async function readListFile<T>(file: string, use: (bytes: Uint8Array) => Promise<T>): Promise<T | null> {
  const source = new FileSource(file);
  try {
    const read = await source.read();
    return read.kind === 'list' ? await use(read.bytes) : null;
  } catch (error) {
    if (!(error instanceof CleanfeedError)) throw error;
    printError(error.message.startsWith(file) ? error.message : `${file}: ${error.message}`);
    return null;
  } finally {
    source.close();
  }
}
