/**
 * Building a segment: entries in, one block of bytes out. Digests are made as entries come, so that a caller
 * can add in chunks and let its event loop breathe; the rest only sorts and copies. It keeps no text of any entry.
 */
import { runSync } from '../lib/steps.ts';
import { IntColumn } from './columns.ts';
import { EntryKey } from './entry-key.ts';
import { extentOf, metaOf } from './entry-words.ts';
import type { Entry } from './entry.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { PrefixHash } from './half-sip-hash.ts';
import { copyHints, freshHintColumns, hintColumns, hintsOfEntries, mergedHints } from './hint-rows.ts';
import type { HintColumns } from './hint-rows.ts';
import type { SegmentKeys } from './keys.ts';
import { ProvedRows } from './proved-rows.ts';
import { Prover } from './prover.ts';
import { finishSegment } from './segment-finish.ts';
import { countsFor, offsetsOf } from './segment-layout.ts';
import type { SegmentCounts } from './segment-layout.ts';

/** One segment of a snapshot. Holds its keys: as secret as the list. */
export interface SegmentImage {
  /** At a multiple of 8 in their buffer. */
  readonly bytes: Uint8Array;
  readonly entries: number;
  /** Every entry is of this list, whatever its record says; absent: of the list in its record. */
  readonly list?: number;
  /** Its key is this process's, which other lists share or may come to share; absent: the list's own, unless there are several in it. */
  readonly isShared?: true;
}

export class SegmentBuilder {
  readonly #keys: SegmentKeys;
  readonly #key: EntryKey;
  readonly #hosts: ProvedRows;
  readonly #expressions: ProvedRows;
  /** Of the path entries, as they came. */
  readonly #paths = { high: new IntColumn(), low: new IntColumn(), meta: new IntColumn(), extents: new IntColumn() };
  #hints: HintColumns = freshHintColumns(0);

  /** @param makeHash only tests replace it, to force collisions. */
  constructor(keys: SegmentKeys, makeHash: (key: Uint8Array) => PrefixHash = (key) => new HalfSipHash(key)) {
    this.#keys = keys;
    this.#key = new EntryKey(makeHash(keys.fingerprint));
    const prover = new Prover(keys.proof);
    this.#hosts = new ProvedRows(prover);
    this.#expressions = new ProvedRows(prover);
  }

  get entries(): number {
    return this.#hosts.length + this.#expressions.length;
  }

  add(entry: Entry): void {
    this.#key.load(entry);
    if (entry.path.kind === 'host') {
      this.#hosts.add(entry, this.#key);
      return;
    }
    this.#expressions.add(entry, this.#key);
    const { high, low, meta, extents } = this.#paths;
    high.push(this.#key.hostHigh);
    low.push(this.#key.hostLow);
    meta.push(metaOf(entry));
    extents.push(extentOf(entry));
  }

  /** Once, when all are added: how many bytes `build` fills. */
  finish(): number {
    const { high, low, meta, extents } = this.#paths;
    const hosts = { high: high.view(), low: low.view() };
    this.#hints = mergedHints(hintsOfEntries(hosts, (row) => meta.get(row), extents.view()));
    return offsetsOf(this.#counts()).end;
  }

  /** Once, at the end. @param bytes as many as `finish` said, at the start of their buffer; what is in them goes. */
  build(bytes: Uint8Array = new Uint8Array(this.finish())): SegmentImage {
    const counts = this.#counts();
    const at = offsetsOf(counts);
    bytes.fill(0);
    this.#hosts.write(bytes, at.hosts);
    this.#expressions.write(bytes, at.expressions);
    copyHints(this.#hints, hintColumns(bytes.buffer, 0, at.hints, counts.hintRows));
    runSync(finishSegment(bytes, counts, this.#keys));
    return { bytes, entries: this.entries };
  }

  #counts(): SegmentCounts {
    return countsFor({
      hostRows: this.#hosts.length,
      hintRows: this.#hints.high.length,
      expressionRows: this.#expressions.length,
    });
  }
}

/** All of `entries` at once. */
export function buildSegment(
  entries: Iterable<Entry>,
  keys: SegmentKeys,
  makeHash?: (key: Uint8Array) => PrefixHash,
): SegmentImage {
  const builder = new SegmentBuilder(keys, makeHash);
  for (const entry of entries) builder.add(entry);
  return builder.build();
}
