/**
 * Names in force → the file of a zone: collected, sorted, compared with what is there, replaced as a whole if it differs.
 *
 *   lists ─▶ namedEntriesOf ─▶ UnfitNames ─▶ SortedNames ─▶ zoneRecords ─┬─ the same as the file: nothing is written
 *                                                                        └─ not: written beside, synced, renamed, with a new serial
 *
 * While exceptions are not known only what was removed leaves the file (zone-removals.ts).
 *
 * It must not tell anybody (zone-outlet.ts does).
 */
import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isInPlace, removeStrays, writeFileAtomic } from '../../lib/atomic-file.ts';
import { namedEntriesOf } from '../../list/names/list-names.ts';
import type { ListNames } from '../../list/names/list-names.ts';
import { ALLOW_BELOW, ALLOW_NAME, BLOCK_BELOW, BLOCK_NAME } from './policy-rules.ts';
import { SortedNames } from './sorted-names.ts';
import { suffixesIn, UnfitNames } from './unfit-names.ts';
import type { SkipReason } from './unfit-names.ts';
import { inZoneFile } from './zone-reading.ts';
import { lessRemoved, namesInZone } from './zone-removals.ts';
import { MAX_HEADER_BYTES, serialIn, ZONE_END, zoneHeader, zoneRecords } from './zone-text.ts';
import type { ZoneCounts, ZoneTerms } from './zone-text.ts';

/** It can be cloned into another thread. */
export interface ZoneJob {
  readonly terms: ZoneTerms;
  /** Absolute path. */
  readonly file: string;
  readonly lists: readonly ZoneList[];
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Public suffixes, one a line. */
  readonly suffixes: string;
}

export interface ZoneList {
  readonly names: ListNames;
  /** Hosts that this list must not cover. */
  readonly guarded: readonly string[];
}

export interface WrittenZone extends Readonly<ZoneCounts> {
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** Whether the file was replaced. */
  readonly changed: boolean;
  readonly serial: number;
  readonly bytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
}

/** How far it has come, 0 to 1. */
export type Progress = (share: number) => void;

/** The group may read it: an engine of another user is in the group of its folder. */
export const ZONE_MODE = 0o640;
export const PERMISSIONS = 0o7777;
/** Milliseconds after which what was written beside is of a process that died. */
const STRAY_MS = 3_600_000;
const READ_BYTES = 256 * 1024;
const NAMES_PER_REPORT = 16_384;
/** Shares of the time that the steps take. */
const COLLECTED = 0.7;
const SORTED = 0.9;
const SERIALS = 2 ** 32;

/** @throws the system's error where the file cannot be written; then it is as it was. */
export async function writeZone(job: ZoneJob, progress: Progress = () => {}): Promise<WrittenZone> {
  const { names, skipped } = collect(job, (share) => progress(share * COLLECTED));
  names.sort();
  progress(SORTED);
  return await replaced(job, names, { skipped, progress });
}

/**
 * Where exceptions are not known: takes out what no list of the job names any more, and adds nothing.
 * @returns null: there is no whole file of this zone, and nothing was done. @throws as `writeZone`.
 */
export async function removeFromZone(job: ZoneJob): Promise<WrittenZone | null> {
  const there = await inZoneFile({ file: job.file, name: job.terms.name }, namesInZone);
  if (there === null) return null;
  const { names, skipped } = collect(job, () => {});
  names.sort();
  return await replaced(job, lessRemoved(there, names), { skipped, progress: () => {} });
}

interface Frame {
  readonly skipped: WrittenZone['skipped'];
  readonly progress: Progress;
}

async function replaced(
  { terms, file, now }: ZoneJob,
  names: SortedNames,
  { skipped, progress }: Frame,
): Promise<WrittenZone> {
  const found = await existing(file, terms, names);
  if (found.same !== null) return { ...figuresOf(found.same), skipped, changed: false, serial: found.serial ?? 0 };
  // A later one whatever the clock says: secondaries take nothing else (RFC 1982).
  const next = found.serial === null ? now : Math.max(now, found.serial + 1);
  const serial = next % SERIALS;
  const counted = nothingCounted();
  // What a process that was killed has left beside the file is as secret as the file.
  await removeStrays(file, { now: now * 1000, ageMs: STRAY_MS });
  try {
    await writeFileAtomic(file, piecesOf(names, { terms, serial }, counted), { mode: ZONE_MODE });
  } catch (error) {
    // An engine reads what is there. What a power cut takes away is written again at the next start.
    if (!isInPlace(error)) throw error;
  }
  progress(1);
  return { ...figuresOf(counted), skipped, changed: true, serial };
}

