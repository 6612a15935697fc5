/**
 * The last good copy of a list that comes over the network, in the state directory: used at start while the server is
 * away; and the one before it. Each is one file, replaced atomically: a line of JSON, then the list's bytes. They must hold nothing that
 * was not accepted.
 */
import { createHash } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { CleanfeedError, errnoOf, fileReason } from '../../lib/errors.ts';
import { objectOf, parsedJson, textOrNull } from '../../lib/json.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { restingBetween } from '../../lib/steps.ts';
import type { Rest } from '../../lib/steps.ts';
import { sha256Steps } from '../digest.ts';
import { addFrom, Intake } from './intake.ts';
import { isAbsent } from './is-absent.ts';
import type { ReadContext } from './source.ts';
import type { Validators } from './validators.ts';

export interface CachedCopy extends Validators {
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
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

const CACHE_SUFFIX = '.cache';
const PREVIOUS_SUFFIX = '.previous';
const NOTES_SUFFIX = '.notes';

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

/** What the state directory holds of one list. */
export interface CopyPaths {
  readonly copy: string;
  readonly previous: string;
  readonly notes: string;
}

/**
 * Instances may share the directory, and call lists from different servers the same: each URL has a copy of its own. Which version an
 * operator goes back to is the matter of one instance.
 */
export function copyPaths({ stateDirectory, owner }: CacheOptions, list: string, url: string): CopyPaths {
  const base = (...of: readonly string[]): string =>
    join(stateDirectory, 'lists', `${encodeURIComponent(list)}-${shortDigest(of.join('\0'))}`);
  const own = base(url, owner);
  return { copy: `${base(url)}${CACHE_SUFFIX}`, previous: `${own}${PREVIOUS_SUFFIX}`, notes: `${own}${NOTES_SUFFIX}` };
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, URL_DIGITS);
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
    if (header === null) return unusable('it is damaged');
    if (header.format !== 1) return unusable('it has another format');
    if (header.url !== url) return unusable('it is the copy of another URL');
    const bytes = await readBody(file, end, context);
    if (header.sha256 === (await contentDigest(bytes, context.rest)))
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
  const { bytes, ...terms } = copy;
  const header: Header = { format: 1, owner, url, ...terms };
  await makeDirectories(join(path, '..'), 0o700);
  await writeFileAtomic(path, [Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
}

/**
 * The copy in force becomes the one before it, which it replaces; then it may be replaced itself. Throws the system's error.
 * @returns false where somebody has removed it.
 */
export async function keepAsPrevious({ copy, previous }: CopyPaths): Promise<boolean> {
  if (await isAbsent(copy)) return false;
  const linked = `${previous}.new`;
  await rm(linked, { force: true });
  await link(copy, linked);
  await rename(linked, previous);
  return true;
}

/** Of its bytes nothing is read. Never throws. @returns null if the file is no copy of that URL. */
export async function digestOfCopy(path: string, url: string): Promise<string | null> {
  const header = await headerIn(path);
  return header?.format === 1 && header.url === url ? textOrNull(header.sha256) : null;
}

/** Of a copy, or of what else begins with such a line. Never throws. @returns null if the file does not say. */
export async function ownerOf(path: string): Promise<string | null> {
  return textOrNull((await headerIn(path))?.owner);
}

/** As a file has it: nobody knows who wrote it. */
type FoundHeader = Readonly<Partial<Record<keyof Header, unknown>>>;

async function headerIn(path: string): Promise<FoundHeader | null> {
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    return (await readHeader(file)).header;
  } catch {
    return null;
  } finally {
    await file?.close();
  }
}

/** `end`: where the list begins. */
async function readHeader(file: FileHandle): Promise<{ readonly header: FoundHeader | null; readonly end: number }> {
  const { buffer } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
  const end = buffer.indexOf(NEWLINE);
  return { header: objectOf(parsedJson(buffer.toString('utf8', 0, Math.max(0, end)))), end: end + 1 };
}

async function readBody(
  file: FileHandle,
  start: number,
  { memory, rest }: Omit<ReadContext, 'inForce'>,
): Promise<Uint8Array> {
  const { size } = await file.stat();
  const intake = new Intake({ memory, rest, inForce: null, byteLength: size - start });
  // Nothing to be the same as.
  return (await intake.take(async () => await addFrom(file, intake, { start, end: size }, rest))) ?? new Uint8Array(0);
}

function unusable(reason: string): FoundCopy {
  return { kind: 'unusable', reason };
}

function termsOf({ fetchedAt, etag, lastModified, sha256 }: FoundHeader): Omit<CachedCopy, 'bytes'> {
  return {
    fetchedAt: numberOr(fetchedAt, 0),
    etag: textOrNull(etag),
    lastModified: textOrNull(lastModified),
    sha256: textOrNull(sha256) ?? '',
  };
}

/** It is the system's error or one of ours. */
function whyUnreadable(error: unknown): string {
  return error instanceof CleanfeedError ? error.message : fileReason(errnoOf(error));
}

/** Hexadecimal. */
export async function contentDigest(bytes: Uint8Array, rest: Rest): Promise<string> {
  return (await restingBetween(sha256Steps([bytes]), rest)).toString('hex');
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
