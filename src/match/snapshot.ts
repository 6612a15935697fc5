/** One generation of all lists, in one buffer. */
import type { Entry } from './entry.ts';
import type { SegmentKeys } from './keys.ts';

export interface SegmentImage { readonly bytes: Uint8Array; readonly entries: number }
export interface Snapshot { readonly byteLength: number; readonly entries: number }
/** add() at will (chunks let the event loop breathe), then build() once. */
export declare class SegmentBuilder { constructor(keys: SegmentKeys); add(entry: Entry): void; build(): SegmentImage }
export declare function buildSegment(entries: Iterable<Entry>, keys: SegmentKeys): SegmentImage;
export declare function snapshotBytes(images: readonly SegmentImage[]): number;
export declare function writeSnapshot(target: Uint8Array, images: readonly SegmentImage[]): void;
/** Throws SnapshotError (code SNAPSHOT) on anything that is not a whole snapshot of this version. */
export declare function openSnapshot(buffer: ArrayBufferLike, byteLength: number): Snapshot;
