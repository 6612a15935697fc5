/** The file of a zone as it was written, line by line. It must not know what a line means. */
import { open } from 'node:fs/promises';
import { HEADER_LINES, serialIn } from './zone-text.ts';

/**
 * @param name of the zone.
 * @param read is given the lines from the first record on, without their ends. @returns null if they are not all right.
 * @returns null too if the file is not there, cannot be read, or is none of this zone.
 */
export async function inZoneFile<T>(
  { file, name }: { readonly file: string; readonly name: string },
  read: (lines: AsyncIterable<string>) => Promise<T | null>,
): Promise<T | null> {
  const opened = await open(file, 'r').catch(() => null);
  if (opened === null) return null;
  try {
    const lines = opened.readLines({ encoding: 'latin1' })[Symbol.asyncIterator]();
    const header: string[] = [];
    for (let i = 0; i < HEADER_LINES; i += 1) header.push(String((await lines.next()).value));
    const text = header.join('\n');
    const isOurs = text.includes(`\n$ORIGIN ${name}.\n`) && serialIn(text) !== null;
    return isOurs ? await read({ [Symbol.asyncIterator]: () => lines }) : null;
  } catch {
    return null;
  } finally {
    await opened.close();
  }
}
