/**
 * The last good copy of a list that comes over the network, in the state directory: used at start while the server is
 * away. One file, replaced atomically: a line of JSON, then the list's bytes. It must hold nothing that was not accepted.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../../lib/errors.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { throttledYield } from '../../lib/rest.ts';
import { restingBetween } from '../../lib/steps.ts';
import type { Rest } from '../../lib/steps.ts';
import { sha256Steps } from '../digest.ts';
import { addFrom, Intake } from './intake.ts';
import type { ReadContext } from './source.ts';

/** What the server said of it, to ask whether it has changed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface CachedCopy extends Validators {
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/** What is found where the copy of a list is kept. */
export type FoundCopy =
  | { readonly kind: 'copy'; readonly copy: CachedCopy }
  | { readonly kind: 'none' }
  /** There is one that cannot be trusted, or cannot be read; `reason` says why in words. */
  | { readonly kind: 'unusable'; readonly reason: string };

interface Header extends Validators {
  readonly format: 1;
  /** Who wrote it: only the same may remove it. */
  readonly owner: string;
  readonly url: string;
  readonly fetchedAt: number;
  /** Of the bytes; a copy that does not match is not used. */
  readonly sha256: string;
}

const NEWLINE = 0x0a;
/** More than a URL and two fields of an answer whose head undici holds to 16 KiB can take. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Hexadecimal, of the URL's digest in a file name. */
const URL_DIGITS = 16;

export const CACHE_SUFFIX = '.cache';

export interface CacheOptions {
  readonly stateDirectory: string;
  /** Whose copies they are: the configuration's file, since other instances may share the directory. */
  readonly owner: string;
}

/** Where the copy of a list is, and whose it is. */
export interface CachePlace {
  readonly path: string;
  readonly owner: string;
  readonly url: string;
}

/** Instances may share the directory, and call lists from different servers the same: each URL has a file of its own. */
export function cachedCopyPath(stateDirectory: string, list: string, url: string): string {
  const digest = createHash('sha256').update(url).digest('hex').slice(0, URL_DIGITS);
  return join(stateDirectory, 'lists', `${encodeURIComponent(list)}-${digest}${CACHE_SUFFIX}`);
}

/** It never throws. */
export async function readCachedCopy(
  path: string,
  url: string,
  context: Omit<ReadContext, 'inForce'>,
): Promise<FoundCopy> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    const { header, end } = await readHeader(file);
    if (header.format !== 1) return unusable('it has another format');
    if (header.url !== url) return unusable('it is the copy of another URL');
    const bytes = await readBody(file, end, context);
    if (header.sha256 === (await hexDigest(bytes, context.rest)))
      return { kind: 'copy', copy: { bytes, ...termsOf(header) } };
    context.memory.release(bytes);
    return unusable('it is damaged');
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? { kind: 'none' } : unusable(whyUnreadable(error));
  } finally {
    await file?.close();
  }
}

/** Throws the system's error. */
export async function writeCachedCopy({ path, owner, url }: CachePlace, copy: CachedCopy): Promise<void> {
  const { bytes, fetchedAt, etag, lastModified } = copy;
  const header: Header = {
    format: 1,
    owner,
    url,
    fetchedAt,
    etag,
    lastModified,
    sha256: await hexDigest(bytes, throttledYield),
  };
  await makeDirectories(join(path, '..'), 0o700);
  await writeFileAtomic(path, [Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
}

/** Never throws. @returns null if the file is no copy, or does not say. */
export async function ownerOfCopy(path: string): Promise<string | null> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    return stringOrNull((await readHeader(file)).header.owner);
  } catch {
    return null;
  } finally {
    await file?.close();
  }
}

/** `end`: where the list begins. */
async function readHeader(file: FileHandle): Promise<{ readonly header: Partial<Header>; readonly end: number }> {
  const { buffer } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
  const end = buffer.indexOf(NEWLINE);
  return { header: JSON.parse(buffer.toString('utf8', 0, Math.max(0, end))), end: end + 1 };
}

async function readBody(
  file: FileHandle,
  start: number,
  { memory, rest }: Omit<ReadContext, 'inForce'>,
): Promise<Uint8Array> {
  const { size } = await file.stat();
  const intake = new Intake({ memory, inForce: null, byteLength: size - start });
  // Nothing to be the same as.
  return (await intake.take(async () => await addFrom(file, intake, { start, end: size }, rest))) ?? new Uint8Array(0);
}

function unusable(reason: string): FoundCopy {
  return { kind: 'unusable', reason };
}

function termsOf({ fetchedAt, etag, lastModified }: Partial<Header>): Omit<CachedCopy, 'bytes'> {
  return { fetchedAt: numberOr(fetchedAt, 0), etag: stringOrNull(etag), lastModified: stringOrNull(lastModified) };
}

/** What is neither the system's error nor one of ours was thrown over a header that is none. */
function whyUnreadable(error: unknown): string {
  if (error instanceof CleanfeedError) return error.message;
  const errno = errnoOf(error);
  return errno === 'UNKNOWN' ? 'it is damaged' : fileReason(errno);
}

async function hexDigest(bytes: Uint8Array, rest: Rest): Promise<string> {
  return (await restingBetween(sha256Steps([bytes]), rest)).toString('hex');
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
