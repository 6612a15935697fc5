/** Protected lists for tests: entries as a publisher's records and payloads, and images as nodes make them. */
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import type { ListMemory } from '../../../src/list/list-memory.ts';
import { decodeDelta } from '../../../src/list/protected/delta.ts';
import type { Delta } from '../../../src/list/protected/delta.ts';
import { imageFromFull } from '../../../src/list/protected/image.ts';
import { encodeDelta, encodeFull } from '../../../src/list/protected/payload.ts';
import type { PayloadTerms } from '../../../src/list/protected/payload.ts';
import { RECORD_BYTES, RecordMaker, recordId, sortRecords } from '../../../src/list/protected/record.ts';
import { figuresOf } from '../../../src/list/protected/set-figures.ts';
import { makeVectors, OWN_FORM } from '../../../src/list/protected/vectors.ts';
import type { WithdrawnSet } from '../../../src/list/protected/withdrawn.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { testKeys } from '../../match/support.ts';

export const KEYS = testKeys(7);
const VECTORS = makeVectors(KEYS);

function terms(version: number, time = 1_790_000_000 + version): PayloadTerms {
  return { ...OWN_FORM, version, time, keys: KEYS, vectors: VECTORS };
}

export function recordsOf(entries: readonly Entry[], keys = KEYS): Uint8Array {
  const maker = new RecordMaker(keys);
  const records = new Uint8Array(entries.length * RECORD_BYTES);
  for (const [i, entry] of entries.entries()) maker.write(entry, records, i * RECORD_BYTES);
  return sortRecords(records);
}

export function fullOf(entries: readonly Entry[], version = 1, time?: number): Uint8Array {
  return encodeFull(terms(version, time), recordsOf(entries));
}

/** These, in this order, and signed. */
export function fullOfRecords(records: Uint8Array): Uint8Array {
  return encodeFull(terms(1), records);
}

/** From one list to another, by ids. */
export function deltaOf(before: readonly Entry[], after: readonly Entry[], version: number): Delta {
  return decodeDelta(deltaBytes(before, after, version));
}

export function deltaBytes(
  before: readonly Entry[],
  after: readonly Entry[],
  version: number,
  time?: number,
): Uint8Array {
  const [kept, now] = [before, after].map((entries) => new Set(entries.map(({ id }) => id)));
  return encodeDelta(terms(version, time), {
    previous: version - 1,
    removals: BigUint64Array.from(before.filter(({ id }) => !now!.has(id)).map(({ id }) => id)).sort(),
    additions: recordsOf(after.filter(({ id }) => !kept!.has(id))),
    result: figuresOf([recordsOf(after)]),
  });
}

export function withdrawn(ids: readonly bigint[], serial = 1): WithdrawnSet {
  return { serial, time: 1_790_000_000, ids: BigUint64Array.from(ids).sort() };
}

export async function* pieces(bytes: Uint8Array, length = 64 * 1024): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Memory that was used before, and which says what is leased. */
export class CountedMemory implements ListMemory {
  readonly leased = new Set<Uint8Array>();

  lease(byteLength: number): Promise<Uint8Array<SharedArrayBuffer>> {
    const bytes = new Uint8Array(new SharedArrayBuffer(byteLength)).fill(0xa5);
    this.leased.add(bytes);
    return Promise.resolve(bytes);
  }

  release(bytes: Uint8Array): void {
    this.leased.delete(bytes);
  }
}

export const context = (memory: ListMemory = new CountedMemory()) => ({ memory, rest: yieldToEventLoop });

export async function imageOf(
  entries: readonly Entry[],
  { version = 1, set = null }: { readonly version?: number; readonly set?: WithdrawnSet | null } = {},
): Promise<Uint8Array> {
  return await imageFromFull(pieces(fullOf(entries, version)), { deltas: [], withdrawn: set }, context());
}

export function idsOf(records: Uint8Array): bigint[] {
  return Array.from({ length: records.length / RECORD_BYTES }, (_, i) => recordId(records, i));
}
