/** Small files of the publisher's state: JSON that a schema holds to, mode 0600, replaced whole. It must not repair what does not fit. */
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../../lib/errors.ts';
import { jsonAs } from '../../lib/json-shapes.ts';
import type { Shape } from '../../lib/shape.ts';

/** @returns null if there is no such file. Throws CleanfeedError `publisher_state`, which names file and key. */
export async function readState<T>(path: string, schema: Shape<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw damaged(path, fileReason(errnoOf(cause)), cause);
  }
  const read = jsonAs(text, schema);
  if (read.ok) return read.value;
  throw damaged(path, read.reason);
}

/** Mode 0600, replaced whole: a reader finds the old file or the new one. */
export async function writeState(path: string, value: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** @param reason in words, without a secret of the file. */
export function damaged(path: string, reason: string, cause?: unknown): CleanfeedError {
  return new CleanfeedError('config', 'publisher_state', `${path}: ${reason}`, { cause });
}
