/**
 * The segment of all lists that share one, built in this process under a key that nobody keeps: for commands.
 * It must not be written to disk.
 */
import type { ListAction } from '../lib/types.ts';
import { formatOf } from '../list/format/formats.ts';
import { randomSegmentKeys } from '../match/keys.ts';
import { SegmentBuilder } from '../match/snapshot.ts';
import type { SegmentImage } from '../match/snapshot.ts';

export interface SharingList {
  readonly bytes: Uint8Array;
  /** Names of its lines (staged-list.ts). */
  readonly numbers?: Int32Array | undefined;
  /** Index in the configuration. */
  readonly list: number;
  readonly action: ListAction;
  /** Told now and then how many bytes have been read. */
  readonly progress: (bytes: number) => void;
}

/** @param today UTC days since 1970-01-01. */
export function sharedSegment(lists: readonly SharingList[], today: number): SegmentImage {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (const { bytes, ...options } of lists) {
    const format = formatOf(bytes);
    if (format.segment !== 'shared') continue;
    for (const entry of format.entries(bytes, { ...options, today })) builder.add(entry);
  }
  return builder.build();
}
