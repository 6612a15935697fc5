/**
 * One generation of all lists: up to four segments, each with its own keys, each wherever it lies in memory that all
 * threads share. Opening checks that each is whole before anybody trusts it; nothing is copied.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { PrefixHash } from './half-sip-hash.ts';
import type { SegmentImage } from './segment-builder.ts';
import { Segment, segmentLength } from './segment.ts';

/** Builders are made here too, for modules that know a snapshot and no segment. */
export { buildSegment, SegmentBuilder } from './segment-builder.ts';
export { SegmentMerge } from './segment-merge.ts';
export type { SegmentPart } from './segment-merge.ts';
export type { SegmentImage } from './segment-builder.ts';

export const MAX_SEGMENTS = 4;

export interface Snapshot {
  readonly entries: number;
  readonly segments: readonly Segment[];
}

/**
 * @param images the bytes must stay as they are for as long as the snapshot is used.
 * @param makeHash only tests replace it, to force collisions.
 * @throws CleanfeedError `snapshot_invalid`: truncated, damaged, too many.
 */
export function openSnapshot(
  images: readonly SegmentImage[],
  makeHash: (key: Uint8Array) => PrefixHash = (key) => new HalfSipHash(key),
): Snapshot {
  if (images.length > MAX_SEGMENTS) throw invalid(`it has ${images.length} segments, at most ${MAX_SEGMENTS} fit`);
  const segments = images.map((image, i) => {
    const { buffer, byteOffset, length } = image.bytes;
    if (byteOffset % 8 !== 0) throw invalid(`segment ${i} does not start at a multiple of 8`);
    if (segmentLength(buffer, byteOffset, length) !== length) throw invalid(`segment ${i} is cut off or damaged`);
    const segment = new Segment(image, makeHash);
    if (!segment.isComplete()) throw invalid(`segment ${i} is damaged`);
    return segment;
  });
  return { entries: segments.reduce((sum, segment) => sum + segment.entries, 0), segments };
}

function invalid(reason: string): CleanfeedError {
  return new CleanfeedError('list', 'snapshot_invalid', `not a usable snapshot: ${reason}`);
}
