/** Small files of the publisher's state: JSON that a schema holds to, mode 0600, replaced whole. It must not repair what does not fit. */
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../../lib/errors.ts';
import type { Shape } from '../../lib/shape.ts';
import { faultText } from './state-values.ts';

/** @returns null if there is no such file. Throws CleanfeedError `publisher_state`, which names file and key. */
export async function readState<T>(path: string, schema: Shape<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw damaged(path, fileReason(errnoOf(cause)), cause);
  }
  const json = jsonOf(text);
  if (json === undefined) throw damaged(path, 'not JSON');
  const parsed = schema.parse(json);
  if (parsed.ok) return parsed.value;
  throw damaged(path, faultText(parsed.faults));
}

/** Mode 0600, replaced whole: a reader finds the old file or the new one. */
export async function writeState(path: string, value: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** @param reason in words, without a secret of the file. */
export function damaged(path: string, reason: string, cause?: unknown): CleanfeedError {
  return new CleanfeedError('config', 'publisher_state', `${path}: ${reason}`, { cause });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
