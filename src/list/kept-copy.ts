/**
 * The last good copy of a list that comes over the network, in the state directory: used at start while the server is
 * away. One file, replaced atomically: a line of JSON, then the list's bytes. It must hold nothing that was not accepted.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { makeDirectories } from '../lib/make-directories.ts';

/** What the server said of it, to ask whether it has changed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface KeptCopy extends Validators {
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

interface Header extends Validators {
  readonly format: 1;
  readonly url: string;
  readonly fetchedAt: number;
  /** Of the bytes; a copy that does not match is not used. */
  readonly sha256: string;
}

const NEWLINE = 0x0a;

export function keptCopyPath(stateDirectory: string, list: string): string {
  return join(stateDirectory, 'lists', `${encodeURIComponent(list)}.kept`);
}

/** Null where there is none that can be trusted: of another URL, damaged, of another format. Never throws. */
export async function readKeptCopy(path: string, url: string): Promise<KeptCopy | null> {
  try {
    const file = await readFile(path);
    const end = file.indexOf(NEWLINE);
    const header: Partial<Header> = JSON.parse(file.toString('utf8', 0, Math.max(0, end)));
    const bytes = file.subarray(end + 1);
    if (header.format !== 1 || header.url !== url || header.sha256 !== digest(bytes)) return null;
    return { bytes, fetchedAt: numberOr(header.fetchedAt, 0), etag: stringOrNull(header.etag), lastModified: stringOrNull(header.lastModified) };
  } catch {
    return null;
  }
}

/** Throws the system's error. */
export async function writeKeptCopy(path: string, url: string, copy: KeptCopy): Promise<void> {
  const { bytes, fetchedAt, etag, lastModified } = copy;
  const header: Header = { format: 1, url, fetchedAt, etag, lastModified, sha256: digest(bytes) };
  await makeDirectories(join(path, '..'), 0o700);
  await writeFileAtomic(path, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
