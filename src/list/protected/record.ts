/**
 * One entry under a recipient's digest keys, as publishers write it down: 48 bytes that show no text.
 *
 *    0 fingerprint   high, low          of the key, as in match/segment-builder.ts
 *    8 proof         16 bytes           HMAC-SHA-256 of the same, truncated
 *   24 id            low, high          of this recipient only
 *   32 meta          as META in match/segment-layout.ts; list and withdrawn are 0
 *   36 host          high, low          path entries: fingerprint of the reversed host; host entries: 0
 *   44 expires       16 bits            last UTC day since 1970-01-01; 0: never
 *   46 extent        8 bits             directories: segments (0..32); URLs: 1 with a query; else 0; of pages and URLs with FOLD.info 64 more
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

const PROOF_WORDS = 4;

/** What a record says besides its key. */
export interface RecordWords {
  readonly id: bigint;
  readonly meta: number;
  readonly expires: number;
  readonly extent: number;
}

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
    this.#key.load(entry);
    const { id, expires } = entry;
    this.#write({ id, meta: metaOf(entry), expires, extent: extentOf(entry) }, viewOf(target), at);
  }

  /**
   * The same of an entry whose text was taken apart before, once for all recipients. @param text what the proof is of.
   * @param words its `meta` without what is the node's; `host`: bytes of the text that are the host.
   */
  writeKeyed(text: string, words: RecordWords & { readonly host: number }, target: DataView, at: number): void {
    this.#key.loadText(text, words.host);
    this.#write(words, target, at);
  }

  #write({ id, meta, expires, extent }: RecordWords, view: DataView, at: number): void {
    const proof = this.#proof;
    this.#prover.prove(this.#key.text, proof, 0);
    view.setInt32(at + AT.high, this.#key.high, true);
    view.setInt32(at + AT.low, this.#key.low, true);
    for (let word = 0; word < PROOF_WORDS; word += 1) view.setInt32(at + AT.proof + 4 * word, proof[word] ?? 0, true);
    view.setBigUint64(at + AT.idLow, BigInt.asUintN(64, id), true);
    view.setInt32(at + AT.meta, meta & ~NODE_BITS, true);
    view.setInt32(at + AT.hostHigh, this.#key.hostHigh, true);
    view.setInt32(at + AT.hostLow, this.#key.hostLow, true);
    view.setUint16(at + AT.expires, expires, true);
    view.setUint8(at + AT.extent, extent);
    view.setUint8(at + AT.extent + 1, 0);
  }
}

/** A whole set, in any order, in the one order. */
export function sortRecords(records: Uint8Array): Uint8Array {
  const view = viewOf(records);
  const rows = records.length / RECORD_BYTES;
  const tables = { host: new Uint32Array(rows), path: new Uint32Array(rows) };
  let hosts = 0;
  for (let row = 0; row < rows; row += 1) {
    if (isHostRecord(view, row * RECORD_BYTES)) {
      tables.host[hosts] = row;
      hosts += 1;
    } else tables.path[row - hosts] = row;
  }
  const sorted = new Uint8Array(records.length);
  const target = viewOf(sorted);
  copyInOrder(view, tables.host.subarray(0, hosts), target, 0);
  copyInOrder(view, tables.path.subarray(0, rows - hosts), target, hosts * RECORD_BYTES);
  settleIds(sorted, target);
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

/** Rows of one table to `target` from byte `to` on, in the order of their fingerprints. */
function copyInOrder(view: DataView, rows: Uint32Array, target: DataView, to: number): void {
  const high = new Int32Array(rows.length);
  const low = new Int32Array(rows.length);
  for (const [i, row] of rows.entries()) {
    high[i] = view.getInt32(row * RECORD_BYTES + AT.high, true);
    low[i] = view.getInt32(row * RECORD_BYTES + AT.low, true);
  }
  let at = to;
  for (const place of rowOrder(high, low)) {
    const from = (rows[place] ?? 0) * RECORD_BYTES;
    // A view of each record would cost more than its twelve words.
    for (let byte = 0; byte < RECORD_BYTES; byte += 4) target.setInt32(at + byte, view.getInt32(from + byte));
    at += RECORD_BYTES;
  }
}

/** What shares a fingerprint is few, and not yet in order of ids. */
function settleIds(sorted: Uint8Array, view: DataView): void {
  for (let at = RECORD_BYTES; at < sorted.length; at += RECORD_BYTES) {
    let to = at;
    while (to > 0 && compareRecords(view, to - RECORD_BYTES, view, at) > 0) to -= RECORD_BYTES;
    if (to === at) continue;
    const record = sorted.slice(at, at + RECORD_BYTES);
    sorted.copyWithin(to + RECORD_BYTES, to, at);
    sorted.set(record, to);
  }
}