function collect(
  { terms, lists, today, suffixes }: ZoneJob,
  progress: Progress,
): { readonly names: SortedNames; readonly skipped: Record<SkipReason, number> } {
  const names = new SortedNames();
  const skipped = { address: 0, characters: 0, length: 0, suffix: 0, protected: 0 };
  const known = suffixesIn(suffixes);
  for (const [index, { names: list, guarded }] of lists.entries()) {
    const unfit = new UnfitNames(terms.name, guarded, known);
    const isException = list.action === 'allow';
    let seen = 0;
    for (const entry of namedEntriesOf(list, today)) {
      seen += 1;
      if (seen % NAMES_PER_REPORT === 0) progress((index + seen / (seen + list.bytes.length / 64)) / lists.length);
      if (!entry.dns) continue;
      const reason = unfit.reasonOf(entry, isException);
      if (reason === null) names.add(entry.host, flagsOf(isException, entry.subdomains));
      else skipped[reason] += 1;
    }
  }
  return { names, skipped };
}

function flagsOf(isException: boolean, subdomains: boolean): number {
  if (isException) return subdomains ? ALLOW_NAME | ALLOW_BELOW : ALLOW_NAME;
  return subdomains ? BLOCK_NAME | BLOCK_BELOW : BLOCK_NAME;
}

interface Counted extends ZoneCounts {
  bytes: number;
  readonly hash: Hash;
}

function nothingCounted(): Counted {
  return { blocked: 0, excepted: 0, bytes: 0, hash: createHash('sha256') };
}

function figuresOf({ blocked, excepted, bytes, hash }: Counted): Omit<WrittenZone, 'skipped' | 'changed' | 'serial'> {
  return { blocked, excepted, bytes, digest: hash.digest('hex') };
}

function* piecesOf(
  names: SortedNames,
  { terms, serial }: { readonly terms: ZoneTerms; readonly serial: number },
  counted: Counted,
): Generator<Uint8Array> {
  const take = (piece: Uint8Array): Uint8Array => {
    counted.bytes += piece.length;
    counted.hash.update(piece);
    return piece;
  };
  yield take(Buffer.from(zoneHeader(terms, serial), 'latin1'));
  for (const piece of zoneRecords(names, terms, counted)) yield take(piece);
  yield take(Buffer.from(ZONE_END, 'latin1'));
}

interface Existing {
  /** Null: there is no file of this zone. */
  readonly serial: number | null;
  /** What is in it, if that is what should be. */
  readonly same: Counted | null;
}

async function existing(path: string, terms: ZoneTerms, names: SortedNames): Promise<Existing> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return { serial: null, same: null };
  let serial: number | null = null;
  try {
    serial = serialIn((await readFull(file, Buffer.allocUnsafeSlow(MAX_HEADER_BYTES), 0)).toString('latin1'));
    if (serial === null) return { serial, same: null };
    const counted = nothingCounted();
    const there = Buffer.allocUnsafeSlow(READ_BYTES);
    for (const piece of piecesOf(names, { terms, serial }, counted)) {
      const read = await readFull(file, there.subarray(0, piece.length), counted.bytes - piece.length);
      if (!read.equals(piece)) return { serial, same: null };
    }
    const rest = await readFull(file, there.subarray(0, 1), counted.bytes);
    if (rest.length > 0) return { serial, same: null };
    // Its bytes are right, and nobody else may read them. Where that cannot be changed it is replaced.
    if (((await file.stat()).mode & PERMISSIONS) !== ZONE_MODE) await file.chmod(ZONE_MODE);
    return { serial, same: counted };
  } catch {
    // What cannot be read is replaced.
    return { serial, same: null };
  } finally {
    await file.close();
  }
}

/** @returns less than was asked for at the end of the file only. */
async function readFull(file: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  while (length < into.length) {
    const { bytesRead } = await file.read(into, length, into.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return into.subarray(0, length);
}
