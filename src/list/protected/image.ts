/**
 * From what was decrypted to what is served:
 *
 *   full payload, piece by piece ─┐                ┌─▶ columns of the image, in leased memory
 *   image in force ───────────────┴─▶ with deltas ─┴─▶ digest ─▶ as signed? ─▶ hints, filter, buckets ─▶ image
 *
 * The records are never all in memory but in the image. What fails leaves nothing behind. It must not change the image that it reads.
 */
import { restingBetween } from '../../lib/steps.ts';
import type { Rest } from '../../lib/steps.ts';
import { countsFor } from '../../match/segment-layout.ts';
import type { ListMemory } from '../list-memory.ts';
import { combinedDelta } from './delta.ts';
import type { Delta } from './delta.ts';
import { imageBytes, imageParts, readImage } from './image-layout.ts';
import { imageRecords } from './image-records.ts';
import { ImageRows } from './image-rows.ts';
import { RecordMerge } from './merge.ts';
import type { RecordChange } from './merge.ts';
import { payloadBytes, payloadFault, readPayloadHeader } from './payload-header.ts';
import type { SetTerms } from './payload-header.ts';
import { PAYLOAD_HEADER_BYTES } from './payload.ts';
import { PieceReader } from './piece-reader.ts';
import { checkVectors } from './vectors.ts';
import type { WithdrawnSet } from './withdrawn.ts';

export interface ImageChanges {
  /** In order, from the version that they are applied to. */
  readonly deltas: readonly Delta[];
  /** What of the result is withdrawn; null: nothing. */
  readonly withdrawn: WithdrawnSet | null;
}

export interface ImageContext {
  readonly memory: ListMemory;
  /** Between two steps of the work. */
  readonly rest: Rest;
}

/**
 * @param plain the decrypted payload in pieces of any size; each stays as it is until the next is asked for.
 * @throws ListError `corrupt`, `truncated`, `unsupported`, `canonical_form`, `digest`; what `plain` or `memory` throw.
 */
export async function imageFromFull(
  plain: AsyncIterable<Uint8Array>,
  { deltas, withdrawn }: ImageChanges,
  context: ImageContext,
): Promise<Uint8Array> {
  const reader = new PieceReader(plain);
  try {
    const header = readPayloadHeader(await reader.exactly(PAYLOAD_HEADER_BYTES));
    if (header.kind !== 'full') throw payloadFault('corrupt', 'it is a delta and should be a whole list');
    const { keys, vectors: count } = header;
    checkVectors(await reader.exactly(header.vectorBytes), { count, keys, made: header });
    const delta = combinedDelta(deltas, header);
    const image = await imageOfRecords(
      reader.records(header.addedHosts + header.addedExpressions),
      { set: delta ?? header, change: delta ?? NO_CHANGE, withdrawn },
      context,
    );
    await releasedUnless(reader.padding(payloadBytes(header)), image, context);
    return image;
  } finally {
    await reader.close();
  }
}

/**
 * @param image in force, perhaps; it is only read.
 * @throws ListError `corrupt`, `digest`; what `memory` throws.
 */
export async function imageFromImage(
  image: Uint8Array,
  { deltas, withdrawn }: ImageChanges,
  context: ImageContext,
): Promise<Uint8Array> {
  const { parts, set } = readImage(image);
  const delta = combinedDelta(deltas, set);
  return await imageOfRecords(
    imageRecords(parts),
    { set: delta ?? set, change: delta ?? NO_CHANGE, withdrawn },
    context,
  );
}

interface Plan {
  /** What comes out. */
  readonly set: SetTerms;
  readonly change: RecordChange;
  readonly withdrawn: WithdrawnSet | null;
}

const NO_CHANGE: RecordChange = { removals: new BigUint64Array(0), additions: new Uint8Array(0) };

/** `fill` clears so much at once. */
const CLEARED_BYTES = 1024 * 1024;

/** @param base records in order, in whole ones. */
async function imageOfRecords(
  base: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { set, change, withdrawn }: Plan,
  { memory, rest }: ImageContext,
): Promise<Uint8Array> {
  const counts = countsFor(set);
  const image = await memory.lease(imageBytes(counts));
  const fill = async (): Promise<void> => {
    for (let at = 0; at < image.length; at += CLEARED_BYTES) {
      image.fill(0, at, at + CLEARED_BYTES);
      await rest();
    }
    const rows = new ImageRows(imageParts(image, counts), set, withdrawn);
    const merge = new RecordMerge(change);
    for await (const piece of base) {
      for (const run of merge.piece(piece)) rows.add(run);
      await rest();
    }
    rows.add(merge.end());
    if (merge.removed !== change.removals.length)
      throw payloadFault('corrupt', 'it removes what is not in the version before');
    await restingBetween(rows.finish(), rest);
  };
  await releasedUnless(fill(), image, { memory });
  return image;
}

async function releasedUnless(
  done: Promise<void>,
  image: Uint8Array,
  { memory }: { readonly memory: ListMemory },
): Promise<void> {
  try {
    await done;
  } catch (error) {
    memory.release(image);
    throw error;
  }
}
