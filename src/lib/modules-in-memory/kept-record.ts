/**
 * What the recorder has read (module-recorder.ts), kept in the folder of Node's compile cache for the next start: reading takes a thread, and
 * a quarter of the CPU of a start, and a release does not change from one start to the next.
 *
 *   what lies there ─ whole, and each file as it was ─▶ these modules
 *                  └─ anything else ─▶ the recorder reads ─▶ lies there
 *
 * It must not be needed: where there is no such folder, or it cannot be written, all is read at each start.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { removeStrays, writeFileAtomic } from '../atomic-file.ts';
import { toldElsewhere } from '../errors.ts';
import { fileState, type FileStates } from './files-read.ts';
import type { MemoryModule, MemoryModules } from './memory-hooks.ts';

export interface Recording {
  readonly modules: MemoryModules;
  readonly files: FileStates;
}

/** The folder of our sources, as a URL. */
const SOURCES = new URL('../../', import.meta.url).href;
const CHECKSUM_BYTES = 4;
/** As others may read the rest of the compile cache: it holds a release, and no secret. */
const MODE = 0o644;
/** Milliseconds; a record is written within a second, and one that is taken away meanwhile is read again. */
const STRAY_MS = 60_000;

/** @param entries URLs. @returns where their recording is kept; null: nowhere, as there is no compile cache, or they are no part of a release. */
export function recordPlace(entries: readonly string[]): string | null {
  const folder = getCompileCacheDir();
  if (folder === undefined || !entries.every((entry) => entry.startsWith(SOURCES))) return null;
  // Not the folder of the release: the next one takes the place of this one.
  const names = entries.map((entry) => entry.slice(SOURCES.length)).join('\n');
  return join(folder, `modules-${createHash('sha256').update(names).digest('hex').slice(0, 16)}`);
}

/** @returns where what was read of a package is kept; null: nowhere, as there is no compile cache. */
export function packagePlace(name: string): string | null {
  const folder = getCompileCacheDir();
  return folder === undefined ? null : join(folder, `package-${encodeURIComponent(name)}`);
}

/**
 * @param entries URLs: one that does not have all of them is that of another release, whose files may all be there still.
 * @returns null if there is none, or it is not what would be read now. Never throws.
 */
export function keptRecord(place: string, entries: readonly string[]): MemoryModules | null {
  try {
    const bytes = readFileSync(place);
    const body = bytes.subarray(CHECKSUM_BYTES);
    if (bytes.readUInt32LE() !== crc32(body)) return null;
    const kept: unknown = deserialize(body);
    if (!isRecording(kept) || !entries.every((entry) => kept.modules.has(entry))) return null;
    return [...kept.files].every(([path, as]) => fileState(path) === as) ? kept.modules : null;
  } catch {
    return null;
  }
}

/** It ends when it is written. Where that cannot be the next start reads again: it never rejects. */
export async function keepRecord(place: string, recording: Recording): Promise<void> {
  const body = serialize(recording);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32LE(crc32(body));
  await toldElsewhere(writeFileAtomic(place, Buffer.concat([checksum, body]), { mode: MODE }));
}

/** Of starts that were killed while they kept theirs: several instances share the folder, and one may be writing now. It never rejects. */
export async function removeLeftRecords(place: string, now: number): Promise<void> {
  await removeStrays(place, { now, ageMs: STRAY_MS });
}

function isRecording(value: unknown): value is Recording {
  return (
    typeof value === 'object' &&
    value !== null &&
    'files' in value &&
    isMapOf(value.files, isText) &&
    'modules' in value &&
    isMapOf(value.modules, isModule)
  );
}

function isModule(value: unknown): value is MemoryModule {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    isText(value.format) &&
    'source' in value &&
    isText(value.source) &&
    'imports' in value &&
    isMapOf(value.imports, isText)
  );
}

function isMapOf<T>(value: unknown, isValue: (value: unknown) => value is T): value is Map<string, T> {
  return types.isMap(value) && [...value].every(([key, each]) => isText(key) && isValue(each));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
