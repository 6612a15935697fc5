/**
 * Fetches one file of a repository to disk: under its final name lies nothing but what was signed, whole. It must not look into it: it is
 * encrypted.
 */
import { createHash } from 'node:crypto';
import { open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncToDisk } from '../../../lib/atomic-file.ts';
import { fileReason, unlessOfSystem, systemErrnoOf } from '../../../lib/errors.ts';
import { ListError, listError } from '../../list-error.ts';
import { wholeOf } from './repository.ts';
import type { Pieces, Repository } from './repository.ts';
import { targetFile } from './target-file.ts';
import type { SignedTarget } from './trusted-metadata.ts';

/** Told with each piece, so that somebody can say how far a large file is. */
export type FetchProgress = (takenBytes: number, target: SignedTarget) => void;

export interface FetchTerms {
  readonly place: string;
  /** More is not fetched, though it is signed: whoever has stolen a key must not be able to fill the disk. */
  readonly maxBytes: number;
  readonly progress: FetchProgress;
}

/**
 * Nothing is asked for that the disk has no room for: each look at the repository would ask for it again.
 * @throws ListError `inconsistent` where it is not what was signed, `too_large`, `state` where it cannot be written; others where it cannot be had.
 */
export async function fetchTarget(
  repository: Repository,
  target: SignedTarget,
  { place, maxBytes, progress }: FetchTerms,
): Promise<void> {
  checkLength(target, maxBytes);
  const part = `${place}.part`;
  try {
    await reserve(part, target);
    const answer = await repository.open(`targets/${targetFile(target)}`, { maxBytes: target.bytes, etag: null });
    if (answer.kind !== 'file') throw listError('inconsistent', `there is no ${target.path}, which is signed for`);
    await write(answer.pieces, part, (taken) => progress(taken, target), target);
    await rename(part, place);
    // A state is about to name it: a power cut must not leave the state without it.
    await syncToDisk(dirname(place));
  } catch (error) {
    await rm(part, { force: true }).catch(unlessOfSystem);
    throw faultOfFetch(error, target, part);
  }
}

/** What comes from a mirror ends with a ListError: an error of the system is one of the place where it is written. */
function faultOfFetch(error: unknown, { path }: SignedTarget, part: string): unknown {
  if (!(error instanceof ListError)) {
    const errno = systemErrnoOf(error);
    return errno === null ? error : listError('state', `${part} cannot be written: ${fileReason(errno)}`, error);
  }
  // Nothing else of it was read: perhaps it has no end.
  return error.code === 'too_large' ? otherThanSigned(path) : error;
}

/** A small one, whole. @throws ListError as above. */
export async function readTarget(repository: Repository, target: SignedTarget, maxBytes: number): Promise<Buffer> {
  checkLength(target, maxBytes);
  const answer = await repository.open(`targets/${targetFile(target)}`, { maxBytes: target.bytes, etag: null });
  if (answer.kind !== 'file') throw listError('inconsistent', `there is no ${target.path}, which is signed for`);
  const bytes = await wholeOf(answer.pieces);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== target.bytes || sha256 !== target.sha256) throw otherThanSigned(target.path);
  return bytes;
}

function checkLength({ path, bytes }: SignedTarget, maxBytes: number): void {
  if (bytes > maxBytes) throw listError('too_large', `${path} has ${bytes} bytes, and at most ${maxBytes} are read`);
}

/** Throws the system's error where the file cannot be made, or has no room by what the disk says now; a quota is found out by writing. */
async function reserve(part: string, { bytes }: SignedTarget): Promise<void> {
  await (await open(part, 'w', 0o600)).close();
  const { blocks, bfree, bavail, bsize } = await statfs(dirname(part));
  const free = (process.geteuid?.() === 0 ? bfree : bavail) * bsize;
  // A file system without blocks says nothing of its room.
  if (blocks === 0 || free >= bytes) return;
  throw Object.assign(new Error(`ENOSPC: ${bytes} bytes, and ${free} are free`), { code: 'ENOSPC', syscall: 'write' });
}

async function write(
  pieces: Pieces,
  part: string,
  progress: (takenBytes: number) => void,
  { path, bytes, sha256 }: SignedTarget,
): Promise<void> {
  const file = await open(part, 'w', 0o600);
  try {
    const hash = createHash('sha256');
    let taken = 0;
    for await (const piece of pieces) {
      taken += piece.length;
      hash.update(piece);
      await file.writeFile(piece);
      progress(taken);
    }
    if (taken !== bytes || hash.digest('hex') !== sha256) throw otherThanSigned(path);
    await file.sync();
  } finally {
    await file.close();
  }
}

function otherThanSigned(path: string): ListError {
  return listError('inconsistent', `${path} has not the length and the digest that are signed`);
}
