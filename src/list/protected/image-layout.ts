/**
 * How a protected list lies in a node's memory: a segment, served where it lies, between what the list is and what the next delta needs.
 *
 *   header 256 B │ segment (match/segment-layout.ts) │ by row of its path entries: host high, host low, extent │ to a multiple of 8
 *
 * It is never a file. Who reads one must not trust it: all offsets follow from its counts, and its length has to agree.
 */
import { createHash } from 'node:crypto';
import { keysOfSegment } from '../../match/keys.ts';
import { offsetsOf } from '../../match/segment-layout.ts';
import type { SegmentCounts, SegmentOffsets } from '../../match/segment-layout.ts';
import { countsOf, segmentLength } from '../../match/segment.ts';
import { listError } from '../list-error.ts';
import { viewOf } from './record.ts';
import { FIGURES_BYTES, readFigures, writeFigures } from './image-figures.ts';
import type { ImageFigures } from './image-figures.ts';
import type { SetTerms } from './payload-header.ts';
import type { Form } from './vectors.ts';

export interface ImageTerms extends Form {
  /** Of the list. */
  readonly version: number;
  /** Seconds since the epoch. */
  readonly time: number;
  /** SHA-256 of the set of records, withdrawn ones included. */
  readonly digest: Uint8Array;
  /** Of the withdrawn set that was applied; 0: none. */
  readonly withdrawnSerial: number;
  /** Records, without those that are withdrawn. */
  readonly entries: number;
  /** Records that are withdrawn. */
  readonly withdrawn: number;
}

/** All that is in it. */
interface Image extends ImageTerms {
  readonly figures: ImageFigures;
  readonly parts: ImageParts;
  readonly set: SetTerms;
}

export const IMAGE_MAGIC = Uint8Array.of(0x89, 0x43, 0x46, 0x49, 0x4d, 0x41, 0x47, 0x0a);
const IMAGE_HEADER_BYTES = 256;
const AT = {
  form: 8,
  unicode: 12,
  length: 16,
  version: 24,
  time: 32,
  withdrawnSerial: 40,
  withdrawn: 48,
  digest: 64,
  figures: 96,
  zeros: 96 + FIGURES_BYTES,
} as const;

/** Byte offsets from the start of an image. */
interface ImageLayout {
  readonly segment: number;
  readonly hostHigh: number;
  readonly hostLow: number;
  readonly extents: number;
  readonly end: number;
}

export interface ImageParts {
  readonly bytes: Uint8Array;
  readonly counts: SegmentCounts;
  /** Offsets from the start of the segment. */
  readonly at: SegmentOffsets;
  readonly segment: Uint8Array;
  readonly hostHigh: Int32Array;
  readonly hostLow: Int32Array;
  readonly extents: Uint8Array;
}

export function imageBytes(counts: SegmentCounts): number {
  return layoutOf(counts).end;
}

/** @param bytes as many as `imageBytes` says, at a multiple of 8 of their buffer. */
export function imageParts(bytes: Uint8Array, counts: SegmentCounts): ImageParts {
  const { segment, hostHigh, hostLow, extents } = layoutOf(counts);
  const { buffer, byteOffset: base } = bytes;
  return {
    bytes,
    counts,
    at: offsetsOf(counts),
    segment: bytes.subarray(segment, hostHigh),
    hostHigh: new Int32Array(buffer, base + hostHigh, counts.expressionRows),
    hostLow: new Int32Array(buffer, base + hostLow, counts.expressionRows),
    extents: new Uint8Array(buffer, base + extents, counts.expressionRows),
  };
}

/** Perhaps a damaged one. */
export function isImage(bytes: Uint8Array): boolean {
  return IMAGE_MAGIC.every((byte, i) => bytes[i] === byte);
}

/** The last that is written of an image. */
export function writeImageHeader(bytes: Uint8Array, set: SetTerms, serial: number, figures: ImageFigures): void {
  const view = viewOf(bytes);
  bytes.set(IMAGE_MAGIC);
  view.setUint32(AT.form, set.form, true);
  view.setUint32(AT.unicode, set.unicode, true);
  view.setBigUint64(AT.length, BigInt(bytes.length), true);
  view.setBigUint64(AT.version, BigInt(set.version), true);
  view.setBigUint64(AT.time, BigInt(set.time), true);
  view.setBigUint64(AT.withdrawnSerial, BigInt(serial), true);
  view.setUint32(AT.withdrawn, figures.withdrawn, true);
  writeFigures(view, AT.figures, figures);
  bytes.set(set.digest, AT.digest);
}

/** @throws ListError `corrupt`: lengths and counts of an image do not agree. */
export function readImage(bytes: Uint8Array): Image {
  const available = bytes.length - IMAGE_HEADER_BYTES;
  if (!isImage(bytes) || bytes.byteOffset % 8 !== 0 || available < 0) throw damaged();
  const view = viewOf(bytes);
  if (Number(view.getBigUint64(AT.length, true)) !== bytes.length) throw damaged();
  const base = bytes.byteOffset + IMAGE_HEADER_BYTES;
  const length = segmentLength(bytes.buffer, base, available);
  if (length < 0) throw damaged();
  const counts = countsOf(new Uint32Array(bytes.buffer, base, 16));
  if (imageBytes(counts) !== bytes.length) throw damaged();
  const parts = imageParts(bytes, counts);
  const withdrawn = view.getUint32(AT.withdrawn, true);
  const terms = {
    form: view.getUint32(AT.form, true),
    unicode: view.getUint32(AT.unicode, true),
    version: Number(view.getBigUint64(AT.version, true)),
    time: Number(view.getBigUint64(AT.time, true)),
    digest: bytes.slice(AT.digest, AT.figures),
  };
  return {
    ...terms,
    withdrawn,
    withdrawnSerial: Number(view.getBigUint64(AT.withdrawnSerial, true)),
    entries: counts.hostRows + counts.expressionRows - withdrawn,
    figures: readFigures(view, AT.figures, withdrawn),
    parts,
    set: { ...terms, ...counts, keys: keysOfSegment(parts.segment) },
  };
}

export function imageTerms(image: Uint8Array): ImageTerms {
  return readImage(image);
}

/** 48 bits of a digest of the set of records and of what of it is withdrawn: nodes of one recipient that serve the same have the same. */
export function imageContent(image: Uint8Array): number {
  return createHash('sha256')
    .update('cleanfeed content 1\n')
    .update(image.subarray(AT.digest, AT.figures))
    .update(image.subarray(AT.withdrawnSerial, AT.withdrawn))
    .digest()
    .readUIntBE(0, 6);
}

function layoutOf(counts: SegmentCounts): ImageLayout {
  const hostHigh = IMAGE_HEADER_BYTES + offsetsOf(counts).end;
  const hostLow = hostHigh + counts.expressionRows * 4;
  const extents = hostLow + counts.expressionRows * 4;
  const end = Math.ceil((extents + counts.expressionRows) / 8) * 8;
  return { segment: IMAGE_HEADER_BYTES, hostHigh, hostLow, extents, end };
}

function damaged(): Error {
  return listError('corrupt', 'the image of a protected list is damaged');
}
