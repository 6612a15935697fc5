/**
 * One generation of all lists: up to four segments in one buffer, shared by all threads. Writing fills a buffer that
 * nobody reads; opening checks that the bytes are a whole snapshot of this version before anybody trusts them.
 *
 *   header 64 B │ segment │ segment │ …        each segment has its own keys
 */
import { ListError } from '../lib/errors.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { PrefixHash } from './half-sip-hash.ts';
import type { SegmentImage } from './segment-builder.ts';
import { assignList } from './segment-records.ts';
import { Segment, segmentLength } from './segment.ts';

/** Builders are made here too, for rooms that know a snapshot and no segment. */
export { buildSegment, SegmentBuilder } from './segment-builder.ts';
export type { SegmentImage } from './segment-builder.ts';

export const MAX_SEGMENTS = 4;

const HEADER_BYTES = 64;
const MAGIC = 0x4e53_4643;
const VERSION = 1;
/** Words of the header. Length is in units of 8 bytes. */
const WORD = { magic: 0, version: 1, length: 2, segments: 3, entries: 4 } as const;

export interface Snapshot {
  readonly byteLength: number;
  readonly entries: number;
  readonly segments: readonly Segment[];
}

/** Bytes that `writeSnapshot` will fill. */
export function snapshotBytes(images: readonly SegmentImage[]): number {
  return images.reduce((sum, image) => sum + image.bytes.length, HEADER_BYTES);
}

/** `target` starts at a multiple of 8 in its buffer and has at least `snapshotBytes(images)` bytes. Throws `snapshot_too_large`. */
export function writeSnapshot(target: Uint8Array, images: readonly SegmentImage[]): void {
  const length = snapshotBytes(images);
  if (images.length > MAX_SEGMENTS) throw new ListError('snapshot_too_large', `${images.length} segments, at most ${MAX_SEGMENTS} fit`);
  if (target.length < length) throw new ListError('snapshot_too_large', `the snapshot has ${length} bytes, the buffer ${target.length}`);
  const header = new Uint32Array(target.buffer, target.byteOffset, HEADER_BYTES / 4);
  header.fill(0);
  header[WORD.magic] = MAGIC;
  header[WORD.version] = VERSION;
  header[WORD.length] = length / 8;
  header[WORD.segments] = images.length;
  header[WORD.entries] = images.reduce((sum, image) => sum + image.entries, 0);
  let at = HEADER_BYTES;
  for (const { bytes, list } of images) {
    target.set(bytes, at);
    if (list !== undefined) assignList(target.subarray(at, at + bytes.length), list);
    at += bytes.length;
  }
}

/**
 * @param byteLength length of the snapshot; the buffer may be larger.
 * @param makeHash only tests replace it, to force collisions.
 * @throws ListError `snapshot_invalid`: truncated, damaged, or of another version.
 */
export function openSnapshot(buffer: ArrayBufferLike, byteLength: number, makeHash: (key: Uint8Array) => PrefixHash = (key) => new HalfSipHash(key)): Snapshot {
  if (byteLength < HEADER_BYTES || byteLength > buffer.byteLength) throw invalid(`${byteLength} bytes are announced, ${buffer.byteLength} are there`);
  const header = new Uint32Array(buffer, 0, HEADER_BYTES / 4);
  if (header[WORD.magic] !== MAGIC) throw invalid('it does not start like a snapshot');
  if (header[WORD.version] !== VERSION) throw invalid(`it has version ${header[WORD.version]}, this program reads version ${VERSION}`);
  if (header[WORD.length]! * 8 !== byteLength) throw invalid(`it should have ${header[WORD.length]! * 8} bytes and has ${byteLength}`);
  const count = header[WORD.segments]!;
  if (count > MAX_SEGMENTS) throw invalid(`it claims ${count} segments`);
  const segments: Segment[] = [];
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i += 1) {
    const length = segmentLength(buffer, at, byteLength - at);
    if (length < 0) throw invalid(`segment ${i} is cut off or damaged`);
    const segment = new Segment(buffer, at, makeHash);
    if (!segment.isComplete()) throw invalid(`segment ${i} is damaged`);
    segments.push(segment);
    at += length;
  }
  if (at !== byteLength) throw invalid(`${byteLength - at} bytes follow the last segment`);
  return { byteLength, entries: header[WORD.entries]!, segments };
}

function invalid(reason: string): ListError {
  return new ListError('snapshot_invalid', `not a usable snapshot: ${reason}`);
}
