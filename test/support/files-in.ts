/** All that lies in a folder that a running process writes to: what is renamed or removed between being seen and being read is no fault. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/lib/errors.ts';

interface FoundFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Far more than a process that writes a file a second can spoil. */
const MOST_LOOKS = 100;

/** Files of all folders below it too, as they are at a time at which none goes. */
export function filesIn(folder: string): readonly FoundFile[] {
  for (let looks = 1; ; looks++) {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => ({ path, bytes: readFileSync(path) }));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || looks === MOST_LOOKS) throw error;
    }
  }
}
