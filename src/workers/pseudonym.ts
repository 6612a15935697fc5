/**
 * The name this installation gives itself in Via and Proxy-Status: random, kept in the state directory.
 *
 * It must never be a host name: in January 2009 a filter's own name leaked into forwarded requests, origins took it for
 * the host that was asked for, and it ended up in archived pages. `cf-` and twelve hex digits say nothing of anybody.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileAtomic, writeFileAtomic } from '../lib/atomic-file.ts';
import { errnoOf } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';

const FILE_NAME = 'pseudonym';
const PATTERN = /^cf-[0-9a-f]{12}$/;

export interface Pseudonym {
  readonly value: string;
  /** It tells why the name could not be kept and changes with the next start; null if it is kept. */
  readonly warning: string | null;
}

/** Reads it, or makes and keeps one. Never throws: without a writable directory the name lives as long as the process. */
export async function loadPseudonym(directory: string): Promise<Pseudonym> {
  const path = join(directory, FILE_NAME);
  const fresh = `cf-${randomBytes(6).toString('hex')}`;
  try {
    const kept = await readKept(path);
    if (kept !== null && PATTERN.test(kept)) return { value: kept, warning: null };
    await makeDirectories(directory, 0o700);
    if (kept !== null) await writeFileAtomic(path, `${fresh}\n`);
    else if (!(await createFileAtomic(path, `${fresh}\n`)))
      return { value: (await readKept(path)) ?? fresh, warning: null };
    return { value: fresh, warning: null };
  } catch (error) {
    return {
      value: fresh,
      warning: `the state directory ${directory} cannot be used (${errnoOf(error)}): the pseudonym lasts until the process ends`,
    };
  }
}

async function readKept(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
