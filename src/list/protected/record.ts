/**
 * One entry under a recipient's digest keys, as publishers write it down: 48 bytes that show no text.
 *
 *    0 fingerprint   high, low          of the key, as in match/segment-builder.ts
 *    8 proof         16 bytes           HMAC-SHA-256 of the same, truncated
 *   24 id            low, high          of this recipient only
 *   32 meta          as META in match/segment-layout.ts; list and withdrawn are 0
 *   36 host          high, low          path entries: fingerprint of the reversed host; host entries: 0
 *   44 expires       16 bits            last UTC day since 1970-01-01; 0: never
 *   46 extent        8 bits             directories: segments (0..32); URLs: 1 with a query; else 0
 *   47 0
 *
 * Words are little-endian and unsigned. A set of records has one order: host entries, then path entries, each by fingerprint, then id
 * (docs/list-format.md). Nothing here reads a record that comes from outside; image.ts does.
 */
import { createHash } from 'node:crypto';
import { EntryKey } from '../../match/entry-key.ts';
import { extentOf, metaOf } from '../../match/entry-words.ts';
import type { Entry } from '../../match/entry.ts';
import { HalfSipHash } from '../../match/half-sip-hash.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import { Prover } from '../../match/prover.ts';
import { rowOrder } from '../../match/row-order.ts';
import { KIND, META } from '../../match/segment-layout.ts';

export const RECORD_BYTES = 48;

/** Byte offsets. */
export const AT = {
  high: 0,
  low: 4,
  proof: 8,
  idLow: 24,
  idHigh: 28,
  meta: 32,
  hostHigh: 36,
  hostLow: 40,
  expires: 44,
  extent: 46,
} as const;

/** What the digest begins with, so that it is never that of anything else. */
export const DIGEST_DOMAIN = 'cleanfeed records 1\n';

/** Bits of a meta word that are of the node, not of the publisher. */
export const NODE_BITS = (META.listMask << META.listShift) | META.withdrawn;

export class RecordMaker {
  readonly #key: EntryKey;
  readonly #prover: Prover;
  readonly #proof = new Int32Array(4);

  constructor(keys: SegmentKeys) {
    this.#key = new EntryKey(new HalfSipHash(keys.fingerprint));
    this.#prover = new Prover(keys.proof);
  }

  /** Writes the record of `entry`, whose `list` does not count, to `target[at..at+48)`. */
  write(entry: Entry, target: Uint8Array, at: number): void {
    const view = new DataView(target.buffer, target.byteOffset + at, RECORD_BYTES);
    this.#key.load(entry);
    this.#prover.prove(this.#key.text, this.#proof, 0);
    view.setInt32(AT.high, this.#key.high, true);
    view.setInt32(AT.low, this.#key.low, true);
    for (const [word, value] of this.#proof.entries()) view.setInt32(AT.proof + 4 * word, value, true);
    view.setBigUint64(AT.idLow, BigInt.asUintN(64, entry.id), true);
    view.setInt32(AT.meta, metaOf(entry) & ~NODE_BITS, true);
    view.setInt32(AT.hostHigh, this.#key.hostHigh, true);
    view.setInt32(AT.hostLow, this.#key.hostLow, true);
    view.setUint16(AT.expires, entry.expires, true);
    view.setUint8(AT.extent, extentOf(entry));
    view.setUint8(AT.extent + 1, 0);
  }
}

/** A whole set, in any order, in the one order. */
export function sortRecords(records: Uint8Array): Uint8Array {
  const view = viewOf(records);
  const hosts: number[] = [];
  const paths: number[] = [];
  for (let at = 0; at < records.length; at += RECORD_BYTES) (isHostRecord(view, at) ? hosts : paths).push(at);
  const sorted = new Uint8Array(records.length);
  let to = 0;
  for (const offsets of [hosts, paths]) {
    for (const at of ordered(view, offsets)) {
      sorted.set(records.subarray(at, at + RECORD_BYTES), to);
      to += RECORD_BYTES;
    }
  }
  return sorted;
}

/** SHA-256 over a domain of its own and the records of a whole set in order: what is signed, and what the node checks. */
export function recordsDigest(sorted: Uint8Array): Buffer {
  return createHash('sha256').update(DIGEST_DOMAIN).update(sorted).digest();
}

export function recordId(records: Uint8Array, index: number): bigint {
  return viewOf(records).getBigUint64(index * RECORD_BYTES + AT.idLow, true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Of the record at byte `at`. */
export function isHostRecord(view: DataView, at: number): boolean {
  return ((view.getInt32(at + AT.meta, true) >>> META.kindShift) & META.kindMask) === KIND.host;
}

/** Negative: the record at `a` comes before that at `b`. Zero: same key and same id. */
export function compareRecords(first: DataView, a: number, second: DataView, b: number): number {
  return (
    Number(isHostRecord(second, b)) - Number(isHostRecord(first, a)) ||
    first.getUint32(a + AT.high, true) - second.getUint32(b + AT.high, true) ||
    first.getUint32(a + AT.low, true) - second.getUint32(b + AT.low, true) ||
    first.getUint32(a + AT.idHigh, true) - second.getUint32(b + AT.idHigh, true) ||
    first.getUint32(a + AT.idLow, true) - second.getUint32(b + AT.idLow, true)
  );
}

/** Byte offsets of the records of one table, in order. */
function ordered(view: DataView, offsets: readonly number[]): Float64Array {
  const high = Int32Array.from(offsets, (at) => view.getInt32(at + AT.high, true));
  const low = Int32Array.from(offsets, (at) => view.getInt32(at + AT.low, true));
  const order = Float64Array.from(rowOrder(high, low), (row) => offsets[row] ?? 0);
  // What shares a fingerprint is few, and not yet in order of ids.
  for (const [i, own] of order.entries()) {
    let to = i;
    for (; to > 0 && compareRecords(view, order[to - 1] ?? 0, view, own) > 0; to -= 1) order[to] = order[to - 1] ?? 0;
    order[to] = own;
  }
  return order;
}
