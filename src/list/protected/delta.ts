/**
 * Deltas as a node reads them: what one changes, and several in a row as one. Whether the result is right is told by its digest
 * (image-rows.ts); here it is asked only whether they follow each other. It must not change an image.
 */
import type { SegmentKeys } from '../../match/keys.ts';
import { copyOfWords, isAscending } from './ids.ts';
import { RecordMerge } from './merge.ts';
import type { RecordChange } from './merge.ts';
import { payloadBytes, payloadFault, readPayloadHeader } from './payload-header.ts';
import type { SetTerms } from './payload-header.ts';
import { PAYLOAD_HEADER_BYTES } from './payload.ts';
import { RECORD_BYTES, recordId } from './record.ts';
import { checkVectors } from './vectors.ts';

/** The terms are those of the version that it leads to. */
export interface Delta extends RecordChange, SetTerms {
  /** The version that it is a difference to. */
  readonly previous: number;
}

/**
 * @param bytes decrypted; they stay as they are for as long as the delta is used.
 * @throws ListError `corrupt`, `truncated`, `unsupported`, `canonical_form`.
 */
export function decodeDelta(bytes: Uint8Array): Delta {
  const header = readPayloadHeader(bytes);
  if (header.kind !== 'delta') throw payloadFault('corrupt', 'it is a whole list and should be a delta');
  const length = payloadBytes(header);
  if (bytes.length < length) throw payloadFault('truncated', `it should have ${length} bytes and has ${bytes.length}`);
  const removalsAt = PAYLOAD_HEADER_BYTES + header.vectorBytes;
  const additionsAt = removalsAt + header.removals * 8;
  const end = additionsAt + (header.addedHosts + header.addedExpressions) * RECORD_BYTES;
  if (bytes.length > length || bytes.subarray(end).some((byte) => byte !== 0))
    throw payloadFault('corrupt', 'what follows its records is not its padding');
  const { keys } = header;
  checkVectors(bytes.subarray(PAYLOAD_HEADER_BYTES, removalsAt), { count: header.vectors, keys, made: header });
  const removals = copyOfWords(bytes, removalsAt, additionsAt);
  if (!isAscending(removals)) throw payloadFault('corrupt', 'its removals are not in order');
  return { ...header, removals, additions: bytes.subarray(additionsAt, end) };
}

/**
 * Deltas that follow each other and begin at `base`, as one; null: there are none.
 * @throws ListError `corrupt` where they do not.
 */
export function combinedDelta(
  deltas: readonly Delta[],
  base: { readonly version: number; readonly keys: SegmentKeys },
): Delta | null {
  let combined: Delta | null = null;
  for (const delta of deltas) {
    const { version, keys } = combined ?? base;
    if (delta.previous !== version)
      throw payloadFault('corrupt', `it is a delta to version ${delta.previous}, and is applied to version ${version}`);
    if (!isSameKey(keys.fingerprint, delta.keys.fingerprint) || !isSameKey(keys.proof, delta.keys.proof))
      throw payloadFault('corrupt', 'it is a delta under other digest keys');
    combined = combined === null ? delta : { ...delta, ...followed(combined, delta) };
  }
  return combined;
}

/** First one change, then another. */
function followed(first: RecordChange, second: RecordChange): RecordChange {
  const { additions } = first;
  const added = new Set(Array.from({ length: additions.length / RECORD_BYTES }, (_, i) => recordId(additions, i)));
  const merge = new RecordMerge(second);
  return {
    additions: Buffer.concat([...merge.piece(additions), merge.end()]),
    // What the first has added is in no base.
    removals: BigUint64Array.of(...first.removals, ...second.removals.filter((id) => !added.has(id))).sort(),
  };
}

function isSameKey(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one).equals(other);
}
